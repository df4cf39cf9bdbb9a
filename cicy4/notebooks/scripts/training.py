# %% [markdown]
# # __NAME__: Hodge numbers of CICY fourfolds
#
# A complete intersection Calabi-Yau fourfold is given by a small matrix of integers, its
# configuration matrix. This notebook trains a network to read the four Hodge numbers h11, h21, h31
# and h22 off that matrix, from scratch and in one run.
#
# Architecture and published accuracies: arXiv:2405.17406. __WIDTH_NOTE__

# %% tags=["parameters"]
NAME, WIDTH = "__NAME__", __WIDTH__
EPOCHS = __EPOCHS__  # each of a quarter as many samples as the training split has
BATCH = __BATCH__
RATE = __RATE__  # spectral norm of the largest step of a recurrent kernel
ADAM = 0.03  # rate of all other weights, as a fraction of RATE
SECTIONS = 0.3  # weight of the sections in the loss
OVERSAMPLING = 0.3  # a matrix has the weight 1 + this for each positive h^1 and h^2
SEED = __SEED__
OUTPUT = "."  # folder for the network, its history and its record

# %%
import json
import math
import os
import shutil
import time
from contextlib import nullcontext
from itertools import product
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras import callbacks, layers, ops

from cicy4.networks.rounding import HODGE

GPUS = [device for device in keras.distribution.list_devices() if "gpu" in device.lower()]
software = {m.__name__: m.__version__ for m in (keras, np)} | {"backend": keras.backend.backend()}
print(f"{software}, {len(GPUS)} GPU(s)")

# %% [markdown]
# ## Data
#
# Three splits of the 905,684 irreducible fourfolds. Rows and columns of a matrix stand in an order
# that depends on the manifold alone, with zero rows first. Euler numbers are exact. *Sections* are
# the dimensions h^0, h^1, h^2 of the cohomology of the line bundle of each equation: what the Hodge
# numbers are sums of. `make splits` or `data_preparation.ipynb` writes all these files.

# %%
places = ["/kaggle/input", "../data/splits", "data/splits", "."]
found = [path.parent for place in places for path in Path(place).rglob("sections_train.npy")]
if not found:
    raise FileNotFoundError("no splits: attach their data set, or run `python -m cicy4 splits`")
manifest = json.loads((found[0] / "manifest.json").read_text())
data = {path.stem: np.load(path) for path in found[0].glob("*.npy")}
hodge = {split: data[f"hodge_y{split}"].astype("float32") for split in ("train", "valid", "test")}
sections = {split: data[f"sections_{split}"].astype("float32") for split in ("train", "valid")}

q = data["conf_Xtest"][0]
print(q[q.any(axis=1)][:, q.any(axis=0)], "h11, h21, h31, h22 =", data["hodge_ytest"][0])

# %% [markdown]
# ## Model
#
# The rows, one for each projective space, are read one after the other by two stacked recurrent
# layers. A linear head gives the Hodge numbers. A second output, for the sections, is there during
# training only.

# %% [markdown] tags=["plain"]
# ```
# matrix 16 x 20 -> LSTM __WIDTH__ -> LSTM __WIDTH__ -> linear 1024 -> linear 4: Hodge numbers
#                                                  -> linear 60: sections
# ```

# %% [markdown] tags=["CNN"]
# Beside them two convolutions look at the matrix as at a picture.
#
# ```
# matrix -> conv 4x4 128 -> pool 2x2 -> conv 3x3 64 -> pool 2x2 -> ReLU: 384 numbers
# matrix -> __CELL__ __WIDTH__ -> __CELL__ __WIDTH__: __WIDTH__ numbers
# both   -> linear 1024 -> linear 4: Hodge numbers
#                       -> linear 60: sections
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
#                       -> linear 60: sections
# ```

# %%
from cicy4.networks.architectures import cnn_branch  #: CNN
from cicy4.networks.architectures import recurrent_branch
from cicy4.networks.architectures import resnet_branch  #: ResNet


def rescaled(features, name, labels):
    output = layers.Dense(labels.shape[1], name=f"scaled_{name}")(features)
    mean, spread = labels.mean(axis=0), np.maximum(labels.std(axis=0), 0.1)
    return layers.Rescaling(spread.tolist(), mean.tolist(), name=name)(output)


def build_model(recurrent=recurrent_branch):
    matrix = keras.Input((16, 20))
    features = recurrent("__CELL__", WIDTH)(matrix)
    features = layers.Concatenate()([cnn_branch(matrix), features])  #: CNN
    features = layers.Concatenate()([resnet_branch(matrix), features])  #: ResNet
    head = layers.Dense(1024, name="head")(features)
    outputs = {"hodge": rescaled(head, "hodge", hodge["train"])}
    network = keras.Model(matrix, outputs["hodge"], name=NAME)
    outputs["sections"] = rescaled(head, "sections", sections["train"])
    return network, keras.Model(matrix, outputs)


# %%
network, _ = build_model()
network.summary(expand_nested=True)
assert NAME != "__NAME__" or network.count_params() == __PARAMETERS__

# %% [markdown]
# The published count is __PUBLISHED_PARAMETERS__ million__COUNT_NOTE__.
#
# ## Loss and optimizer
#
# The loss is the mean absolute error, weighted because h11 and h21 vary much less than h31 and h22.
# Muon makes each step of a recurrent kernel orthogonal, here gate by gate; all other weights are
# trained by Adam. The rate falls linearly to zero.


# %%
def hodge_error(true, predicted):
    return ops.mean(ops.abs(predicted - true) * np.array([4, 4, 1, 0.25], "float32"), axis=-1)


def sections_error(true, predicted):
    return ops.sum(ops.abs(predicted - true), axis=-1) / 4


def accuracy_of(i, name):
    return keras.metrics.MeanMetricWrapper(lambda y, p: abs(p[:, i] - y[:, i]) < 0.5, name=name)


# %% [markdown]
# On a CPU the recurrent layers can skip the zero rows and multiply in bfloat16: the package of this
# repository, if it is installed, has such layers, with the same weights.

# %% [markdown] tags=["CNN", "ResNet"]
# The convolutions, too, can be in bfloat16 while the network is trained.

# %%
try:
    from cicy4.networks.cpu import FAST, SkipZeroRows
except ImportError:
    FAST, SkipZeroRows = "float32", recurrent_branch


class GateMuon(keras.optimizers.Muon):
    def zeropower_via_newtonschulz5(self, x, steps):
        gates = ops.reshape(ops.cast(x, FAST), (x.shape[0], __GATES__, -1))
        gates = super().zeropower_via_newtonschulz5(ops.transpose(gates, (1, 0, 2)), steps)
        return ops.cast(ops.reshape(ops.transpose(gates, (1, 0, 2)), x.shape), "float32")


# %%
STEPS = len(hodge["train"]) // 4 // BATCH  # of an epoch
decay = keras.optimizers.schedules.PolynomialDecay(RATE, EPOCHS * STEPS, 0.0)
scope = nullcontext
if len(GPUS) > 1 and keras.backend.backend() == "tensorflow":
    from tensorflow import distribute

    scope = distribute.MirroredStrategy().scope  # divides every batch among the GPUs

with scope():
    keras.utils.set_random_seed(SEED)
    trained, model = build_model(SkipZeroRows)
    branch = trained.get_layer("cnn")  #: CNN
    branch = trained.get_layer("resnet")  #: ResNet
    for layer in branch.layers:  #: CNN ResNet
        layer.dtype_policy = FAST if FAST == "float32" else "mixed_bfloat16"  #: CNN ResNet
    # With rms_rate=None the rate is the spectral norm of a step, whatever the width.
    muon = {"rms_rate": None, "momentum": 0.97, "ns_steps": 3, "weight_decay": 0.01}
    adam = {"adam_lr_ratio": ADAM, "adam_weight_decay": 5e-4}
    by_adam = ["bias", "head", "scaled", "shortcut"]
    model.compile(
        GateMuon(decay, exclude_layers=by_adam, **muon, **adam),
        loss={"hodge": hodge_error, "sections": sections_error},
        loss_weights={"hodge": 1, "sections": SECTIONS},
        metrics={"hodge": [accuracy_of(i, name) for i, name in enumerate(HODGE)]},
        jit_compile=keras.backend.backend() == "jax",
    )

# %% [markdown]
# ## Batches
#
# A degree q on P^n enters as the logarithm of the number of its monomials. Positive h^1 and h^2 are
# what h21 and h11 come from; matrices that have them are drawn more often. In one of a hundred
# samples the zero rows come last, since a matrix of sixteen rows has none to begin with.

# %%
from cicy4.networks.architectures import log_monomials

positive = (sections["train"].reshape(-1, 20, 3)[:, :, 1:] > 0).sum(axis=(1, 2))
cumulated = np.cumsum(1 + OVERSAMPLING * positive)


class Batches(keras.utils.PyDataset):
    num_batches = None  # endless, for a single iterator: TensorFlow can take a minute to end one
    first = EPOCHS  # until an epoch has begun

    def __getitem__(self, step):
        rng = np.random.default_rng([SEED, self.first + step // STEPS, step % STEPS])
        chosen = np.searchsorted(cumulated, rng.random(BATCH) * cumulated[-1])
        x = data["conf_Xtrain"][chosen]
        for i in np.flatnonzero(rng.random(BATCH) < 0.01):
            x[i] = np.roll(x[i], x[i].any(axis=1).sum(), axis=0)
        labels = {"hodge": hodge["train"][chosen], "sections": sections["train"][chosen]}
        return log_monomials(x), labels


# %% [markdown]
# ## Training
#
# After each epoch the state is kept in `checkpoints`. Run the notebook again after an interruption
# and it goes on; on Kaggle, attach the output of the earlier version.

# %%
folder = Path(OUTPUT) / "checkpoints" / NAME
for earlier in Path("/kaggle/input").rglob(f"checkpoints/{NAME}"):
    if not folder.exists():
        shutil.copytree(earlier, folder)
folder.mkdir(parents=True, exist_ok=True)
names = "NAME WIDTH EPOCHS BATCH RATE ADAM SECTIONS OVERSAMPLING SEED".split()
recipe = {name: globals()[name] for name in names} | {"splits": manifest["checksum"]}
started = folder / "recipe.json"
if started.exists() and json.loads(started.read_text()) != recipe:
    raise ValueError(f"{folder} holds a run with other parameters: change them back, or remove it")
_ = started.write_text(json.dumps(recipe))


# %%
class Epochs(callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.time()
        batches.first = min(epoch, batches.first)
        assert not epoch or len(pd.read_csv(log)) >= epoch, f"{log} lacks some of {epoch} epochs"

    def on_epoch_end(self, epoch, logs):
        logs["seconds"] = time.time() - self.began
        print(f"{epoch + 1}: {logs['hodge_loss']:.4f}, in validation {logs['val_hodge_loss']:.4f}")
        if epoch and not logs["loss"] <= 1.5 * pd.read_csv(log).loss.min():
            raise RuntimeError("the loss is half above its lowest value: choose a lower RATE")


log, batches, few = folder / "history.csv", Batches(), slice(16_384)
inputs = log_monomials(data["conf_Xvalid"])
labels = {"hodge": hodge["valid"][few], "sections": sections["valid"][few]}
options = {"validation_data": (inputs[few], labels), "validation_batch_size": 1024, "verbose": 0}
state = callbacks.BackupAndRestore(folder / "kept", delete_checkpoint=False, double_checkpoint=True)
calls = [Epochs(), callbacks.CSVLogger(log, append=True), state]
try:
    model.fit(batches, epochs=EPOCHS, steps_per_epoch=STEPS, callbacks=calls, **options)
except (OSError, json.JSONDecodeError) as error:
    raise OSError(f"the state in {folder / 'kept'} cannot be read or written") from error

# An epoch that was interrupted between its line and its state has two lines.
history = pd.read_csv(log).drop_duplicates("epoch", keep="last").set_index("epoch")
history.columns = history.columns.str.replace("hodge_h", "h")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), constrained_layout=True)
history[["hodge_loss", "val_hodge_loss"]].plot(ax=left, logy=True, ylabel="weighted error")
history[[f"val_{name}" for name in HODGE]].plot(ax=right, ylabel="validation accuracy")
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
trained.set_weights([w.astype("float16").astype("float32") for w in trained.get_weights()])
network.set_weights(trained.get_weights())
results, rows = {}, {}
for split in ("valid", "test", "train"):
    outputs = trained.predict(log_monomials(data[f"conf_X{split}"]), 1024, verbose=0)
    error = results["valid"]["mae"] if results else abs(outputs - hodge["valid"]).mean(axis=0)
    results[split] = scores(outputs, data[f"euler_{split}"], data[f"hodge_y{split}"], error)
    rows |= {(split, way): shares for way, shares in results[split].items() if "acc" in way}
rows["test", "published, raw"] = dict(zip(HODGE, np.array(__PUBLISHED__) / 100, strict=True))
(100 * pd.DataFrame(rows).T).round(2)

# %% [markdown] tags=["CNN", "ResNet"]
# What the convolutional branch is worth: how many of its ReLUs are on, and the raw accuracies on
# the validation split with all outputs of the branch set to zero.

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
# The network without the sections, its history and its record.

# %%
record = {
    "model": NAME,
    "parameters": recipe,
    "samples": EPOCHS * STEPS * BATCH,
    "seconds": round(history.seconds.sum()),
    "hardware": ", ".join(GPUS) or f"{os.cpu_count()} CPU cores",
    "software": software,
    "branch": worth,  #: CNN ResNet
    "training": results["train"],
    "validation": results["valid"],
    "test": results["test"],
}
network.save(Path(OUTPUT, f"{NAME}.keras"))
history.to_csv(Path(OUTPUT, f"{NAME}.csv"), float_format="%.6g")
_ = Path(OUTPUT, f"{NAME}.json").write_text(json.dumps(record, indent=1) + "\n")
print(f"{record['samples']:,} samples in {record['seconds'] / 3600:.2f} hours")
