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
RATE = __RATE__  # learning rate: spectral norm of the largest step of a recurrent kernel
ADAM = 0.03  # learning rate of all other weights, as a fraction of RATE
COHOMOLOGY = 0.3  # weight of the cohomology of line bundles in the loss
OVERSAMPLING = 0.3  # a matrix has the weight 1 + this for each positive h^1 and h^2
SHARE = 1.0  # part of the training split that is used
SEED = __SEED__
SPLITS = ""  # folder of the splits; if empty, they are looked for
OUTPUT = "."  # folder for the network, its history and its record
TEST = True  # whether the finished network is scored on the test and training splits, too
PREFIX_SHARING = True  # on a CPU, use the faster layers of the package cicy4 if it is there
PUBLISHED = __PUBLISHED__  # accuracies of h11, h21, h31, h22, per cent

# %%
import json
import math
import shutil
from importlib.util import find_spec
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras import callbacks, layers, ops

from cicy4.networks.rounding import HODGE

GPUS = [device for device in keras.distribution.list_devices() if "gpu" in device.lower()]
software = {m.__name__: m.__version__ for m in (keras, np)} | {"backend": keras.backend.backend()}
print(software, "on", GPUS or "a CPU")
if len(GPUS) > 1 and keras.backend.backend() == "tensorflow":
    from tensorflow import distribute

    # Divides every batch among the GPUs.
    distribute.experimental_set_strategy(distribute.MirroredStrategy())

# %% [markdown]
# ## Data
#
# The 905,684 irreducible fourfolds are cut into three splits. The file `manifest.json` beside them
# names the order of rows and columns; zero rows come first. The order *connectivity* depends on
# which rows meet which columns, and on nothing else.
#
# Beside the Hodge numbers there are exact Euler numbers, and the *cohomology*: the dimensions h^0,
# h^1, h^2 for the line bundle of each equation, of which Hodge numbers are sums. `cicy4 splits`
# or `data_preparation.ipynb` writes all these files.

# %%
folders = [SPLITS] if SPLITS else ["/kaggle/input", "../data/splits", "data/splits", "."]
paths = [path for folder in folders for path in Path(folder).rglob("cohomology_train.npy")]
if not paths:
    raise FileNotFoundError(f"{folders}: no splits; attach them, or run `python -m cicy4 splits`")
manifest = json.loads((paths[0].parent / "manifest.json").read_text())
data = {path.stem: np.load(path) for path in paths[0].parent.glob("*.npy")}
STEPS = len(data["hodge_ytrain"]) // 4 // BATCH  # of an epoch, whatever the SHARE
for name in [name for name in data if name.endswith("train")]:
    data[name] = data[name][: round(SHARE * len(data[name]))]
hodge = {split: data[f"hodge_y{split}"].astype("float32") for split in ("train", "valid", "test")}
cohomology = {split: data[f"cohomology_{split}"].astype("float32") for split in ("train", "valid")}
targets = {"hodge": hodge["train"], "cohomology": cohomology["train"]}
splits = {key: value for key, value in manifest.items() if key != "files"}
splits |= {split: len(labels) for split, labels in hodge.items()}
print(f"splits in {paths[0].parent}: {splits}")
print(data["conf_Xtest"][0], "h11, h21, h31, h22 =", data["hodge_ytest"][0])

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
    mean, std = labels.mean(axis=0), np.maximum(labels.std(axis=0), 0.1)
    return layers.Rescaling(std.tolist(), mean.tolist(), name=name)(output)


def build_model():
    matrix = keras.Input((16, 20))
    features = recurrent_branch(CELL, WIDTH)(matrix)
    features = layers.Concatenate()([cnn_branch(matrix), features])  #: CNN
    features = layers.Concatenate()([resnet_branch(matrix), features])  #: ResNet
    head = layers.Dense(1024, name="head")(features)
    outputs = {name: rescaled(head, name, labels) for name, labels in targets.items()}
    return keras.Model(matrix, outputs["hodge"], name=NAME), keras.Model(matrix, outputs)


# %%
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
# On a CPU the package of this repository, if it is installed, trains the same layers with less
# work: it reads rows once that matrices of a batch begin with together, with products in bfloat16
# if the CPU has it. It compares its model with the one that is shown and saved.

# %%
from cicy4.networks.architectures import log_monomials

PRODUCTS, faster = "float32", lambda model, training=False: model
if PREFIX_SHARING and find_spec("cicy4"):
    from cicy4.networks.prefix_sharing import PRODUCTS, faster


class GateMuon(keras.optimizers.Muon):
    def zeropower_via_newtonschulz5(self, x, steps):
        gates = {"LSTM": 4, "GRU": 3}.get(CELL, 1)
        update = ops.reshape(ops.cast(x, PRODUCTS), (x.shape[0], gates, -1))
        update = super().zeropower_via_newtonschulz5(ops.transpose(update, (1, 0, 2)), steps)
        return ops.cast(ops.reshape(ops.transpose(update, (1, 0, 2)), x.shape), "float32")


# %%
decay = keras.optimizers.schedules.PolynomialDecay(RATE, EPOCHS * STEPS, 0.0)
model = faster(both_outputs, training=True)
# With rms_rate=None the learning rate is the spectral norm of a step, whatever the width.
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

# %% [markdown]
# ## Batches
#
# A degree q on P^n enters as the logarithm of the number of its monomials. Positive h^1 and h^2 are
# what h21 and h11 come from; matrices that have them are oversampled. Few matrices have all
# sixteen rows. So that a network learns to start on a row that is not zero, too, one sample in a
# hundred has its zero rows at the end.

# %%
positive = (cohomology["train"].reshape(-1, 20, 3)[:, :, 1:] > 0).sum(axis=(1, 2))
cumulated = np.cumsum(1 + OVERSAMPLING * positive)


class Batches(keras.utils.PyDataset):
    num_batches = None  # endless, for a single iterator: TensorFlow can take a minute to end one

    def __getitem__(self, step):
        rng = np.random.default_rng([SEED, done + step // STEPS, step % STEPS])
        chosen = np.searchsorted(cumulated, rng.random(BATCH) * cumulated[-1])
        x = data["conf_Xtrain"][chosen]
        for i in np.flatnonzero(rng.random(BATCH) < 0.01):
            x[i] = np.roll(x[i], x[i].any(axis=1).sum(), axis=0)
        return log_monomials(x), {name: labels[chosen] for name, labels in targets.items()}


# %% [markdown]
# ## Training
#
# After each epoch the weighted errors in training and validation are printed, and the state is kept
# in `checkpoints`. Run the notebook again after an interruption and it resumes; on Kaggle, attach
# the output of the earlier version.

# %%
folder = Path(OUTPUT) / "checkpoints" / NAME
for earlier in Path("/kaggle/input").rglob(f"checkpoints/{NAME}"):
    if not folder.exists():
        shutil.copytree(earlier, folder)
folder.mkdir(parents=True, exist_ok=True)
names = "NAME CELL WIDTH EPOCHS BATCH RATE ADAM COHOMOLOGY OVERSAMPLING SHARE SEED".split()
recipe = {"parameters": {name: globals()[name] for name in names}, "splits": splits}
log, state, begun = (folder / name for name in ("history.csv", "state.weights.h5", "recipe.json"))
if begun.exists() and begun.read_text() != json.dumps(recipe):
    raise ValueError(f"{folder} holds a run with other parameters: change them back, or remove it")
_ = begun.write_text(json.dumps(recipe))


def keep():
    model.save_weights(folder / "part.weights.h5", overwrite=True)
    (folder / "part.weights.h5").replace(state)


def end_epoch(epoch, logs):
    print(f"{epoch + 1}: {logs['hodge_loss']:.4f}, in validation {logs['val_hodge_loss']:.4f}")
    if epoch and not logs["loss"] <= 1.5 * pd.read_csv(log).query("epoch < @epoch").loss.min():
        raise RuntimeError("the loss is half above its lowest value: choose a lower RATE")
    keep()


calls = [callbacks.CSVLogger(log, append=True), callbacks.LambdaCallback(on_epoch_end=end_epoch)]
if not state.exists():
    keep()

# %%
inputs = log_monomials(data["conf_Xvalid"][:16_384])
labels = {"hodge": hodge["valid"][:16_384], "cohomology": cohomology["valid"][:16_384]}
options = {"validation_data": (inputs, labels), "validation_batch_size": 1024, "verbose": 0}
# The state of an epoch is a single file: the optimizer in it has counted the steps.
try:
    model.load_weights(state)
except (OSError, KeyError, ValueError) as error:
    raise OSError(f"{state} cannot be read: remove {folder} to begin anew") from error
done = int(ops.convert_to_numpy(model.optimizer.iterations)) // STEPS  # epochs
if done and pd.read_csv(log).query("epoch < @done")["epoch"].nunique() < done:
    raise ValueError(f"{log} lacks some of {done} epochs: remove {folder} to begin anew")
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
# The digits of float16 are enough, and halve the file when it is compressed. Both models have the
# same layers.
both_outputs.set_weights([w.astype("float16").astype("float32") for w in model.get_weights()])
results, rows, fast = {}, {}, faster(network)
for split in ("valid", "test", "train") if TEST else ("valid",):
    outputs = fast.predict(log_monomials(data[f"conf_X{split}"]), 1024, verbose=0)
    error = results["valid"]["mae"] if results else abs(outputs - hodge["valid"]).mean(axis=0)
    results[split] = scores(outputs, data[f"euler_{split}"], data[f"hodge_y{split}"], error)
    rows |= {(split, way): shares for way, shares in results[split].items() if "acc" in way}
rows["test", "published, raw"] = dict(zip(HODGE, np.array(PUBLISHED) / 100, strict=False))
(100 * pd.DataFrame(rows).T.dropna(how="all")).round(2)

# %% [markdown]
# ## Save
#
# The network without the cohomology, its history and its record, each elsewhere until it is whole.

# %%
record = {"model": NAME, **recipe, "samples": EPOCHS * STEPS * BATCH, "software": software}
library = "Keras" if model is both_outputs else "cicy4"
record |= {"layers": {"recurrent": library, "products": PRODUCTS}, "validation": results["valid"]}
record |= {"training": results["train"], "test": results["test"]} if TEST else {}
network.save(folder / f"{NAME}.keras")
history.to_csv(folder / f"{NAME}.csv", float_format="%.6g")
_ = (folder / f"{NAME}.json").write_text(json.dumps(record, indent=1) + "\n")
for file in (f"{NAME}.keras", f"{NAME}.csv", f"{NAME}.json"):
    (folder / file).replace(Path(OUTPUT, file))
