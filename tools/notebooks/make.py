"""Makes every notebook from its script in percent format.

``__WORDS__`` are filled in.  Cells with tags and lines that end in ``#: CNN``, say, stay only where
architecture has that branch.  A notebook that is made anew
keeps its outputs down to the first cell whose code has changed.
"""

import ast
import hashlib
import inspect
import re
import subprocess
import sys
from importlib import import_module
from itertools import zip_longest
from pathlib import Path

import jupytext
import nbformat
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from cicy4.files import ROOT, replacing
from cicy4.networks.architectures import NETWORKS, build_model
from tools.notebooks import TENSORFLOW
from tools.published import PUBLISHED, PUBLISHED_PARAMETERS

SCRIPTS = Path(__file__).parent / "scripts"
KINDS = {"CNN", "ResNet", "plain"}
# What is not there where a notebook runs: imports from it give way to the text of what they bring.
MISSING = {"training": "cicy4|tools", "inference": "cicy4|tools", "data_preparation": "tools"}
PYTHON = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook_paths() -> dict:
    """Script, and name of the network if it has one, of each notebook by its path."""
    paths = {
        "data/data_preparation.ipynb": ("data_preparation",),
        "inference_example.ipynb": ("inference",),
        "Results_p3_Studies/studies.ipynb": ("studies",),
    }
    for name, chosen in NETWORKS.items():
        folder = "Models_CNN-RNN-hybrid" if chosen.branch else "Models_LSTM-based"
        paths[f"{folder}/{name.lower()}.ipynb"] = ("training", name)
    return paths


def short_name(path) -> str:
    """The name of a notebook from its path, such as lstm-448."""
    return Path(path).stem


def make_notebook(script, name=None) -> nbformat.NotebookNode:
    """The notebook of a script, for one network if it is the training script."""
    kind = name and (NETWORKS[name].branch or "plain")
    words = training_words(name, NETWORKS[name]) if name else {}
    made = jupytext.read(SCRIPTS / f"{script}.py", fmt="py:percent")
    made.cells = [cell for cell in made.cells if stays(cell.metadata.get("tags", []), kind)]
    for i, cell in enumerate(made.cells):
        lines = (re.fullmatch(r"(.*?)(?:  #: (.+))?", line) for line in cell.source.splitlines())
        text = "\n".join(line[1] for line in lines if stays((line[2] or "").split(), kind))
        text = re.sub("__([A-Z_]+?)__", lambda found: str(words[found[1]]), text)
        if cell.cell_type == "code" and script in MISSING:
            imports = rf"^from ((?:{MISSING[script]})\.\S+) import (.+)$"
            text = re.sub(imports, sources, text, flags=re.MULTILINE)
        cell.id, cell.source = f"cell-{i:02d}", text.strip()
    made.metadata = {"kernelspec": PYTHON}
    return made


def stays(tags, kind) -> bool:
    """Whether a cell or line with these tags belongs to that kind of network."""
    return not KINDS & set(tags) or kind in tags


def sources(found) -> str:
    """The text of what an import brings: constants, and functions with a line of docstring."""
    text = inspect.getsource(import_module(found[1]))
    named = {}
    for node in ast.parse(text).body:
        for target in getattr(node, "targets", [node]):
            named[getattr(target, "id", getattr(target, "name", None))] = node
    pieces = [ast.get_source_segment(text, named[name]) for name in found[2].split(", ")]
    pieces = [
        re.sub(r'("""[^\n"]+)\n.*?"""', r'\1"""', p, count=1, flags=re.DOTALL) for p in pieces
    ]
    return "\n\n\n".join(pieces)


def formatted(notebook) -> nbformat.NotebookNode:
    """The notebook with its code as ruff formats it."""
    words = ["ruff", "format", "--stdin-filename", ROOT / "made.ipynb", "-"]
    ran = subprocess.run(
        [sys.executable, "-m", *words],
        input=nbformat.writes(notebook),
        capture_output=True,
        text=True,
        check=True,
    )
    return nbformat.reads(ran.stdout, 4)


def training_words(name, chosen) -> dict:
    """What the training script leaves open, for a network with its row of a table."""
    width_note = count_note = ""
    if str(chosen.width) not in name:
        width_note = f"Its width is {chosen.width}; the name is the published one."
    if name in PUBLISHED_PARAMETERS:
        biases = ", of LSTMs with a second vector of biases" * (chosen.cell == "LSTM")
        count_note = f"The published count is {PUBLISHED_PARAMETERS[name]} million{biases}."
    return {
        "NAME": name,
        "CELL": chosen.cell,
        "WIDTH": chosen.width,
        "EPOCHS": chosen.epochs,
        "BATCH": chosen.batch,
        "RATE": chosen.learning_rate,
        "SEED": chosen.seed,
        "WIDTH_NOTE": width_note,
        "PARAMETERS": build_model(name).count_params(),
        "COUNT_NOTE": count_note,
        "PUBLISHED": PUBLISHED.get(name, ()),
    }


def digest(notebook) -> str:
    """SHA-256 of the texts of all cells that the maker wrote."""
    texts = [cell.source for cell in cells_of(notebook)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def cells_of(notebook, kind=None) -> list:
    """The cells of a notebook, without the one that papermill puts in.

    Args:
        notebook: of nbformat.
        kind: "code", for these alone.
    """
    cells = [c for c in notebook.cells if "injected-parameters" not in c.metadata.get("tags", [])]
    return [cell for cell in cells if not kind or cell.cell_type == kind]


def same_code(one, other) -> bool:
    """Whether the code of two notebooks, or of two cells, is the same but for comments, layout."""
    if "cells" in one:
        pairs = zip_longest(*(cells_of(notebook, "code") for notebook in (one, other)))
        return all(a and b and same_code(a, b) for a, b in pairs)
    return ast.dump(ast.parse(one.source)) == ast.dump(ast.parse(other.source))


def chosen_notebooks(only=()) -> dict:
    """:func:`notebook_paths`, or those with the given short names.

    Raises:
        ValueError: there is no notebook of that name.
    """
    paths = notebook_paths()
    names = list(map(short_name, paths))
    for name in only:
        if name not in names:
            raise ValueError(f"no notebook {name!r}; there are {', '.join(names)}")
    return {path: made for path, made in paths.items() if not only or short_name(path) in only}


def write_notebooks(root=ROOT, only=()) -> list[Path]:
    """Write all notebooks, or those named, with the outputs of cells that are as before.

    All is looked at before the first notebook is written.

    Args:
        root: of the repository.
        only: short names, such as "lstm-448".

    Raises:
        ValueError: an unknown name, or a notebook that was edited by hand.
    """
    made = {Path(root, p): make_notebook(*script) for p, script in chosen_notebooks(only).items()}
    for path, notebook in made.items():
        if path.exists():
            old = nbformat.read(path, 4)
            refuse_edited(path, old)
            take_outputs(old, notebook)
    for path, notebook in made.items():
        write_notebook(path, formatted(notebook))
    return list(made)


def adopt_outputs(executed, name, root=ROOT) -> None:
    """Write the outputs of a run into a notebook.

    Args:
        executed: path of the notebook that papermill wrote.
        name: short name of the notebook, such as "lstm-448".
        root: of the repository.

    Raises:
        ValueError: an unknown name, or the code that was run is not that of the notebook.
    """
    [path] = chosen_notebooks([name])
    ran, notebook = nbformat.read(executed, 4), nbformat.read(Path(root, path), 4)
    if not same_code(ran, notebook):
        raise ValueError(f"{executed} was run with other code than {path} has now")
    take_outputs(ran, notebook)
    write_notebook(Path(root, path), notebook)


def write_notebook(path, notebook) -> None:
    """Write a notebook, what was printed line by line as one output."""
    notebook.metadata["cicy4"] = {"made": digest(notebook)}
    notebook, _ = CoalesceStreamsPreprocessor().preprocess(notebook, {})
    with replacing(path) as temporary:
        nbformat.write(notebook, temporary)


def refuse_edited(path, notebook) -> None:
    """Raise a ValueError if a notebook is not as the maker wrote it."""
    if notebook.metadata.get("cicy4", {}).get("made", digest(notebook)) != digest(notebook):
        raise ValueError(
            f"{path} was edited by hand, and making it anew would lose that: make the change in "
            f"{SCRIPTS.relative_to(ROOT)}, or run the edited notebook itself under another name"
        )


def check_notebooks(only=(), root=ROOT) -> None:
    """Raise a ValueError if a notebook is not what its script makes."""
    for path, script in chosen_notebooks(only).items():
        old = nbformat.read(Path(root, path), 4)
        refuse_edited(path, old)
        if not same_code(old, make_notebook(*script)):
            raise ValueError(f"{path} is not what its script makes: run `make notebooks` first")


def take_outputs(old, new) -> None:
    """Take over outputs, but for warnings, down to the first cell whose code is another one."""
    for one, other in zip(cells_of(old, "code"), cells_of(new, "code"), strict=False):
        if not same_code(one, other):
            return
        other.outputs = [out for out in one.outputs if out.get("name") != "stderr"]
        for out in other.outputs:
            if "text" in out:
                out.text = TENSORFLOW.sub("", out.text)
        other.execution_count = one.execution_count
