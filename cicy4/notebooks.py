"""Writes the notebooks from the source of the other modules.

A notebook imports nothing of this package: its cells hold the very text of the
functions it needs, so that no line is kept twice by hand.
"""

import ast
from functools import cache, partial
from importlib import import_module
from inspect import getsource
from itertools import pairwise
from pathlib import Path

import nbformat

from cicy4.files import replacing
from cicy4.models import ARCHITECTURES

ROOT = Path(__file__).resolve().parent.parent
INFERENCE = "inference_example.ipynb"
DATA = "data/data_preparation.ipynb"
TRAINING = "## Training"


def notebook_paths() -> dict:
    """Path of each notebook, relative to the repository, and the function that makes it."""
    paths = {DATA: data_notebook, INFERENCE: inference_notebook}
    for name, architecture in ARCHITECTURES.items():
        folder = "Models_CNN-RNN-hybrid" if architecture.convolutional else "Models_LSTM-based"
        paths[f"{folder}/{name.lower()}.ipynb"] = partial(training_notebook, name)
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
    new.metadata = {**old.metadata, **new.metadata}
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


def entries(module: str, table: str, *keys: str) -> str:
    """The text of a dictionary of one module, with the entries of these keys only."""
    lines = _definitions(module)[table].splitlines()
    first, *lines, last = lines[lines.index(f"{table} = {{") :]
    kept = [line for line in lines if line.strip().startswith(tuple(f'"{k}"' for k in keys))]
    return "\n".join([first, *kept, last]) if kept else first + last


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
    (
        "text",
        """
The cohomology behind the Hodge numbers depends on the pieces into which a configuration falls
when an equation is removed with the factors it lives on.  The networks find the columns
accordingly: on the left the equation that separates the matrix best, of those with pieces which
add to h21 if there are any, and the largest piece, on the right the other pieces.  In the largest
piece further equations with pieces that add to h21 or h11 come first, and what the former cut off
from it goes to the right, too.  Rows whose order this leaves open stay in canonical order, or in
the reverse of it: not every network reads alike.
""",
    ),
    (
        "folded",
        source("configuration", "incidence", "component")
        + "\n\n\n"
        + source("reading", "pieces", "rank", "best_pieces", "cut_off", "reading_order"),
    ),
    ("code", source("dataset", "read_split")),
    ("code", source("files", "find_file")),
]
FIND_SPLITS = """
folder = find_file("conf_Xtrain.npy", ("/kaggle/input", "data", "../data", ".")).parent
"""
BRANCHES = {None: (), "CNN": ("cnn_branch",), "ResNet": ("resnet_branch",)}
CELL_PARTS = {"LSTM": ("lstm_weights", "lstm_step"), "GRU": ("gru_weights", "gru_step")}


def skipping_zero_rows(*cells) -> str:
    """The text of what skips the zero rows of these recurrent cells on a CPU."""
    parts = [part for cell in cells for part in CELL_PARTS[cell]]
    return "\n\n\n".join(
        [
            source("cpu", "fast_on_cpu"),
            source("skipping", "add_bias", *parts),
            entries("skipping", "CELLS", *cells),
            source("skipping", "compiled", "gradient_of", "total", "joined", "joined_gradient"),
            source("skipping", "recurrent_layer", "forward", "backward"),
            source("skipping", "SkipLeadingZeros", "skip_leading_zeros", "_skipping"),
        ]
    )


WHY_RECURRENT = """
The rows of a configuration matrix, one for each projective factor, are read like the words
of a sentence by two stacked {cell} layers of width {width}; what the second one remembers
after the last row describes the manifold."""
WHY_CONVOLUTIONAL = {
    None: "",
    "CNN": """
Beside them two convolutions with poolings look at the matrix as at a picture: neighbouring
rows and columns, which the canonical order has put there for a reason.""",
    "ResNet": """
Beside them three convolutions with poolings look at the matrix as at a picture, and a linear
map of the matrix is added to what they see: a shortcut past them, as in residual networks.""",
}
COUNTS = {
    "LSTM": """
Keras adds the two bias vectors of an LSTM, from which the published count is made, into one;
the functions are the same.""",
    "GRU": """
The count is the published one.""",
}


def training_notebook(name: str) -> nbformat.NotebookNode:
    """The notebook that trains one architecture."""
    architecture = ARCHITECTURES[name]
    cell, picture = architecture.recurrent, architecture.convolutional
    why = WHY_RECURRENT.format(cell=cell, width=architecture.width) + WHY_CONVOLUTIONAL[picture]
    same_name = ""
    if str(architecture.width) not in name:
        same_name = f"  Its width is {architecture.width}: its name is kept as published."
    return _notebook(
        [
            (
                "text",
                f"""
# {name}: Hodge numbers of CICY fourfolds

A complete intersection Calabi-Yau fourfold is given by a small integer matrix.  This
notebook trains a network to read its four Hodge numbers h11, h21, h31 and h22 off the
matrix.  It runs alone, on a GPU if there is one, on several if there are more.{same_name}
""",
            ),
            ("text", "The recipe needs the Muon optimizer; a Keras that lacks it is upgraded."),
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
                f"""
EPOCHS = 400  # each of a quarter as many samples as the training split has
NAME = "{name}"
""",
            ),
            (
                "code",
                """
import csv
import functools
import json
import os
import re
import time
import timeit
import zipfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

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
                FIND_SPLITS
                + """\
splits = {
    name: read_split(folder / f"conf_X{name}.npy", folder / f"hodge_y{name}.npy")
    for name in ("train", "valid", "test")
}
for name, (matrices, hodge) in splits.items():
    print(f"{name:5} {len(matrices):7,} matrices, mean Hodge numbers {hodge.mean(axis=0).round(2)}")
""",
            ),
            (
                "text",
                f"""
## The network
{why}

Both parts end in a linear head of 1024 and 4 units, rescaled to the mean and the spread of
the Hodge numbers.  The zero rows come first, so that the last steps of a recurrent layer see
the matrix itself.
""".replace("Both parts end", "Both parts end" if picture else "They end"),
            ),
            (
                "code",
                source("models", "Architecture")
                + "\n\n\n"
                + entries("models", "ARCHITECTURES", name)
                + "\n\n\n"
                + source("models", "architecture"),
            ),
            (
                "code",
                source("models", "read_by", "model_input")
                + "\n\n\n"
                + source("figures", "draw_reading")
                + """


few, exact = (np.asarray(array[:4]) for array in splits["train"])
draw_reading([NAME], few, exact)
plt.show()
""",
            ),
            ("code", source("models", "recurrent_branch", *BRANCHES[picture])),
            (
                "code",
                entries("models", "CONVOLUTIONAL", *[picture] * bool(picture))
                + "\n\n\n"
                + source("models", "dtype_policy", "build_model", "published_parameters"),
            ),
            ("code", source("figures", "draw_network", "_draw_chain", "_draw_box")),
            (
                "code",
                """
network = build_model(NAME)
draw_network(network)
plt.show()
network.summary(expand_nested=True)
""",
            ),
            (
                "text",
                f"""
{COUNTS[cell].strip()}
""",
            ),
            (
                "code",
                """
millions = published_parameters(network) / 1e6
assert round(millions, 3) == ARCHITECTURES[NAME].parameters
print(f"{millions:.3f} million parameters, as published")
""",
            ),
            (
                "text",
                """
## The recipe

Mean absolute error, weighted since h11 and h21 vary much less than h31 and h22; the Muon
optimizer with warm-up and cosine decay; the epoch with the smallest validation loss is
kept.
""",
            ),
            ("code", source("training", "PARTS", "VALIDATION_SAMPLES", "LOSS_WEIGHTS", "Recipe")),
            (
                "code",
                source("hodge", "HODGE")
                + "\n\n\n"
                + source("training", "weighted_absolute_error", "HodgeAccuracy")
                + "\n\n\n"
                + source("optimizer", "Muon")
                + "\n\n\n"
                + source("training", "compile_model"),
            ),
            (
                "text",
                """
An epoch is a seeded draw of a quarter as many samples as the training split has.  A matrix is
drawn the more often the more pieces it has that add to h21 or h11: those of dimension 1 or 2 that
fit into the equation they hang on.  It can also be drawn the more often the fewer rows it has: most
errors are there.  In a share of the samples neighbouring rows and neighbouring
columns change places: the same manifold, written in a way that is not remembered from the last
time.  (A share of the samples can also be ineffective splittings of training matrices, and the
targets can be those that make a mean with another network right; the repository has the code for
both, and this notebook does without.)
""",
            ),
            (
                "code",
                source("reading", "fitting_pieces")
                + "\n\n\n"
                + source(
                    "training", "draw_weights", "steps_per_epoch", "swap_neighbours", "Epochs"
                ),
            ),
            (
                "text",
                """
Every epoch ends with a checkpoint: run the notebook again after an interruption, and training
goes on where it was.
""",
            ),
            (
                "folded",
                source("files", "replacing")
                + "\n\n\n"
                + source("training", "save_arrays", "load_arrays", "write_history", "read_history"),
            ),
            ("code", source("training", "Checkpoint", "resume")),
            (
                "text",
                """
On a CPU the branch below skips the zero rows, with the same weights and, within the rounding,
the same results.  In training it multiplies in bfloat16 where that is faster, and so does the
optimizer.
""",
            ),
            (
                "folded",
                skipping_zero_rows(cell)
                + "\n\n\n"
                + source("cpu", "fast_type", "faster_branches", "FastMuon"),
            ),
            ("code", source("training", "scale_of", "train")),
            (
                "text",
                """
## The trained network of the repository

Its history, if the trained models are beside this notebook, and its accuracies on the test split:
every output rounded alone, as the published ones; with h22 from the other three; and with the Euler
number.  Before its own epochs come those of the network it started from; accuracy falls where the
rate goes up again, or the order of rows and columns was another.  The error in training exceeds
that in validation where samples had swapped rows and columns, and where it is that of a mean with
another network, counted twice.
""",
            ),
            (
                "folded",
                source("figures", "COLOURS", "draw_history")
                + "\n\n\n"
                + source("inference", "ROUNDED", "scores_text")
                + "\n\n\n"
                + source("records", "samples_behind")
                + "\n\n\n"
                + entries("evaluation", "PUBLISHED", name),
            ),
            (
                "code",
                """
try:
    path = find_file(f"{NAME}.json", ("/kaggle/input", "../Results_p2_Trained_models"))
except FileNotFoundError as error:
    print(error)
else:
    record = json.loads(path.read_text())
    start = record["recipe"]["start"]
    print(f"{record['epochs']} epochs from {start or 'scratch'} on {record['hardware']},")
    print(f"{samples_behind(record) / 1e6:.2f} million samples in all; test accuracy (%)")
    print(scores_text(record["test"]))
    print(f"{'published, raw':20}" + "".join(f"{value:8.2f}" for value in PUBLISHED[NAME]))
    share = record["recipe"].get("start_share", 0)
    if share:
        print(f"The mean of its weights before this run ({share:.0%}) and after it, shown below.")
    partner = record["recipe"].get("partner")
    if partner:
        print(f"What it learned was to be right in its mean with {partner}.")
    draw_history(read_history(path.with_suffix(".csv")))
    plt.show()
""",
            ),
            (
                "text",
                f"""
{TRAINING}

This run starts from scratch and is a long one.  A matrix is drawn less often for what adds to its
h21 or h11 than in a short run, since h31 needs the ordinary ones, too, and more often for few
rows; and most samples have swapped rows and columns, since a network that sees a matrix a hundred
times remembers it, but in the last quarter of the epochs none.
""",
            ),
            (
                "code",
                """
gpus = tf.config.list_physical_devices("GPU")
print(f"{len(gpus)} GPU(s)")
strategy = tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()
recipe = Recipe(EPOCHS, oversampling=1.0, few_rows=2.0, swapped=0.8, swaps=2)
with strategy.scope():
    model, history = train(
        NAME, splits, recipe, OUTPUT / "checkpoints" / NAME, on_cpu=fast_on_cpu()
    )
""",
            ),
            (
                "code",
                """
draw_history(history)
plt.show()
""",
            ),
            *EVALUATION_CELLS,
            ("code", source("inference", "scores", "model_scores")),
            ("code", source("records", "SIGNIFICANT_BITS", "round_weights", "save_model")),
            ("code", source("records", "save_run")),
            (
                "code",
                """
record = save_run(model, history, recipe, splits, f"{len(gpus)} GPU(s)", OUTPUT)
print("test accuracy (%)")
print(scores_text(record["test"]))
""",
            ),
        ]
    )


EVALUATION_CELLS = [
    (
        "text",
        """
## Accuracy on the test split

An output counts as right when it rounds to the Hodge number.  h22 follows from the other three,
and they from two and the Euler number, which is known exactly from the top Chern class; the
nearest integers that satisfy both linear relations are the sharpest prediction.
""",
    ),
    (
        "folded",
        source("configuration", "as_batch", "_check_entries") + "\n\n\n" + source("hodge", *EULER),
    ),
    (
        "code",
        source("hodge", "h22_from_others")
        + "\n\n\n"
        + source(
            "inference", "raw_predictions", "round_with_relation", "round_with_euler", "accuracy"
        ),
    ),
]


def inference_notebook() -> nbformat.NotebookNode:
    """The notebook that loads the trained models, forms the ensembles and looks at errors."""
    return _notebook(
        [
            (
                "text",
                """
# Hodge numbers from trained networks

This notebook loads the trained networks that are there, predicts the Hodge numbers of the
181,137 fourfolds of the test split, which no training and no choice has seen, forms the three
ensembles, and compares everything with the exact Hodge numbers and the published accuracies.
""",
            ),
            (
                "code",
                """
import functools
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers
from numba import njit, prange
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from tqdm import tqdm

""",
            ),
            *DATA_CELLS,
            (
                "code",
                FIND_SPLITS
                + """\
matrices, hodge = read_split(folder / "conf_Xtest.npy", folder / "hodge_ytest.npy")
print(f"{len(matrices):,} test matrices")
""",
            ),
            (
                "text",
                """
## The networks

Twelve architectures: a convolutional branch, or none, beside two stacked recurrent layers, and
a linear head.
""",
            ),
            (
                "code",
                source("models", "Architecture", "ARCHITECTURES", "architecture", "ENSEMBLES"),
            ),
            (
                "folded",
                source(
                    "models",
                    "read_by",
                    "model_input",
                    "recurrent_branch",
                    "cnn_branch",
                    "resnet_branch",
                )
                + "\n\n\n"
                + source("models", "CONVOLUTIONAL", "dtype_policy", "build_model"),
            ),
            (
                "text",
                """
Matrices have nine rows in the mean, and the networks read sixteen.  On a CPU the zero rows, which
come first, are skipped.
""",
            ),
            ("folded", skipping_zero_rows("LSTM", "GRU")),
            (
                "code",
                """
TRAINED = find_file("*.keras", ("/kaggle/input", "Results_p2_Trained_models", ".")).parent
""",
            ),
            ("code", source("inference", "trained_models", "load_models", "_load_model")),
            (
                "code",
                """
names = trained_models(TRAINED)
models = dict(zip(names, load_models(names, TRAINED)))
print("trained:", ", ".join(names))
print("not yet:", ", ".join(name for name in ARCHITECTURES if name not in names) or "none")
""",
            ),
            *EVALUATION_CELLS,
            (
                "text",
                """
## Predictions

An ensemble is the mean of the raw outputs of its members.
""",
            ),
            ("code", source("hodge", "HODGE") + "\n\n\n" + source("evaluation", "with_ensembles")),
            (
                "code",
                """
outputs = with_ensembles({
    name: raw_predictions(model, matrices) for name, model in tqdm(models.items(), "predicting")
})
errors = with_ensembles({name: np.array(model.validation_error) for name, model in models.items()})
euler = euler_number_batch(matrices)
raw = {name: np.rint(values).astype(int) for name, values in outputs.items()}
related = {name: round_with_relation(values) for name, values in outputs.items()}
exact = {name: round_with_euler(values, euler, errors[name]) for name, values in outputs.items()}
""",
            ),
            (
                "text",
                """
Accuracies in per cent: each output rounded alone (raw), with h22 from the other three, with the
Euler number, and the published ones, which are raw.  *All* is the share of manifolds with all
four Hodge numbers right.
""",
            ),
            ("folded", source("evaluation", "PUBLISHED")),
            (
                "code",
                """
def percent(accuracies):
    return (100 * pd.DataFrame(accuracies).T).round(2)


tables = {
    "raw": percent({name: accuracy(values, hodge) for name, values in raw.items()}),
    "h22 from others": percent(
        {name: accuracy(values, hodge) for name, values in related.items()}
    )[["h22", "all"]],
    "with Euler number": percent({name: accuracy(values, hodge) for name, values in exact.items()}),
    "published": pd.DataFrame(PUBLISHED, index=HODGE).T,
}
table = pd.concat(tables, axis=1).reindex(PUBLISHED)
print(table.to_string(na_rep="-"))
""",
            ),
            ("text", "Mean squared and mean absolute error and R2 of the raw outputs."),
            ("code", source("evaluation", "error_measures")),
            (
                "code",
                """
measures = {name: error_measures(values, hodge) for name, values in outputs.items()}
frames = {name: pd.DataFrame(values).unstack() for name, values in measures.items()}
print(pd.DataFrame(frames).T.round(4).to_string())
""",
            ),
            (
                "text",
                """
## Which manifolds are hardest?

Accuracies of the last row of the table by the exact h21, by the number of rows, and by whether
the manifold is favourable (h11 is the number of rows).
""",
            ),
            (
                "code",
                """
best = list(outputs)[-1]
print(best)
h21_groups = {"0": 0, "1": 1, "2": 2, "3-4": 4, "5-8": 8, "> 8": 40}
looked_at = pd.DataFrame({
    "h21": pd.cut(hodge[:, 1], [-1, *h21_groups.values()], labels=list(h21_groups)),
    "rows": matrices.any(axis=2).sum(axis=1),
    "favourable": hodge[:, 0] == matrices.any(axis=2).sum(axis=1),
    "h11 raw": raw[best][:, 0] == hodge[:, 0],
    "h21 raw": raw[best][:, 1] == hodge[:, 1],
    "all raw": (raw[best] == hodge).all(axis=1),
    "all with Euler": (exact[best] == hodge).all(axis=1),
})
""",
            ),
            (
                "code",
                """
for by in ("h21", "rows", "favourable"):
    groups = looked_at.groupby(by, observed=True)
    shares = (100 * groups[["h11 raw", "h21 raw", "all raw", "all with Euler"]].mean()).round(2)
    print(shares.assign(manifolds=groups.size()).to_string(), end="\\n\\n")
""",
            ),
            (
                "text",
                """
## A few manifolds

The ten predictions that are furthest off, with the Euler number used, beside the exact Hodge
numbers.
""",
            ),
            (
                "code",
                """
off = abs(exact[best] - hodge)[:, :2].sum(axis=1)
worst = np.argsort(-off, kind="stable")[:10]
frames = {"raw": outputs[best], "with Euler number": exact[best], "exact": hodge}
frames = {
    label: pd.DataFrame(values[worst], columns=HODGE, index=worst).round(2)
    for label, values in frames.items()
}
print(pd.concat(frames, axis=1).to_string())
""",
            ),
            (
                "text",
                """
## Predicted against exact

Raw outputs of the same network or ensemble against the exact Hodge numbers; darker means more
manifolds, and a perfect one would stay on the diagonal.
""",
            ),
            ("folded", source("figures", "draw_predictions")),
            (
                "code",
                """
draw_predictions(outputs[best], hodge, best)
plt.show()
""",
            ),
        ]
    )


def data_notebook() -> nbformat.NotebookNode:
    """The notebook that shows the list and makes the splits."""
    return _notebook(
        [
            (
                "text",
                """
# The CICY fourfolds and their three splits

Every irreducible complete intersection Calabi-Yau fourfold, 905,684 of them, with exact Hodge
numbers: what the list looks like, and how it is cut into training, validation and test split.
`make dataset` regenerates the list from first principles.
""",
            ),
            (
                "code",
                """
import os
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

OUTPUT = Path("/kaggle/working") if Path("/kaggle/working").exists() else Path(".")
""",
            ),
            ("code", source("files", "find_file")),
            (
                "code",
                """
with np.load(find_file("cicy4.npz", ("/kaggle/input", ".", "data"))) as archive:
    matrices, hodge, euler = (archive[name] for name in ("matrices", "hodge", "euler"))
for name, array in (("matrices", matrices), ("hodge", hodge), ("euler", euler)):
    print(f"{name:9} {array.dtype!s:6} {array.shape}")
""",
            ),
            (
                "text",
                """
## A configuration matrix

One row per projective space, one column per equation, padded with zeros to 16 x 20.  Entries
are degrees; a row that sums to n + 1 belongs to P^n, so the ambient space need not be stored.
""",
            ),
            (
                "code",
                """
example = len(matrices) // 2
q = matrices[example][matrices[example].any(axis=1)][:, matrices[example].any(axis=0)]
for row in q:
    print(f"P{row.sum() - 1} |", *row)
print("h11, h21, h31, h22 =", *hodge[example], "  Euler number", euler[example])
""",
            ),
            (
                "code",
                """
rows, columns = matrices.any(axis=2).sum(axis=1), matrices.any(axis=1).sum(axis=1)
favourable = hodge[:, 0] == rows
print(f"rows {rows.min()} to {rows.max()}, columns {columns.min()} to {columns.max()}")
print(f"entries up to {matrices.max()}")
print(f"favourable (h11 is the number of rows): {100 * favourable.mean():.2f} %")
pd.DataFrame(hodge, columns=["h11", "h21", "h31", "h22"]).assign(euler=euler).describe().round(2)
""",
            ),
            (
                "text",
                """
## The Hodge numbers

How many manifolds share a value, on a logarithmic scale.
""",
            ),
            (
                "code",
                source("hodge", "HODGE")
                + "\n"
                + source("figures", "COLOURS")
                + "\n\n\n"
                + source("figures", "draw_distributions"),
            ),
            (
                "code",
                """
draw_distributions({"list": hodge})
plt.show()
""",
            ),
            (
                "text",
                """
h31 against h11, the Euler number, and the sizes of the matrices.  With chi =
6 (8 + h11 + h31 - h21) and h22 = 2 (22 + 2 h11 + 2 h31 - h21), two of the four Hodge numbers
and the Euler number give the others.
""",
            ),
            ("code", source("figures", "draw_overview")),
            (
                "code",
                """
draw_overview(matrices, hodge, euler)
plt.show()
h11, h21, h31, h22 = hodge.astype(int).T
assert np.array_equal(euler, 6 * (8 + h11 + h31 - h21))
assert np.array_equal(h22, 2 * (22 + 2 * h11 + 2 * h31 - h21))
""",
            ),
            (
                "text",
                """
## The splits

A seeded permutation of the list, cut in three: 72 % for training, 8 % for validation, 20 % for
testing.  They are the files that the other notebooks read.
""",
            ),
            (
                "code",
                source("files", "replacing")
                + "\n\n\n"
                + source("dataset", "SPLIT_SIZES", "SPLIT_SEED")
                + "\n\n\n"
                + source("dataset", "write_splits"),
            ),
            (
                "code",
                """
write_splits(matrices, hodge, OUTPUT / "splits")
splits = {name: np.load(OUTPUT / "splits" / f"hodge_y{name}.npy") for name in SPLIT_SIZES}
for name, values in splits.items():
    print(f"{name:5} {len(values):7,} matrices, mean Hodge numbers {values.mean(axis=0).round(2)}")
draw_distributions(splits)
plt.show()
""",
            ),
        ]
    )


def execute(path, folder=None, timeout=None, until=None) -> nbformat.NotebookNode:
    """Run a notebook in a folder (its own by default) and return it with its outputs.

    Args:
        until: run the cells before the one with this heading only.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raises an error.
    """
    from nbclient import NotebookClient

    notebook = nbformat.read(path, 4)
    headings = [until and cell.source.startswith(until) for cell in notebook.cells]
    cells = notebook.cells[: headings.index(True) if True in headings else None]
    resources = {"metadata": {"path": str(folder or Path(path).parent)}}
    part = nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)
    NotebookClient(part, timeout=timeout, resources=resources).execute()
    for cell in cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    return notebook


def execute_and_keep(paths=None, root=ROOT) -> str:
    """Run committed notebooks, training notebooks up to the training, and keep the outputs.

    Args:
        paths: as in :func:`notebook_paths`; all by default.

    Returns:
        what they printed.

    Raises:
        ValueError: no such notebook.
    """
    unknown = set(paths or ()) - set(notebook_paths())
    if unknown:
        raise ValueError(
            f"no notebook {', '.join(unknown)}; there are {', '.join(notebook_paths())}"
        )
    text = ""
    for path in paths or notebook_paths():
        notebook = execute(Path(root) / path, until=TRAINING)
        write_notebook(Path(root) / path, notebook)
        text += printed(notebook)
    return text


def printed(notebook) -> str:
    """Everything the cells of an executed notebook printed."""
    return "".join(
        output.text
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stdout"
    )
