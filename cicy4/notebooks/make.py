"""Makes every notebook from its script in percent format.

Three things are done to a script.  ``__WORDS__`` are filled in.  Cells with tags and lines
that end in ``#: CNN``, say, stay only where the architecture has that branch.  And an unindented
import from ``cicy4.networks`` or ``cicy4.results`` gives way to the text of what it brings, so
that notebooks run where the package is not installed.
"""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import jupytext
import nbformat

from cicy4.files import replacing
from cicy4.networks.architectures import ARCHITECTURES, build_model
from cicy4.results.published import PUBLISHED

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).parent
IMPORT = re.compile(r"^from (cicy4\.(?:networks|results)\.\S+) import (.+)$", re.MULTILINE)
MARKED = re.compile(r"^(.*?)  #: (.+)$")
KINDS = {"CNN", "ResNet"}

DIAGRAMS = {
    None: """
matrix 16 x 20 -> __CELL__ __WIDTH__ -> __CELL__ __WIDTH__ -> linear 1024 -> linear 4: Hodge numbers
                                                 -> linear 60: sections""",
    "CNN": """
matrix -> conv 4x4 128 -> pool 2x2 -> conv 3x3 64 -> pool 2x2 -> ReLU: 384 numbers
matrix -> __CELL__ __WIDTH__ -> __CELL__ __WIDTH__: __WIDTH__ numbers
both   -> linear 1024 -> linear 4: Hodge numbers
                      -> linear 60: sections""",
    "ResNet": """
matrix -> conv 4x4 128 -> pool 2x2 -> ReLU -> conv 3x3 64 -> pool 2x2 -> ReLU -> conv 2x2 128
       +  shortcut: linear 256                                          : 256 numbers
matrix -> __CELL__ __WIDTH__ -> __CELL__ __WIDTH__: __WIDTH__ numbers
both   -> linear 1024 -> linear 4: Hodge numbers
                      -> linear 60: sections""",
}
PICTURES = {
    None: "",
    "CNN": " Beside them two convolutions look at the matrix as at a picture.",
    "ResNet": " Beside them three convolutions look at the matrix as at a picture, and a linear "
    "map of the matrix goes past them.",
}


def notebook_paths() -> dict:
    """Script and architecture of each notebook, by its path relative to the repository."""
    paths = {
        "data/data_preparation.ipynb": ("data_preparation", None),
        "inference_example.ipynb": ("inference", None),
    }
    for name, chosen in ARCHITECTURES.items():
        folder = "Models_CNN-RNN-hybrid" if chosen.convolutional else "Models_LSTM-based"
        paths[f"{folder}/{name.lower()}.ipynb"] = ("training", name)
    return paths


def make_notebook(script, name=None) -> nbformat.NotebookNode:
    """One notebook.

    Args:
        script: name of a script beside this module.
        name: an architecture, for the training script.
    """
    kind = ARCHITECTURES[name].convolutional if name else None
    words = training_words(name) if name else {}
    made = jupytext.read(SCRIPTS / f"{script}.py", fmt="py:percent")
    made.cells = [cell for cell in made.cells if applies(cell.metadata.get("tags", []), kind)]
    for i, cell in enumerate(made.cells):
        cell.id = f"cell-{i:02d}"
        lines = (kept(line, kind) for line in cell.source.splitlines())
        text = "\n".join(line for line in lines if line is not None)
        text = filled(text, words)
        if cell.cell_type == "code":
            text = IMPORT.sub(sources, text)
        cell.source = text.strip()
    made.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python",
                                    "name": "python3"}}  # fmt: skip
    return made


def filled(text, words) -> str:
    """A text with its words filled in."""
    return re.sub("__([A-Z_]+?)__", lambda found: str(words.get(found[1], found[0])), text)


def applies(tags, kind) -> bool:
    """Whether a cell or line with these tags stays."""
    return not KINDS & set(tags) or kind in tags


def kept(line, kind):
    """A line without its mark, or None if it does not stay."""
    marked = MARKED.match(line)
    if not marked:
        return line
    return marked[1] if applies(marked[2].split(), kind) else None


def sources(found) -> str:
    """The text of what an import of this package brings."""
    module = import_module(found[1])
    return "\n\n".join(source(module, name.strip()) for name in found[2].split(","))


def source(module, name) -> str:
    """The text of a function without its docstring, or of a constant."""
    text = inspect.getsource(module)
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            code = ast.get_source_segment(text, node)
            return re.sub(r' +""".*?"""\n', "", code, count=1, flags=re.DOTALL) + "\n"
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name:
            return ast.get_source_segment(text, node)
    raise KeyError(f"{module.__name__} does not define {name}")


def training_words(name) -> dict:
    """What the training script leaves open."""
    chosen = ARCHITECTURES[name]
    picture, cell, width = chosen.convolutional, chosen.recurrent, chosen.width
    other_width = str(width) not in name
    diagram = filled(DIAGRAMS[picture].strip(), {"CELL": cell, "WIDTH": width})
    return {
        "NAME": name,
        "WIDTH": width,
        "WIDTH_NOTE": f"Its width is {width}; the name is the published one." * other_width,
        "CELL": cell,
        "GATES": {"LSTM": 4, "GRU": 3}[cell],
        "PICTURE": (picture or "").lower(),
        "PICTURE_NOTE": PICTURES[picture],
        "DIAGRAM": diagram,
        "PARAMETERS": build_model(name).count_params(),
        "PUBLISHED_PARAMETERS": chosen.parameters,
        "COUNT_NOTE": ", of LSTMs with a second vector of biases" * (cell == "LSTM"),
        "PUBLISHED": list(PUBLISHED[name]),
        "HOURS": "",
    }


def write_notebooks(root=ROOT, only=None) -> list[Path]:
    """Write the notebooks; one whose code is as it was keeps its outputs.

    Args:
        root: of the repository.
        only: names of notebooks, such as lstm-448; by default all.

    Returns:
        the paths written.
    """
    written = []
    for relative, (script, name) in notebook_paths().items():
        path = Path(root) / relative
        if only and path.stem not in only:
            continue
        made = make_notebook(script, name)
        if path.exists():
            keep_outputs(nbformat.read(path, 4), made)
        with replacing(path) as temporary:
            nbformat.write(made, temporary)
        written.append(path)
    return written


def keep_outputs(old, new) -> None:
    """Take over the outputs if all code cells are the same."""
    before, after = ([c for c in n.cells if c.cell_type == "code"] for n in (old, new))
    before = [c for c in before if "injected-parameters" not in c.metadata.get("tags", [])]
    if [c.source for c in before] == [c.source for c in after]:
        for one, other in zip(before, after, strict=True):
            other.outputs, other.execution_count = one.outputs, one.execution_count
