# %% [markdown]
# # __NAME__: Hodge numbers of CICY fourfolds
#
# A complete intersection Calabi-Yau fourfold is given by a small matrix of integers, its
# configuration matrix. This notebook trains a network to read the four Hodge numbers h11, h21, h31
# and h22 off that matrix, from scratch.
#
# The architecture is that of arXiv:2405.17406; loss, optimizer, input and second output are not.
# __WIDTH_NOTE__

# %% tags=["parameters"]
NAME = "__NAME__"
CELL = "__CELL__"
WIDTH = __WIDTH__
EPOCHS = __EPOCHS__  # each of a quarter as many samples as the training split has
BATCH = __BATCH__
RATE = __RATE__  # spectral norm of the largest step of a recurrent kernel
ADAM = 0.03  # rate of all other weights, as a fraction of RATE
COHOMOLOGY = 0.3  # weight of the cohomology of line bundles in the loss
OVERSAMPLING = 0.3  # a matrix has the weight 1 + this for each positive h^1 and h^2
SHARE = 1.0  # part of the training split that is used
SEED = __SEED__
SPLITS = ""  # folder of the splits; if empty, they are looked for
OUTPUT = "."  # folder for the network, its history and its record
TEST = True  # whether the finished network is scored on the test and training splits, too
FAST_LAYERS = True  # use the layers of the package cicy4, if it is there and helps

# %%
import json
import math
import os
import platform
import shutil
import time
from contextlib import nullcontext
from importlib.util import find_spec
from itertools import product
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras import callbacks, layers, ops

from cicy4.networks.rounding import HODGE
from cicy4.results.summary import cpu_name

GPUS = [device for device in keras.distribution.list_devices() if "gpu" in device.lower()]
hardware = ", ".join(GPUS) or f"{os.cpu_count()} CPU cores, {cpu_name()}"
software = {m.__name__: m.__version__ for m in (keras, np)} | {"backend": keras.backend.backend()}
print(f"{software} on {hardware}")

# %% [markdown]
# ## Data
#
# The 905,684 irreducible fourfolds are cut into three splits. The file `manifest.json` beside them
# names the order of rows and columns; zero rows come first. The order *connectivity* knows only
# which rows meet which columns. The order *reading* gives a part of the answer away: it begins with
# a certain kind of column if there is one, and such a column exists exactly if h21 > 0.
#
# Beside the Hodge numbers there are exact Euler numbers, and the *cohomology*: the dimensions h^0,
# h^1, h^2 for the line bundle of each equation, of which Hodge numbers are sums. `make splits` or
# `data_preparation.ipynb` writes all these files.

# %%
places = [SPLITS] if SPLITS else ["/kaggle/input", "../data/splits", "data/splits", "."]
found = [path.parent for place in places for path in Path(place).rglob("cohomology_train.npy")]
if not found:
    raise FileNotFoundError(f"{places}: no splits; attach them, or run `python -m cicy4 splits`")
manifest = json.loads((found[0] / "manifest.json").read_text())
data = {path.stem: np.load(path) for path in found[0].glob("*.npy")}
samples = len(data["hodge_ytrain"]) // 4  # of an epoch, whatever the SHARE
for name in [name for name in data if name.endswith("train")]:
    data[name] = data[name][: round(SHARE * len(data[name]))]
hodge = {split: data[f"hodge_y{split}"].astype("float32") for split in ("train", "valid", "test")}
cohomology = {split: data[f"cohomology_{split}"].astype("float32") for split in ("train", "valid")}
splits = {key: manifest[key] for key in ("order", "source", "seed", "larger", "checksum")}
splits |= {split: len(labels) for split, labels in hodge.items()}
print(f"splits in {found[0]}: {splits}")

q = data["conf_Xtest"][0]
print(q[q.any(axis=1)][:, q.any(axis=0)], "h11, h21, h31, h22 =", data["hodge_ytest"][0])

# %% [markdown]
# ## Model
#
# The rows, one for each projective space, are read one after the other by two stacked recurrent
# layers. A linear head gives the Hodge numbers. A second output, for the cohomology, is there
# during training only.

# %% [markdown] tags=["plain"]
# ```
# matrix 16 x 20 -> LSTM __WIDTH__ -> LSTM __WIDTH__ -> linear 1024 -> linear 4: Hodge numbers
#                                                  -> linear 60: cohomology
# ```

# %% [markdown] tags=["CNN"]
# Beside them two convolutions look at the matrix as at a picture.
#
# ```
# matrix -> conv 4x4 128 -> pool 2x2 -> conv 3x3 64 -> pool 2x2 -> ReLU: 384 numbers
# matrix -> __CELL__ __WIDTH__ -> __CELL__ __WIDTH__: __WIDTH__ numbers
# both   -> linear 1024 -> linear 4: Hodge numbers
#                       -> linear 60: cohomology
# ```

# %% [markdown] tags=["ResNet"]
# Beside them three convolutions look at the matrix as at a picture, and a linear map of the matrix
# is added to what they see.
#
# ```
# matrix -> conv 4x4 128 -> pool 2x2 -> ReLU -> conv 3x3 64 -> pool 2x2 -> ReLU -> conv 2x2 128
#      + -> linear 256: 256 numbers
# matrix -> __CELL__ __WIDTH__ -> __CELL__ __WIDTH__: __WIDTH__ numbers
# both   -> linear 1024 -> linear 4: Hodge numbers
#                       -> linear 60: cohomology
# ```

# %%
from cicy4.networks.architectures import cnn_branch  #: CNN
from cicy4.networks.architectures import recurrent_branch
from cicy4.networks.architectures import resnet_branch  #: ResNet


def rescaled(features, name, labels):
    output = layers.Dense(labels.shape[1], name=f"scaled_{name}")(features)
    mean, spread = labels.mean(axis=0), np.maximum(labels.std(axis=0), 0.1)
    return layers.Rescaling(spread.tolist(), mean.tolist(), name=name)(output)


def build_model():
    matrix = keras.Input((16, 20))
    features = recurrent_branch(CELL, WIDTH)(matrix)
    features = layers.Concatenate()([cnn_branch(matrix), features])  #: CNN
    features = layers.Concatenate()([resnet_branch(matrix), features])  #: ResNet
    head = layers.Dense(1024, name="head")(features)
    outputs = {"hodge": rescaled(head, "hodge", hodge["train"])}
    network = keras.Model(matrix, outputs["hodge"], name=NAME)
    outputs["cohomology"] = rescaled(head, "cohomology", cohomology["train"])
    return network, keras.Model(matrix, outputs)


# %%
scope = nullcontext
if len(GPUS) > 1 and keras.backend.backend() == "tensorflow":
    from tensorflow import distribute

    scope = distribute.MirroredStrategy().scope  # divides every batch among the GPUs

with scope():
    keras.utils.set_random_seed(SEED)
    network, both_outputs = build_model()
network.summary(expand_nested=True)
if NAME == "__NAME__" and network.count_params() != __PARAMETERS__:
    raise ValueError("__NAME__ has __PARAMETERS__ parameters: give another network another NAME")

# %% [markdown]
# __COUNT_NOTE__
#
# ## Loss and optimizer
#
# The loss is the mean absolute error, weighted because h11 and h21 vary much less than h31 and h22.
# Muon trains the kernels of the recurrent cells: it makes each step orthogonal, here gate by gate.
# Adam trains all other weights. The rate falls linearly to zero.


# %%
def hodge_error(true, predicted):
    return ops.mean(ops.abs(predicted - true) * np.array([4, 4, 1, 0.25], "float32"), axis=-1)


def cohomology_error(true, predicted):
    return ops.sum(ops.abs(predicted - true), axis=-1) / 4


def accuracy_of(i, name):
    return keras.metrics.MeanMetricWrapper(lambda y, p: abs(p[:, i] - y[:, i]) < 0.5, name=name)


# %% [markdown]
# On a CPU the package of this repository, if it is installed, trains the same recurrent layers
# with less work, since it reads rows once that matrices of a batch begin with together, and with
# products in bfloat16 if the CPU has it. What is trained must compute what is shown and saved:
# `check` compares both on 64 matrices.

# %% [markdown] tags=["CNN", "ResNet"]
# The convolutions, too, are in bfloat16 then while the network is trained.

# %%
from cicy4.networks.architectures import log_monomials

FAST, faster = "float32", lambda model: model
if FAST_LAYERS and find_spec("cicy4"):
    from cicy4.networks.cpu import FAST, faster


def check(fast):
    if [w.shape for w in fast.weights] == [w.shape for w in network.weights]:
        network.set_weights(fast.get_weights())
        few = log_monomials(data["conf_Xvalid"][:64])
        shown, used = (model.predict(few, verbose=0) for model in (network, fast))
        if (abs(used - shown) <= 1e-3 * shown.std(axis=0) + 1e-6 * abs(shown)).all():
            return
    raise ValueError("trained and saved network compute different things: set FAST_LAYERS = False")


class GateMuon(keras.optimizers.Muon):
    def zeropower_via_newtonschulz5(self, x, steps):
        gates = {"LSTM": 4, "GRU": 3}.get(CELL, 1)
        update = ops.reshape(ops.cast(x, FAST), (x.shape[0], gates, -1))
        update = super().zeropower_via_newtonschulz5(ops.transpose(update, (1, 0, 2)), steps)
        return ops.cast(ops.reshape(ops.transpose(update, (1, 0, 2)), x.shape), "float32")


# %%
STEPS = samples // BATCH  # of an epoch
decay = keras.optimizers.schedules.PolynomialDecay(RATE, EPOCHS * STEPS, 0.0)
with scope():
    model = faster(both_outputs)
    fast = keras.Model(model.inputs, model.get_layer("hodge").output)
    check(fast)
    branch = model.get_layer("cnn")  #: CNN
    branch = model.get_layer("resnet")  #: ResNet
    for layer in branch.layers:  #: CNN ResNet
        layer.dtype_policy = FAST if FAST == "float32" else "mixed_bfloat16"  #: CNN ResNet
    # With rms_rate=None the rate is the spectral norm of a step, whatever the width.
    muon = {"rms_rate": None, "momentum": 0.97, "ns_steps": 3, "weight_decay": 0.01}
    adam = {"adam_lr_ratio": ADAM, "adam_weight_decay": 5e-4}
    no_kernel_of_a_cell = r"^(?!.*_cell.*kernel)"
    model.compile(
        GateMuon(decay, exclude_layers=[no_kernel_of_a_cell], **muon, **adam),
        loss={"hodge": hodge_error, "cohomology": cohomology_error},
        loss_weights={"hodge": 1, "cohomology": COHOMOLOGY},
        metrics={"hodge": [accuracy_of(i, name) for i, name in enumerate(HODGE)]},
        jit_compile=keras.backend.backend() == "jax",
    )
    model.optimizer.build(model.trainable_variables)
used = {"recurrent": "Keras" if model is both_outputs else "cicy4", "products": FAST}
print(f"layers in training: {used}")

# %% [markdown]
# ## Batches
#
# A degree q on P^n enters as the logarithm of the number of its monomials. Positive h^1 and h^2 are
# what h21 and h11 come from; matrices that have them are drawn more often. Few matrices have all
# sixteen rows. So that a network learns to start on a row that is not zero, too, one sample in a
# hundred has its zero rows at the end.

# %%
from cicy4.geometry.configuration import row_counts

positive = (cohomology["train"].reshape(-1, 20, 3)[:, :, 1:] > 0).sum(axis=(1, 2))
cumulated = np.cumsum(1 + OVERSAMPLING * positive)


class Batches(keras.utils.PyDataset):
    num_batches = None  # endless, for a single iterator: TensorFlow can take a minute to end one

    def __getitem__(self, step):
        rng = np.random.default_rng([SEED, done + step // STEPS, step % STEPS])
        chosen = np.searchsorted(cumulated, rng.random(BATCH) * cumulated[-1])
        x = data["conf_Xtrain"][chosen]
        rows = row_counts(x)
        for i in np.flatnonzero(rng.random(BATCH) < 0.01):
            x[i] = np.roll(x[i], rows[i], axis=0)
        labels = {"hodge": hodge["train"][chosen], "cohomology": cohomology["train"][chosen]}
        return log_monomials(x), labels


# %% [markdown]
# ## Training
#
# After each epoch the weighted errors in training and validation are printed, and the state is kept
# in `checkpoints`. Run the notebook again after an interruption and it goes on; on Kaggle, attach
# the output of the earlier version.

# %%
folder = Path(OUTPUT) / "checkpoints" / NAME
for earlier in Path("/kaggle/input").rglob(f"checkpoints/{NAME}"):
    if not folder.exists():
        shutil.copytree(earlier, folder)
folder.mkdir(parents=True, exist_ok=True)
names = "NAME CELL WIDTH EPOCHS BATCH RATE ADAM COHOMOLOGY OVERSAMPLING SHARE SEED".split()
recipe = {"parameters": {name: globals()[name] for name in names}, "splits": splits}
log, state, started = (folder / name for name in ("history.csv", "state.weights.h5", "recipe.json"))
if started.exists() and started.read_text() != json.dumps(recipe):
    raise ValueError(f"{folder} holds a run with other parameters: change them back, or remove it")
if find_spec("fcntl"):  # not on Windows
    from fcntl import LOCK_EX, LOCK_NB, lockf

    try:  # held until this process ends
        lockf(os.open(folder / "running", os.O_RDWR | os.O_CREAT), LOCK_EX | LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(f"another process trains in {folder}: wait, or end it") from None
_ = started.write_text(json.dumps(recipe))

from cicy4.results.summary import progress


class Epochs(callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.time()

    def on_epoch_end(self, epoch, logs):
        logs["seconds"] = time.time() - self.began
        print(progress({"epoch": epoch, **logs}))
        if epoch and not logs["loss"] <= 1.5 * pd.read_csv(log).query("epoch < @epoch").loss.min():
            raise RuntimeError("the loss is half above its lowest value: choose a lower RATE")


def keep(epoch, logs):
    model.save_weights(folder / "part.weights.h5", overwrite=True)
    os.replace(folder / "part.weights.h5", state)


kept = callbacks.LambdaCallback(on_epoch_end=keep)
calls = [Epochs(), callbacks.CSVLogger(log, append=True), kept]
if not state.exists():
    keep(-1, {})

# %%
few = slice(16_384)
inputs = log_monomials(data["conf_Xvalid"])
labels = {"hodge": hodge["valid"][few], "cohomology": cohomology["valid"][few]}
options = {"validation_data": (inputs[few], labels), "validation_batch_size": 1024, "verbose": 0}
# The state of an epoch is a single file: the optimizer in it has counted the steps.
try:
    with scope():
        model.load_weights(state)
except (OSError, KeyError, ValueError) as error:
    raise OSError(f"{state} cannot be read: remove {folder} to begin anew") from error
done = int(ops.convert_to_numpy(model.optimizer.iterations)) // STEPS  # epochs
earlier = pd.read_csv(log).query("epoch < @done") if done else pd.DataFrame({"epoch": []})
if earlier["epoch"].nunique() < done:
    raise ValueError(f"{log} lacks some of {done} epochs: remove {folder} to begin anew")
for epoch in earlier.drop_duplicates("epoch", keep="last").to_dict("records"):
    print(progress(epoch))
options |= {"initial_epoch": done, "epochs": EPOCHS, "steps_per_epoch": STEPS}
model.fit(Batches(), callbacks=calls, **options)

# An epoch that was interrupted between its line and its state has two lines.
history = pd.read_csv(log).drop_duplicates("epoch", keep="last").set_index("epoch")
history.columns = history.columns.str.replace("hodge_h", "h")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), constrained_layout=True)
history[["hodge_loss", "val_hodge_loss"]].plot(ax=left, logy=True, ylabel="weighted error")
history[[f"val_{name}" for name in HODGE]].plot(ax=right, ylabel="right in validation")
plt.show()

# %% [markdown]
# ## Accuracies
#
# *Raw* rounds each output alone, as the published results do. *By relation* computes h22 from the
# other three. *With the Euler number* takes the nearest integers that agree with the exact one.

# %%
from cicy4.networks.rounding import accuracy, round_with_euler, round_with_relation, scores

# %%
# The digits of float16 are enough, and halve the file when it is compressed.
for layer in branch.layers:  #: CNN ResNet
    layer.dtype_policy = "float32"  #: CNN ResNet
fast.set_weights([w.astype("float16").astype("float32") for w in fast.get_weights()])
check(fast)
results, rows = {}, {}
for split in ("valid", "test", "train") if TEST else ("valid",):
    outputs = fast.predict(log_monomials(data[f"conf_X{split}"]), 1024, verbose=0)
    error = results["valid"]["mae"] if results else abs(outputs - hodge["valid"]).mean(axis=0)
    results[split] = scores(outputs, data[f"euler_{split}"], data[f"hodge_y{split}"], error)
    rows |= {(split, way): shares for way, shares in results[split].items() if "acc" in way}
for accuracies in __PUBLISHED__.get(NAME, []):
    rows["test", "published, raw"] = dict(zip(HODGE, np.array(accuracies) / 100, strict=True))
(100 * pd.DataFrame(rows).T).round(2)

# %% [markdown] tags=["CNN", "ResNet"]
# What the head takes from the convolutional branch: how many of its ReLUs are on, and the raw
# accuracies on the validation split with all outputs of the branch set to zero.

# %% tags=["CNN", "ResNet"]
relus = [layers.Flatten()(layer.output) for layer in branch.layers if type(layer) is layers.ReLU]
on = keras.Model(branch.inputs, layers.concatenate(relus)).predict(inputs, 1024, verbose=0) > 0
head = network.get_layer("head")
kernel, bias = head.get_weights()
head.set_weights([kernel * (np.arange(len(kernel)) >= len(kernel) - WIDTH)[:, None], bias])
without = np.rint(network.predict(inputs, 1024, verbose=0))
head.set_weights([kernel, bias])
worth = {"relus": on.shape[1], "ever_on": int(on.any(axis=0).sum()), "on": float(on.mean())}
worth |= {"accuracy_without": accuracy(without, hodge["valid"])}
worth

# %% [markdown]
# ## Save
#
# The network without the cohomology, its history and its record, each under another name until it
# is whole. Then what the curves and the table say, in words.

# %%
from cicy4.results.summary import summary

record = {
    "model": NAME,
    **recipe,
    "layers": used,
    "samples": EPOCHS * STEPS * BATCH,
    "seconds": round(history.seconds.sum()),
    "hardware": hardware,
    "software": software,
    "branch": worth,  #: CNN ResNet
    "validation": results["valid"],
}
record |= {"training": results["train"], "test": results["test"]} if TEST else {}
parts = {kind: Path(OUTPUT, f".{NAME}.part.{kind}") for kind in ("keras", "csv", "json")}
network.save(parts["keras"])
history.to_csv(parts["csv"], float_format="%.6g")
_ = parts["json"].write_text(json.dumps(record, indent=1) + "\n")
for kind, part in parts.items():
    os.replace(part, Path(OUTPUT, f"{NAME}.{kind}"))
print(summary(record, history))
