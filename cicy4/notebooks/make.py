"""Makes every notebook from its script in percent format.

``__WORDS__`` are filled in.  Cells with tags and lines that end in ``#: CNN``, say, stay only where
the architecture has that branch.  An unindented import from ``cicy4.networks`` or ``cicy4.results``
gives way to the text of what it brings: notebooks run where the package is not installed.
"""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import jupytext
import nbformat
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from cicy4.files import ROOT, replacing
from cicy4.networks.architectures import ARCHITECTURES, build_model
from cicy4.results.published import PUBLISHED

SCRIPTS = Path(__file__).parent
KINDS = {"CNN", "ResNet", "plain"}
IMPORT = re.compile(r"^from (cicy4\.(?:networks|results)\.\S+) import (.+)$", re.MULTILINE)
SCHEDULES = {  # epochs, batch and rate of the members of the ensembles
    "CNN-LSTM-384": (120, 256, 0.06),
    "CNN-LSTM-400": (120, 256, 0.06),
    "LSTM-424": (120, 256, 0.06),
    "LSTM-448": (240, 512, 0.08),
}
PYTHON = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook_paths() -> dict:
    """Script, and architecture if it has one, of each notebook by its path in the repository."""
    paths = {
        "data/data_preparation.ipynb": ("data_preparation", None),
        "inference_example.ipynb": ("inference", None),
    }
    for name, chosen in ARCHITECTURES.items():
        folder = "Models_CNN-RNN-hybrid" if chosen.convolutional else "Models_LSTM-based"
        paths[f"{folder}/{name.lower()}.ipynb"] = ("training", name)
    return paths


def make_notebook(script, name=None) -> nbformat.NotebookNode:
    """The notebook of a script, for one architecture if it is the training script."""
    kind = name and (ARCHITECTURES[name].convolutional or "plain")
    words = training_words(name) if name else {}
    made = jupytext.read(SCRIPTS / f"{script}.py", fmt="py:percent")
    made.cells = [cell for cell in made.cells if stays(cell.metadata.get("tags", []), kind)]
    for i, cell in enumerate(made.cells):
        lines = (re.fullmatch(r"(.*?)(?:  #: (.+))?", line) for line in cell.source.splitlines())
        text = "\n".join(line[1] for line in lines if stays((line[2] or "").split(), kind))
        text = re.sub("__([A-Z_]+?)__", lambda found: str(words[found[1]]), text)
        if cell.cell_type == "code":
            text = IMPORT.sub(sources, text)
        cell.id, cell.source = f"cell-{i:02d}", text.strip()
    made.metadata = {"kernelspec": PYTHON}
    return made


def stays(tags, kind) -> bool:
    """Whether a cell or line with these tags belongs to that kind of network."""
    return not KINDS & set(tags) or kind in tags


def sources(found) -> str:
    """The text of what an import brings: functions without docstrings, constants."""
    text = inspect.getsource(import_module(found[1]))
    named = {}
    for node in ast.parse(text).body:
        for target in getattr(node, "targets", [node]):
            named[getattr(target, "id", getattr(target, "name", None))] = node
    pieces = [ast.get_source_segment(text, named[name]) for name in found[2].split(", ")]
    pieces = [re.sub(r' +""".*?"""\n', "", p, count=1, flags=re.DOTALL) for p in pieces]
    return "\n\n\n".join(pieces) + "\n" * pieces[-1].startswith("def")


def training_words(name) -> dict:
    """What the training script leaves open."""
    chosen = ARCHITECTURES[name]
    lstm, other_width = chosen.recurrent == "LSTM", str(chosen.width) not in name
    epochs, batch, rate = SCHEDULES.get(name, (60, 256, 0.06 if lstm else 0.03))
    return {
        "NAME": name,
        "WIDTH": chosen.width,
        "SEED": 1 + list(ARCHITECTURES).index(name),
        "WIDTH_NOTE": f"Its width is {chosen.width}; the name is the published one." * other_width,
        "CELL": chosen.recurrent,
        "GATES": 4 if lstm else 3,
        "EPOCHS": epochs,
        "BATCH": batch,
        "RATE": rate,
        "PARAMETERS": build_model(name).count_params(),
        "PUBLISHED_PARAMETERS": chosen.parameters,
        "COUNT_NOTE": ", of LSTMs with a second vector of biases" * lstm,
        "PUBLISHED": list(PUBLISHED[name]),
    }


def write_notebooks(root=ROOT, only=()) -> list[Path]:
    """Write all notebooks, or those named; one whose code is as before keeps its outputs.

    Lines that were printed one after the other become one output.
    """
    paths = {Path(root) / p: made for p, made in notebook_paths().items()}
    chosen = {path: made for path, made in paths.items() if not only or path.stem in only}
    for path, (script, name) in chosen.items():
        made = make_notebook(script, name)
        if path.exists():
            keep_outputs(nbformat.read(path, 4), made)
        made, _ = CoalesceStreamsPreprocessor().preprocess(made, {})
        with replacing(path) as temporary:
            nbformat.write(made, temporary)
    return list(chosen)


def keep_outputs(old, new) -> None:
    """Take over outputs if all code is the same, but for the cell that papermill puts in."""
    before, after = ([c for c in n.cells if c.cell_type == "code"] for n in (old, new))
    before = [c for c in before if "injected-parameters" not in c.metadata.get("tags", [])]
    if [c.source for c in before] == [c.source for c in after]:
        for one, other in zip(before, after, strict=True):
            other.outputs = [out for out in one.outputs if out.get("name") != "stderr"]
            other.execution_count = one.execution_count
