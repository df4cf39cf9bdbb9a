import json
import os
import subprocess
import sys

import pytest

from cicy4.networks.architectures import TRAINED
from tools.__main__ import main
from tools.notebooks import kaggle
from tools.notebooks.make import notebook_paths, short_name

NAMES = list(map(short_name, notebook_paths()))


@pytest.mark.parametrize("name", NAMES)
def test_kaggle_is_told_which_machine_to_use(name, tmp_path):
    command = kaggle.prepare(name, "someone", tmp_path / "new")
    assert command == f"kaggle kernels push -p {tmp_path / 'new'}"
    told = json.loads((tmp_path / "new" / "kernel-metadata.json").read_text())
    assert (tmp_path / "new" / told["code_file"]).exists()
    assert not told["enable_internet"] and told["docker_image_pinning_type"] == "original"
    assert told["enable_gpu"] == (told.get("machine_shape") == "NvidiaTeslaT4")
    assert told["enable_gpu"] == (name != "data_preparation")
    sets = {kaggle.data_set(one, "someone")["id"] for one in kaggle.DATA_SETS}
    assert set(told["dataset_sources"]) <= sets
    # Kaggle makes the last part of the id from the title.
    assert told["id"] == "someone/" + told["title"].lower().replace(" ", "-")


def test_the_data_set_brings_the_package_with_the_list(small_splits, tmp_path, monkeypatch):
    """As on Kaggle: in another folder, with nothing else of the repository."""
    monkeypatch.setattr(kaggle, "SPLITS", small_splits)
    folder = tmp_path / "input" / "someone"
    kaggle.prepare("data", "someone", folder)
    assert (folder / "splits" / "cohomology_train.npy").exists()
    assert json.loads((folder / "dataset-metadata.json").read_text())["licenses"]
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n"
        "import cicy4\n"
        "from cicy4.data.archive import load_twins\n"
        "print(cicy4.__file__, len(cicy4.load_cicy4()[0]), max(load_twins()[0]) < 905_684)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    environment = {name: text for name, text in os.environ.items() if name != "CICY4_DATA"}
    splits = f"{code}; cicy4.load_splits()"
    words = [sys.executable, "-c", splits]
    refused = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "FileNotFoundError: set CICY4_DATA to a folder" in refused.stderr
    assert not (tmp_path / "data").exists()
    assert done.stdout.split() == [str(folder / "cicy4" / "__init__.py"), "905684", "True"]


def test_the_networks_are_a_data_set(tmp_path, monkeypatch):
    monkeypatch.setattr(kaggle, "TRAINED", tmp_path / "trained")
    kaggle.TRAINED.mkdir()
    for name in ("LSTM-448.keras", "LSTM-448.json", "LSTM-448.csv", "ensembles.json", "recipe.md"):
        (kaggle.TRAINED / name).symlink_to(TRAINED / name)
    kaggle.prepare("models", "someone", tmp_path / "new")
    files = {path.name for path in (tmp_path / "new").iterdir()}
    assert {"LSTM-448.keras", "LSTM-448.json", "LSTM-448.csv", "ensembles.json"} <= files
    assert not [name for name in files if name.endswith(".md")]


def test_what_is_there_is_not_overwritten(tmp_path, capsys):
    assert main(["kaggle", "lstm-448", "--user", "someone", "--to", str(tmp_path)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["kaggle", "lstm-449", "--user", "someone", "--to", str(tmp_path / "x")]) == 1
    assert "no notebook 'lstm-449'" in capsys.readouterr().err and not (tmp_path / "x").exists()
