# %% [markdown]
# # Hodge numbers from trained networks
#
# This notebook loads trained networks, predicts the Hodge numbers of the 181,137 fourfolds of the
# test split, which no training and no choice has seen, forms the three ensembles, and compares
# everything with the exact Hodge numbers and with the published accuracies (arXiv:2405.17406).

# %% tags=["parameters"]
NETWORKS = "ensembles"  # the members of the ensembles; "all" takes every network that is there
MODELS = "Results_p2_Trained_models"
SPLITS = "data/splits"
OUTPUT = ""  # folder for ensembles.json, if it is wanted

# %%
import json
import math
import os
from itertools import product
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cicy4.networks.rounding import HODGE

# %% [markdown]
# ## Networks and test split
#
# The record of a network says beside which splits it was trained. With other splits test manifolds
# could have been in its training, and an accuracy would mean nothing.


# %%
def find(*patterns, places):
    for pattern in patterns:
        for place in ("/kaggle/input", *places):
            for path in sorted(Path(place).rglob(pattern)):
                return path.parent
    raise FileNotFoundError(f"no {patterns[-1]} in or below {', '.join(places)}: see the README")


# %%
from cicy4.networks.architectures import ENSEMBLES

folder = find("*.keras", places=[MODELS, "."])
members = {name for names in ENSEMBLES.values() for name in names}
names = sorted(path.stem for path in folder.glob("*.keras"))
names = [name for name in names if NETWORKS == "all" or name in members]
records = {name: json.loads((folder / f"{name}.json").read_text()) for name in names}

splits = find("sections_train.npy", "conf_Xtest.npy", places=[SPLITS, "."])
manifest = splits / "manifest.json"
checksum = json.loads(manifest.read_text())["checksum"] if manifest.exists() else "unknown"
strangers = [name for name in names if records[name]["parameters"]["splits"] != checksum]
if strangers:
    raise ValueError(
        f"{strangers} were trained beside other splits than those in {splits}: some of these test "
        "manifolds may have been in their training. `python -m cicy4 splits` writes the right ones."
    )

models = {name: keras.models.load_model(folder / f"{name}.keras", compile=False) for name in names}
data = {path.stem: np.load(path, mmap_mode="r") for path in splits.glob("*test*.npy")}
hodge, euler = data["hodge_ytest"].astype(int), data["euler_test"].astype(int)
print(f"{len(hodge):,} test matrices; networks: {', '.join(names)}")

# %% [markdown]
# ## Predictions
#
# The matrices stand in the order in which networks read them. On a CPU zero rows are skipped if the
# package of this repository is installed.

# %%
from cicy4.networks.architectures import log_monomials

try:
    from cicy4.networks.models import faster
except ImportError:

    def faster(model):
        return model


rows = data["conf_Xtest"].any(axis=2).sum(axis=1)
order = np.argsort(rows, kind="stable")  # matrices of one size together: fewer zero rows to read
x = log_monomials(data["conf_Xtest"][order])
outputs = {}
for name in names:
    outputs[name] = np.zeros((len(x), 4), "float32")
    outputs[name][order] = faster(models[name]).predict(x, 4096, verbose=0)
    print(f"{name}: h31 right for {np.mean(np.rint(outputs[name][:, 2]) == hodge[:, 2]):.2%}")

# %% [markdown]
# ## Ensembles
#
# An ensemble is the median of the raw outputs of its members. Where the Euler number decides
# between integers, an output counts the less, the less its members agree.

# %%
from cicy4.networks.rounding import combine

errors = {name: np.array(records[name]["validation"]["mae"]) for name in names}
for ensemble, members in ENSEMBLES.items():
    if set(members) <= set(names):
        together = np.stack([outputs[name] for name in members])
        outputs[ensemble], errors[ensemble] = combine(together, [errors[n] for n in members])

# %% [markdown]
# Accuracies in per cent. *Raw* rounds each output alone, as the published results do; *by relation*
# computes h22 from the other three; *with the Euler number* takes the nearest integers that agree
# with the exact one. *All* is the share of manifolds with all four right.

# %%
from cicy4.networks.rounding import accuracy, round_with_euler, round_with_relation, scores

# %%
from cicy4.results.published import PUBLISHED

# %%
results = {name: scores(outputs[name], euler, hodge, errors[name]) for name in outputs}
ways = {"raw": "accuracy", "by relation": "accuracy_with_relation", "Euler": "accuracy_with_euler"}
tables = {
    label: pd.DataFrame({n: r[way] for n, r in results.items()}).T for label, way in ways.items()
}
tables["published, raw"] = pd.DataFrame(PUBLISHED, index=HODGE).T.reindex(list(results)) / 100
(100 * pd.concat(tables, axis=1)).round(2)

# %% [markdown]
# Mean absolute error, mean squared error and coefficient of determination R^2 of the raw outputs.

# %%
kinds = ["mae", "mse", "r2"]
values = {name: np.ravel([r[kind] for kind in kinds]) for name, r in results.items()}
pd.DataFrame(values, index=pd.MultiIndex.from_product([kinds, HODGE])).T.round(5)

# %%
if OUTPUT:
    ensembles = {
        n: {"members": list(ENSEMBLES[n]), "test": results[n]} for n in ENSEMBLES if n in results
    }
    Path(OUTPUT, "ensembles.json").write_text(json.dumps(ensembles, indent=1) + "\n")

# %% [markdown]
# ## Predicted and exact
#
# Raw outputs of the last row of the table against the exact Hodge numbers; darker means more
# manifolds.

# %%
best = list(outputs)[-1]
figure, axes = plt.subplots(1, 4, figsize=(12, 3.4), constrained_layout=True)
for i, (axis, name) in enumerate(zip(axes, HODGE, strict=True)):
    low, high = hodge[:, i].min(), np.quantile(hodge[:, i], 0.999)
    extent = (low, high, low, high)
    axis.hexbin(
        hodge[:, i], outputs[best][:, i], gridsize=50, bins="log", cmap="Blues", extent=extent
    )
    axis.plot([low, high], [low, high], color="black", linewidth=0.6)
    axis.set(xlabel=f"exact {name}", ylabel=f"predicted {name}", aspect="equal")
figure.suptitle(best)
plt.show()

# %% [markdown]
# ## Where it fails
#
# Accuracies by the number of rows, and by whether the manifold is favourable (h11 is the number of
# rows).

# %%
exact = round_with_euler(outputs[best], euler, errors[best])
frame = pd.DataFrame(np.rint(outputs[best]) == hodge, columns=HODGE)
frame["all with Euler"] = (exact == hodge).all(axis=1)
by_rows = (
    (100 * frame.groupby(rows).mean()).round(2).assign(manifolds=np.bincount(rows)[np.unique(rows)])
)
by_rows.rename_axis("rows")

# %%
favourable = np.where(hodge[:, 0] == rows, "favourable", "not favourable")
(100 * frame.groupby(favourable).mean()).round(2)
