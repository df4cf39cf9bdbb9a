"""Writes the notebooks from the source of the other modules.

A notebook imports nothing of this package: its cells hold the very text of the
functions it needs, so that no line is kept twice by hand.
"""

import ast
from functools import cache
from importlib import import_module
from inspect import getsource
from itertools import pairwise
from pathlib import Path

import nbformat

from cicy4.files import replacing
from cicy4.models import ARCHITECTURES

ROOT = Path(__file__).resolve().parent.parent
INFERENCE = "inference_example.ipynb"


def notebook_paths() -> dict:
    """Path of each notebook, relative to the repository, and the function that makes it."""
    paths = {INFERENCE: inference_notebook}
    paths["Models_LSTM-based/lstm-400.ipynb"] = lambda: training_notebook("LSTM-400")
    return paths


def write_notebooks(root=ROOT) -> None:
    """Write every notebook, keeping the outputs of cells whose source is unchanged."""
    for relative, make in notebook_paths().items():
        path = Path(root) / relative
        notebook = make()
        if path.exists():
            _keep_outputs(nbformat.read(path, 4), notebook)
        write_notebook(path, notebook)


def write_notebook(path, notebook) -> None:
    """Write one notebook, whole or not at all."""
    with replacing(path) as temporary:
        nbformat.write(notebook, temporary)


def _keep_outputs(old, new) -> None:
    executed = {cell.source: cell for cell in old.cells if cell.cell_type == "code"}
    for cell in new.cells:
        if cell.source in executed:
            cell.outputs = executed[cell.source].outputs
            cell.execution_count = executed[cell.source].execution_count


def source(module: str, *names: str) -> str:
    """The text of top-level functions, classes and constants of one module.

    Raises:
        KeyError: the module does not define a name.
    """
    text = _definitions(module)
    pieces = list(dict.fromkeys(text[name] for name in names))
    out = pieces[0]
    for previous, piece in pairwise(pieces):
        constants = "\n" not in previous + piece
        out += ("\n" if constants else "\n\n\n") + piece
    return out


@cache
def _definitions(module: str) -> dict:
    code = getsource(import_module(f"cicy4.{module}"))
    lines = code.splitlines()
    found = {}
    for node in ast.parse(code).body:
        targets = [n for t in getattr(node, "targets", []) for n in ast.walk(t)]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names = [node.name]
        for name in names:
            first = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])])
            while lines[first - 2].startswith("#"):
                first -= 1
            found[name] = "\n".join(lines[first - 1 : node.end_lineno])
    return found


def _notebook(cells) -> nbformat.NotebookNode:
    """Cells from (kind, text) pairs, with reproducible identifiers.

    The input of "folded" code cells, which a reader can take for granted, is collapsed.
    """
    made = []
    for i, (kind, text) in enumerate(cells):
        new = nbformat.v4.new_markdown_cell if kind == "text" else nbformat.v4.new_code_cell
        cell = new(text.strip(), id=f"cell-{i:02d}")
        if kind == "folded":
            cell.metadata = {"jupyter": {"source_hidden": True}, "_kg_hide-input": True}
        made.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


CANONICAL = (
    "ROWS",
    "COLUMNS",
    "_ABSENT",
    "_split",
    "_before",
    "_equal_rows",
    "_refine",
    "_rank",
    "_compare",
    "_column_before",
    "_arrange",
    "_next_in_cell",
    "canonical_kernel",
    "compact",
    "canonical_batch",
)
EULER = ("_chern_coefficient", "_times_linear", "_euler", "_euler_batch", "euler_number_batch")
DATA_CELLS = [
    (
        "text",
        """
## The data

905,684 configuration matrices, padded with zeros to 16 x 20, and their Hodge numbers in
three splits: 72 % for training, 8 % for validation, 20 % for testing.  They are looked for
below `/kaggle/input`, then in `data/`, then beside this notebook.  Matrices are read in one
canonical order of rows and columns; files in another order (the public Kaggle data set,
floats divided by 6) are brought into it, so that no prediction depends on how someone
happened to write a matrix down.
""",
    ),
    ("folded", source("configuration", *CANONICAL)),
    ("code", source("dataset", "read_split", "find_splits")),
]
INPUT_TEXT = """
The networks read the rows in order of decreasing dimension of their projective space, the
zero rows first, so that the last steps of a recurrent network see the matrix itself.
"""


def training_notebook(name: str) -> nbformat.NotebookNode:
    """The notebook that trains one architecture."""
    architecture = ARCHITECTURES[name]
    branches = {None: (), "CNN": ("cnn_branch",), "ResNet": ("resnet_branch",)}
    kind = f"two stacked {architecture.recurrent} layers of width {architecture.width}"
    if architecture.convolutional:
        kind += f" beside a {architecture.convolutional} branch that reads it as a picture"
    return _notebook(
        [
            (
                "text",
                f"""
# {name}: Hodge numbers of CICY fourfolds

A complete intersection Calabi-Yau fourfold is given by a small integer matrix.  This
notebook trains a network to read its four Hodge numbers h11, h21, h31 and h22 off the
matrix: {kind}, then a linear head of 1024 and 4 units.
It runs alone, on a GPU if there is one, on several if there are more.
""",
            ),
            (
                "code",
                f"""
EPOCHS = 400  # each a quarter of a pass over the training split
NAME = {name!r}
""",
            ),
            (
                "text",
                "The recipe needs the Muon optimizer; a Keras that lacks it is upgraded.",
            ),
            (
                "code",
                """
import importlib
import subprocess
import sys

import keras

if not hasattr(keras.optimizers, "Muon"):
    print(f"Keras {keras.__version__} has no Muon optimizer: upgrading Keras")
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-U", "keras"], check=True)
    for module in [m for m in sys.modules if m.split(".")[0] == "keras"]:
        del sys.modules[module]
    keras = importlib.import_module("keras")
""",
            ),
            (
                "code",
                """
import csv
import json
import os
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numba import njit, prange

OUTPUT = Path("/kaggle/working") if Path("/kaggle/working").exists() else Path(".")
""",
            ),
            *DATA_CELLS,
            (
                "code",
                """
folder = find_splits()
splits = {
    name: read_split(folder / f"conf_X{name}.npy", folder / f"hodge_y{name}.npy")
    for name in ("train", "valid", "test")
}
for name, (matrices, hodge) in splits.items():
    print(f"{name:5} {len(matrices):7,} matrices, mean Hodge numbers {hodge.mean(axis=0).round(2)}")
""",
            ),
            (
                "code",
                """
figure, axes = plt.subplots(1, 4, figsize=(12, 2.6))
for axis, matrix, hodge in zip(axes, *(array[:4] for array in splits["train"])):
    axis.imshow(matrix, cmap="Blues", vmax=3)
    axis.set_title("h = " + ", ".join(map(str, hodge)), fontsize=9)
plt.show()
""",
            ),
            ("text", "## The network\n" + INPUT_TEXT),
            (
                "code",
                source("models", "Architecture")
                + f"\n\n\nARCHITECTURES = {{\n    NAME: {architecture!r},\n}}",
            ),
            (
                "code",
                source(
                    "models",
                    "model_input",
                    "recurrent_branch",
                    *branches[architecture.convolutional],
                    "build_model",
                ),
            ),
            ("code", "build_model(NAME).summary()"),
            (
                "text",
                f"""
Keras adds the two bias vectors of an LSTM into one, so it counts {8 * architecture.width:,}
parameters fewer than the {architecture.parameters} million of the published table and
computes the same functions.
"""
                if architecture.recurrent == "LSTM"
                else f"The published table says {architecture.parameters} million parameters.",
            ),
            (
                "text",
                """
## The recipe

Mean absolute error, weighted since h11 and h21 vary much less than h31 and h22; the Muon
optimizer with warm-up and cosine decay; the epoch with the smallest validation loss is
kept.  Every epoch ends with a checkpoint: run the notebook again after an interruption and
training goes on where it was.
""",
            ),
            ("code", source("training", "PARTS", "VALIDATION_SAMPLES", "LOSS_WEIGHTS", "Recipe")),
            (
                "code",
                source("training", "weighted_absolute_error", "HodgeAccuracy", "compiled"),
            ),
            ("code", source("training", "steps_per_epoch", "Epochs")),
            (
                "code",
                source("files", "replacing")
                + "\n\n\n"
                + source("training", "save_arrays", "load_arrays", "write_history", "read_history"),
            ),
            ("code", source("training", "Checkpoint", "resume")),
            (
                "text",
                "On a CPU the branch below skips the zero rows, with the same weights and results.",
            ),
            ("code", source("training", "SkipLeadingZeros")),
            ("code", source("training", "train")),
            ("text", "## Training"),
            (
                "code",
                """
gpus = tf.config.list_physical_devices("GPU")
print(f"{len(gpus)} GPU(s)")
strategy = tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()
recipe = Recipe(EPOCHS)
with strategy.scope():
    model, history = train(
        NAME, splits, recipe, OUTPUT / "checkpoints" / NAME, skip_zeros=not gpus
    )
""",
            ),
            (
                "code",
                """
epoch = [row["epoch"] for row in history]
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5))
left.semilogy(epoch, [row["loss"] for row in history], label="training")
left.semilogy(epoch, [row["val_loss"] for row in history], label="validation")
left.set(xlabel="epoch", ylabel="weighted absolute error")
left.legend()
for hodge in ("h11", "h21", "h31", "h22"):
    right.plot(epoch, [100 * row[f"val_{hodge}"] for row in history], label=hodge)
right.set(xlabel="epoch", ylabel="validation accuracy (%)", ylim=(0, 100))
right.legend()
plt.show()
""",
            ),
            *EVALUATION_CELLS,
            ("code", source("inference", "scores") + "\n\n\n" + source("records", "save_run")),
            (
                "code",
                """
record = save_run(model, history, recipe, splits, f"{len(gpus)} GPU(s)", OUTPUT)
results = record["test"]
print("test accuracy (%)   " + "".join(f"{name:>8}" for name in results["accuracy"]))
for label, key in (("raw", "accuracy"), ("with Euler number", "accuracy_with_euler")):
    print(f"{label:20}" + "".join(f"{100 * value:8.2f}" for value in results[key].values()))
""",
            ),
        ]
    )


EVALUATION_CELLS = [
    (
        "text",
        """
## Accuracy on the test split

An output counts as right when it rounds to the Hodge number.  The Euler number is known
exactly from the top Chern class, and with it two linear relations between the four Hodge
numbers; the nearest integers that satisfy them are the sharper prediction.
""",
    ),
    (
        "folded",
        source("configuration", "as_batch", "_check_entries") + "\n\n\n" + source("hodge", *EULER),
    ),
    (
        "code",
        source("inference", "HODGE", "raw_predictions", "round_with_euler", "accuracy"),
    ),
]


def inference_notebook() -> nbformat.NotebookNode:
    """The notebook that loads the trained models and predicts the test split."""
    return _notebook(
        [
            (
                "text",
                """
# Hodge numbers from trained networks

This notebook loads the trained networks that are there, predicts the Hodge numbers of the
181,137 fourfolds of the test split, which no training and no choice has seen, and compares
them with the exact ones.
""",
            ),
            (
                "code",
                """
import json
from dataclasses import dataclass
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras import layers
from numba import njit, prange
""",
            ),
            *DATA_CELLS,
            (
                "code",
                """
folder = find_splits()
matrices, hodge = read_split(folder / "conf_Xtest.npy", folder / "hodge_ytest.npy")
print(f"{len(matrices):,} test matrices")
""",
            ),
            ("text", "## The networks\n" + INPUT_TEXT),
            (
                "code",
                source(
                    "models",
                    "Architecture",
                    "ARCHITECTURES",
                    "ENSEMBLES",
                    "model_input",
                    "recurrent_branch",
                    "cnn_branch",
                    "resnet_branch",
                    "build_model",
                ),
            ),
            (
                "code",
                """
def find_models(folders=("/kaggle/input", "Results_p2_Trained_models", ".")):
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.keras")):
            return path.parent
    raise FileNotFoundError("no trained model found")


TRAINED = find_models()
""",
            ),
            ("code", source("inference", "trained_models", "load_models", "_load_model")),
            (
                "code",
                """
names = trained_models(TRAINED)
models = dict(zip(names, load_models(names, TRAINED)))
print("trained:    ", ", ".join(names))
print("not yet:    ", ", ".join(name for name in ARCHITECTURES if name not in names) or "-")
""",
            ),
            *EVALUATION_CELLS,
            (
                "code",
                """
outputs = {name: raw_predictions(model, matrices) for name, model in models.items()}
errors = {name: np.array(model.validation_error) for name, model in models.items()}
for name, members in ENSEMBLES.items():
    if all(member in models for member in members):
        outputs[name] = np.mean([outputs[member] for member in members], axis=0)
        errors[name] = np.mean([errors[member] for member in members], axis=0)
euler = euler_number_batch(matrices)
""",
            ),
            (
                "text",
                """
Accuracies in per cent, each output rounded alone (raw) and with the Euler number; *all* is
the share of manifolds with all four Hodge numbers right.
""",
            ),
            (
                "code",
                """
predicted = {}
rows = {}
for name in outputs:
    predicted[name] = {
        "raw": np.rint(outputs[name]).astype(int),
        "with Euler number": round_with_euler(outputs[name], euler, errors[name]),
    }
    for label, values in predicted[name].items():
        rows[name, label] = accuracy(values, hodge)
table = (100 * pd.DataFrame(rows).T).round(2)
print(table.to_string())
""",
            ),
            (
                "text",
                """
## A few manifolds

Predictions of the last row of the table beside the exact Hodge numbers.
""",
            ),
            (
                "code",
                """
best = list(predicted)[-1]
shown = slice(0, 6)
values = {
    "raw": outputs[best][shown].astype(float).round(2),
    "with Euler number": predicted[best]["with Euler number"][shown],
    "exact": hodge[shown],
}
frames = {label: pd.DataFrame(array, columns=HODGE) for label, array in values.items()}
pd.concat(frames, axis=1)
""",
            ),
            (
                "text",
                """
## Predicted against exact

Raw outputs of the same network against the exact Hodge numbers; darker means more
manifolds, and a perfect network would stay on the diagonal.
""",
            ),
            (
                "code",
                """
figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), constrained_layout=True)
for i, (axis, name) in enumerate(zip(axes, HODGE)):
    x, y = hodge[:, i], outputs[best][:, i]
    top = np.quantile(x, 0.999)
    axis.hexbin(x, y, gridsize=50, bins="log", cmap="Blues", extent=(x.min(), top, x.min(), top))
    axis.plot([x.min(), top], [x.min(), top], color="black", linewidth=0.6)
    axis.set(xlabel=f"exact {name}", ylabel=f"predicted {name}", aspect="equal")
figure.suptitle(best)
plt.show()
""",
            ),
        ]
    )


def execute(path, folder=None, timeout=None) -> nbformat.NotebookNode:
    """Run a notebook in a folder (its own by default) and return it with its outputs.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raises an error.
    """
    from nbclient import NotebookClient

    notebook = nbformat.read(path, 4)
    resources = {"metadata": {"path": str(folder or Path(path).parent)}}
    NotebookClient(notebook, timeout=timeout, resources=resources).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    return notebook


def printed(notebook) -> str:
    """Everything the cells of an executed notebook printed."""
    return "".join(
        output.text
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stdout"
    )
