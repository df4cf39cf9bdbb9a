import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from cicy4.inference import TRAINED, load_models
from cicy4.kaggle import write_kaggle_files
from cicy4.models import ARCHITECTURES
from cicy4.notebooks import ROOT, execute, notebook_paths, printed, write_notebook

PATHS = list(notebook_paths())
TRAINING = [path for path in PATHS if path.startswith("Models_")]
# One of each kind: the others differ in their widths.
KINDS = {(a.convolutional, a.recurrent): name for name, a in ARCHITECTURES.items()}
ONE_OF_EACH_KIND = [p for p in TRAINING if Path(p).stem.upper() in map(str.upper, KINDS.values())]


@pytest.mark.parametrize("path", PATHS)
def test_notebooks_are_what_the_package_writes(path):
    committed, made = nbformat.read(ROOT / path, 4), notebook_paths()[path]()
    assert [cell.source for cell in committed.cells] == [cell.source for cell in made.cells]
    nbformat.validate(made)


@pytest.mark.parametrize("path", PATHS)
def test_notebooks_import_nothing_of_ours(path):
    for cell in nbformat.read(ROOT / path, 4).cells:
        assert cell.cell_type != "code" or not re.search(r"(from|import) cicy4", cell.source)


@pytest.mark.parametrize("path", [*TRAINING, "inference_example.ipynb"])
def test_notebooks_define_each_name_once(path):
    cells = [cell.source for cell in notebook_paths()[path]().cells if cell.cell_type == "code"]
    nodes = [node for source in cells for node in ast.parse(source).body]
    names = [n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    assert len(names) > 5
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("path", ONE_OF_EACH_KIND)
def test_training_notebooks_run_in_an_empty_folder(path, small_splits, tmp_path):
    notebook = nbformat.read(ROOT / path, 4)
    settings = next(cell for cell in notebook.cells if "EPOCHS =" in cell.source)
    settings.source = settings.source.replace("EPOCHS = 400", "EPOCHS = 2")
    write_notebook(tmp_path / "notebook.ipynb", notebook)
    shutil.copytree(small_splits, tmp_path / "data")
    name = notebook.cells[0].source.split(":")[0].removeprefix("# ")
    output = printed(execute(tmp_path / "notebook.ipynb", timeout=300))
    assert "million parameters, as published" in output and "with Euler number" in output
    assert len((tmp_path / f"{name}.csv").read_text().splitlines()) == 3
    assert [model.name for model in load_models([name], tmp_path)] == [name]


def test_inference_notebook_runs_beside_models_and_splits(small_splits, tmp_path):
    shutil.copy(ROOT / "inference_example.ipynb", tmp_path)
    shutil.copytree(small_splits, tmp_path / "data")
    shutil.copytree(TRAINED, tmp_path / TRAINED.name)
    output = printed(execute(tmp_path / "inference_example.ipynb", timeout=300))
    assert "500 test matrices" in output and "LSTM-400" in output


OLD_KERAS = """
import subprocess, sys, types
old = types.SimpleNamespace(__version__="3.1", optimizers=types.SimpleNamespace())
sys.modules["keras"] = old
sys.modules["keras.layers"] = types.SimpleNamespace()
run = subprocess.run

def pip(command, check):
    print("RUN", *command[1:])
    subprocess.run = run

subprocess.run = pip
exec(sys.argv[1])
assert keras is not old and keras.optimizers.Muon
"""


@pytest.mark.parametrize("path", TRAINING)
def test_the_first_cell_upgrades_an_old_keras_and_nothing_else(path):
    first = next(c for c in nbformat.read(ROOT / path, 4).cells if c.cell_type == "code")
    command = [sys.executable, "-c", OLD_KERAS, first.source]
    if path != TRAINING[0]:  # importing Keras takes seconds
        assert first.source == nbformat.read(ROOT / TRAINING[0], 4).cells[2].source
        return
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "Keras 3.1 has no Muon optimizer: upgrading Keras",
        "RUN -m pip install -q -U keras",
    ]


def test_a_notebook_uses_the_folders_of_kaggle(small_splits, tmp_path):
    kaggle, path = tmp_path / "kaggle", tmp_path / "notebook.ipynb"
    shutil.copytree(small_splits, kaggle / "input" / "some-data-set" / "splits")
    runs = kaggle / "input" / "trained"
    shutil.copytree(TRAINED, runs, ignore=shutil.ignore_patterns("*.keras"))
    (kaggle / "working").mkdir()
    notebook = nbformat.read(ROOT / "Models_LSTM-based/lstm-400.ipynb", 4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("EPOCHS = 400", "EPOCHS = 1")
        cell.source = cell.source.replace('"/kaggle', f'"{kaggle}')
    write_notebook(path, notebook)
    output = printed(execute(path, timeout=300))
    record = json.loads((runs / "LSTM-400.json").read_text())
    assert f"{100 * record['test']['accuracy']['h31']:.2f}" in output
    written = sorted(file.name for file in (kaggle / "working").iterdir())
    assert written == ["LSTM-400.csv", "LSTM-400.json", "LSTM-400.keras", "checkpoints"]
    assert sorted(tmp_path.iterdir()) == [kaggle, path]


def test_kaggle_finds_each_notebook_with_a_gpu_and_its_data(tmp_path):
    committed = [path for path in ROOT.rglob("kernel-metadata.json") if ".venv" not in path.parts]
    pushed = {}
    for path in committed:
        kernel = json.loads(path.read_text())
        pushed[(path.parent / kernel["code_file"]).resolve()] = kernel
        assert kernel["id"] == "INSERT_USERNAME/" + kernel["title"].lower().replace(" ", "-")
    assert set(pushed) == {ROOT / path for path in PATHS}
    sources = [
        json.loads((ROOT / folder / "dataset-metadata.json").read_text())["id"]
        for folder in ("data", TRAINED.name)
    ]
    for path in TRAINING:
        assert pushed[ROOT / path]["enable_gpu"]
        assert pushed[ROOT / path]["dataset_sources"] == sources[:1]
    assert pushed[ROOT / "inference_example.ipynb"]["dataset_sources"] == sources
    for path in write_kaggle_files("someone", tmp_path):
        renamed = (ROOT / path).read_text().replace("INSERT_USERNAME", "someone")
        assert (tmp_path / path).read_text() == renamed
