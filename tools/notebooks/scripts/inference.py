# %% [markdown]
# # Hodge numbers from trained networks
#
# This notebook loads trained networks, predicts the Hodge numbers of the fourfolds of the test
# split, forms the three ensembles, and compares everything with the exact Hodge numbers and with
# the published accuracies (arXiv:2405.17406). The test split was used for no training and no early
# stopping. Each network was evaluated on it once; `python -m tools looks` says how often it was
# looked at before.

# %% tags=["parameters"]
WHICH = "ensembles"  # the members of the ensembles; "all" takes every network that is there
MODELS = "Results_p2_Trained_models"
SPLITS = ""  # folder of the splits; if empty, those in the folder of the networks, or data/splits
OUTPUT = ""  # folder for ensembles.json, if it is wanted

# %%
import json
import math
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm

from cicy4.networks.rounding import HODGE

# %% [markdown]
# ## Networks and test split
#
# The record of a network says beside which splits it was trained. With other splits test manifolds
# could have been in its training, and an accuracy would mean nothing.


# %%
def find(*patterns, folders):
    for pattern in patterns:
        for folder in folders:
            for path in sorted(Path(folder).rglob(pattern)):
                return path.parent
    raise FileNotFoundError(f"no {patterns[-1]} in or below {', '.join(folders)}: see the README")


# %%
from cicy4.networks.architectures import ENSEMBLES

folder = find("*.keras", folders=["/kaggle/input", MODELS, "."])
members = {name for names in ENSEMBLES.values() for name in names}
names = sorted(path.stem for path in folder.glob("*.keras"))
names = [name for name in names if WHICH == "all" or name in members]
if not names:
    raise FileNotFoundError(f"{folder} has no member of an ensemble: set WHICH = 'all'")
for ensemble, wanted in ENSEMBLES.items():
    if missing := [name for name in wanted if name not in names]:
        print(f"{ensemble} is left out: {folder} lacks {', '.join(missing)}")
records = {name: json.loads((folder / f"{name}.json").read_text()) for name in names}

folders = [SPLITS] if SPLITS else ["/kaggle/input", f"{folder}/splits", "data/splits", "."]
splits = find("cohomology_train.npy", "conf_Xtest.npy", folders=folders)
manifest = splits / "manifest.json"
checksum = json.loads(manifest.read_text())["checksum"] if manifest.exists() else "unknown"
strangers = [name for name in names if records[name]["splits"]["checksum"] != checksum]
if strangers:
    raise ValueError(
        f"{strangers} were trained beside other splits than those in {splits}: some of these test "
        "manifolds may have been in their training. `python -m cicy4 splits` writes the right ones."
    )

models = {name: keras.models.load_model(folder / f"{name}.keras", compile=False) for name in names}
data = {path.stem: np.load(path, mmap_mode="r") for path in splits.glob("*test*.npy")}
hodge, euler = data["hodge_ytest"].astype(int), data["euler_test"].astype(int)
print(f"{len(hodge):,} test matrices in {splits}; networks in {folder}: {', '.join(names)}")

# %% [markdown]
# ## Predictions
#
# Rows and columns of the matrices stand in the order with which the networks were trained. On a CPU
# the package of this repository, if it is installed, reads rows once that matrices begin with
# together: sorted matrices share the most. Two networks at a time keep two cores busy.

# %%
from cicy4.geometry.configuration import by_entries, row_counts
from cicy4.networks.architectures import log_monomials


def faster(model):
    return model


if find_spec("cicy4"):
    from cicy4.networks.prefix_sharing import faster

rows = row_counts(data["conf_Xtest"])
order = by_entries(data["conf_Xtest"])
x = log_monomials(data["conf_Xtest"][order])
outputs = {name: np.zeros((len(x), 4), "float32") for name in names}


def predict(name):
    outputs[name][order] = faster(models[name]).predict(x, 2048, verbose=0)
    return np.mean(np.rint(outputs[name][:, 2]) == hodge[:, 2])


with ThreadPoolExecutor(2) as pool:
    for name, share in zip(names, pool.map(predict, names), strict=True):
        print(f"{name}: h31 right for {share:.2%}")

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
last = list(outputs)[-1]

# %% [markdown]
# Mean absolute error, mean squared error and coefficient of determination R^2 of the raw outputs.

# %%
from cicy4.networks.rounding import accuracy, round_with_euler, round_with_relation, scores

results = {name: scores(outputs[name], euler, hodge, errors[name]) for name in outputs}
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
# How far the raw outputs of the last ensemble are from the exact Hodge numbers. Outside of the
# dashed lines they are rounded to a wrong integer; the larger h31 and h22, the more often.

# %%
from tools.plots import LABELS, plot_residuals

_ = plot_residuals(outputs[last], hodge, last)
squared = np.sort((outputs[last] - hodge) ** 2, axis=0)
worst = squared[-(len(squared) // 1000) :].sum(axis=0) / squared.sum(axis=0)
for name, share in zip(HODGE, worst, strict=True):
    print(f"one manifold of a thousand carries {share:.0%} of the squared error of {name}")

# %% [markdown]
# ## Where it fails
#
# Accuracies of the same ensemble by the number of rows, by whether the manifold is favourable (h11
# is the number of rows), and by h31.

# %%
exact = round_with_euler(outputs[last], euler, errors[last])
frame = pd.DataFrame(np.rint(outputs[last]) == hodge, columns=HODGE)
frame["all with Euler"] = (exact == hodge).all(axis=1)
by_rows = (100 * frame.groupby(rows).mean()).round(2)
by_rows.assign(manifolds=frame.groupby(rows).size()).rename_axis("rows")

# %%
kinds = {
    "favourable": hodge[:, 0] == rows,
    "not favourable": hodge[:, 0] != rows,
    "three rows and fewer": rows <= 3,
    "h31 of 60 and more": hodge[:, 2] >= 60,
}
by_kind = pd.DataFrame({kind: 100 * frame[chosen].mean() for kind, chosen in kinds.items()}).T
by_kind.round(2).assign(manifolds=[chosen.sum() for chosen in kinds.values()])

# %% [markdown]
# ## Accuracies
#
# In per cent. Columns h11 to h22 round each output alone, as the published results in parentheses
# do. The last two are shares of manifolds with all four right: *relation* computes h22 from the
# other three, *Euler* takes the nearest integers that agree with the exact Euler number.

# %%
from tools.published import PUBLISHED


# %%
def percent(name, h):
    ours, theirs = 100 * results[name]["accuracy"][h], PUBLISHED.get(name)
    return f"{ours:.2f}" + (f" ({theirs[HODGE.index(h)]:.2f})" if theirs else "")


pd.set_option("display.width", 100)
table = pd.DataFrame({h: {name: percent(name, h) for name in results} for h in HODGE})
for way in ("relation", "Euler"):
    shares = [r[f"accuracy_with_{way.lower()}"]["all"] for r in results.values()]
    table[way] = [f"{100 * share:.2f}" for share in shares]
table
