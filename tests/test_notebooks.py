import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import keras
import nbformat
import numpy as np
import pandas as pd
import pytest

from cicy4.networks.architectures import ENSEMBLES, TRAINED, log_monomials
from cicy4.notebooks.make import ROOT, make_notebook, notebook_paths, write_notebooks

MADE = notebook_paths()
PATHS = list(MADE)
TRAINING = [path for path in PATHS if path.startswith("Models_")]
LSTM, CNN, RESNET = (
    "Models_LSTM-based/lstm-448.ipynb",
    "Models_CNN-RNN-hybrid/cnn-gru-384.ipynb",
    "Models_CNN-RNN-hybrid/resnet-gru-256.ipynb",
)
SMALL = {"NAME": "LSTM-16", "WIDTH": 16, "EPOCHS": 3, "BATCH": 64}
# As where the package is not installed.
ALONE = "import sys; sys.modules['cicy4'] = None\n"


def code_cells(path):
    return [c for c in nbformat.read(ROOT / path, 4).cells if c.cell_type == "code"]


def code_lines(source):
    return [line for line in source.splitlines() if line.strip() and line.strip()[0] != "#"]


def script(path, parameters, change=lambda text: text):
    """The code of a notebook, with other parameters after the cell that is tagged so."""
    pieces = ["import matplotlib; matplotlib.use('Agg')"]
    for cell in code_cells(path):
        pieces.append(cell.source)
        if "parameters" in cell.metadata.get("tags", []):
            pieces += [f"{name} = {value!r}" for name, value in parameters.items()]
    return change("\n".join(pieces))


def start(code, folder, **environment):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "notebook.py").write_text(code)
    return subprocess.Popen(
        [sys.executable, "-u", "notebook.py"],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(code, folder, **environment):
    process = start(code, folder, **environment)
    output = process.communicate()[0]
    return process.returncode, output


def losses(folder):
    history = pd.read_csv(folder / "LSTM-16.csv")
    return history[["loss", "val_loss"]].to_numpy()


@pytest.fixture
def house(small_splits, tmp_path):
    """A folder for notebooks with small splits in ``data/splits`` above it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "splits").symlink_to(small_splits)
    return tmp_path / "Models"


@pytest.fixture(scope="module")
def trained(small_splits, tmp_path_factory):
    """A small network trained in one go."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "data").mkdir()
    (folder / "data" / "splits").symlink_to(small_splits)
    status, output = run(script(LSTM, SMALL), folder / "Models")
    assert status == 0, output
    return folder / "Models"


@pytest.mark.parametrize("path", PATHS)
def test_notebooks_are_what_their_scripts_make(path):
    made = make_notebook(*MADE[path])
    nbformat.validate(made)
    cells = nbformat.read(ROOT / path, 4).cells
    assert [c.source for c in cells] == [c.source for c in made.cells]


@pytest.mark.parametrize("code", ["", "\nEPOCHS = 1"])
def test_outputs_are_kept_if_the_code_is_the_same(tmp_path, code):
    (tmp_path / LSTM).parent.mkdir()
    [path] = write_notebooks(tmp_path, {"lstm-448"})
    executed = nbformat.read(path, 4)
    cell = next(c for c in executed.cells if c.cell_type == "code")
    cell.source += code
    printed = {"stdout": ["1: 0.5\n", "2: 0.4\n"], "stderr": ["a warning\n"]}
    cell.outputs = [
        nbformat.v4.new_output("stream", name=name, text=text)
        for name, texts in printed.items()
        for text in texts
    ]
    tags = {"tags": ["injected-parameters"]}
    executed.cells.insert(2, nbformat.v4.new_code_cell("OUTPUT = '/tmp'", metadata=tags))
    nbformat.write(executed, path)
    write_notebooks(tmp_path, {"lstm-448"})
    made = nbformat.read(path, 4)
    texts = [out.text for c in made.cells for out in c.get("outputs", [])]
    assert texts == ([] if code else ["1: 0.5\n2: 0.4\n"])
    assert [c.source for c in made.cells] == [c.source for c in make_notebook(*MADE[LSTM]).cells]


@pytest.mark.parametrize("path", TRAINING)
def test_committed_notebooks_are_the_runs_that_made_the_networks(path):
    record = json.loads((TRAINED / f"{MADE[path][1]}.json").read_text())
    cells = code_cells(path)
    assert all(cell.execution_count for cell in cells)
    hours = record["seconds"] / 3600
    assert cells[-1].outputs[-1].text == f"{record['samples']:,} samples in {hours:.2f} hours\n"


def test_the_committed_inference_shows_the_accuracies_of_the_readme():
    cells = code_cells("inference_example.ipynb")
    assert all(cell.execution_count for cell in cells)
    shown = "".join(o["data"]["text/plain"] for c in cells for o in c.outputs if "data" in o)
    for name in ENSEMBLES:
        row = re.search(rf"^\| {name} \|.+", (ROOT / "README.md").read_text(), re.MULTILINE)[0]
        accuracies = re.findall(r"(?<=\| )[\d.]+(?= \()", row)
        assert len(accuracies) == 4
        assert re.search(rf"{name} +{' +'.join(accuracies)} ", shown)


@pytest.mark.parametrize("path", [*TRAINING, "inference_example.ipynb"])
def test_a_notebook_can_be_read_in_ten_minutes(path):
    cells = [code_lines(c.source) for c in code_cells(path)]
    lines = [line for cell in cells for line in cell]
    assert len(lines) <= (150 if path.startswith("inference") else 220)
    assert max(map(len, cells)) <= 40
    if path in TRAINING:
        assert lines.index(next(x for x in lines if "def build_model" in x)) < 80


@pytest.mark.parametrize("path", [*TRAINING, "inference_example.ipynb"])
def test_notebooks_need_only_what_kaggle_has(path):
    """What may be missing is imported in an indented line."""
    allowed = {"keras", "numpy", "pandas", "matplotlib"} | sys.stdlib_module_names
    code = "\n".join(cell.source for cell in code_cells(path))
    assert set(re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE)) <= allowed


def test_the_record_and_the_network_belong_together(trained):
    record = json.loads((trained / "LSTM-16.json").read_text())
    assert record["samples"] == 3 * 16 * 64
    assert record["parameters"].items() >= SMALL.items()
    network = keras.models.load_model(trained / "LSTM-16.keras", compile=False)
    X, hodge = (np.load(trained.parent / "data" / "splits" / f) for f in
                ("conf_Xtest.npy", "hodge_ytest.npy"))  # fmt: skip
    outputs = network.predict(log_monomials(X), verbose=0)
    found = (np.rint(outputs) == hodge).mean(axis=0)
    assert found.tolist() == pytest.approx(list(record["test"]["accuracy"].values())[:4], abs=0.01)
    assert losses(trained)[-1, 0] < 0.9 * losses(trained)[0, 0]
    assert len(pd.read_csv(trained / "LSTM-16.csv")) == 3


def test_a_killed_training_ends_in_the_same_numbers(trained, house):
    process = start(script(LSTM, SMALL), house)
    for line in process.stdout:
        if line.startswith("2: "):
            time.sleep(0.05)  # so the third epoch has begun, or the state is being kept
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    assert not (house / "LSTM-16.keras").exists()
    status, output = run(script(LSTM, SMALL), house)
    assert status == 0 and "\n1: " not in output
    assert np.array_equal(losses(house), losses(trained))
    first, second = (json.loads((f / "LSTM-16.json").read_text()) for f in (house, trained))
    assert first["test"] == second["test"]

    status, output = run(script(LSTM, SMALL | {"EPOCHS": 5}), house)
    assert status and "holds a run with other parameters" in output


@pytest.mark.parametrize("harm", ["states cut short", "epoch lost", "history cut short"])
def test_a_damaged_checkpoint_is_named(trained, house, harm):
    shutil.copytree(trained / "checkpoints", house / "checkpoints")
    folder = house / "checkpoints" / "LSTM-16"
    if harm == "states cut short":
        for state in (folder / "kept").glob("*.h5*"):
            os.truncate(state, 1000)
    elif harm == "epoch lost":
        (folder / "kept" / "training_metadata.json").write_text("")
    else:
        for state in (folder / "kept").glob("*.json*"):
            state.write_text('{"epoch": 2, "batch": 0}')
        lines = (folder / "history.csv").read_text().splitlines()
        (folder / "history.csv").write_text("\n".join(lines[:2]) + "\n")
    status, output = run(script(LSTM, SMALL), house)
    assert status and not (house / "LSTM-16.keras").exists()
    place = "history.csv lacks some of 2 epochs" if "history" in harm else "LSTM-16/kept cannot be"
    assert place in output


def test_a_run_that_falls_apart_says_so(house):
    def rising(code):
        assert "PolynomialDecay(RATE, EPOCHS * STEPS, 0.0)" in code
        return code.replace("PolynomialDecay(RATE, EPOCHS * STEPS, 0.0)",
                            "PolynomialDecay(1e-3, EPOCHS * STEPS, 1e3)")  # fmt: skip

    status, output = run(script(LSTM, SMALL, rising), house)
    assert status and "the loss is half above its lowest value" in output


def test_without_splits_it_says_what_to_do(tmp_path):
    status, output = run(script(LSTM, SMALL), tmp_path / "Models")
    assert status and "python -m cicy4 splits" in output


def test_two_devices_compute_what_one_does(small_splits, tmp_path):
    """Without a GPU two logical CPU devices take their place."""
    two = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
"""
    devices = '["CPU:0", "CPU:1"]'

    def on_two(code):
        code = re.sub(r"GPUS = .*", f"GPUS = {devices}", ALONE + two + code)
        assert "MirroredStrategy()" in code
        return code.replace("MirroredStrategy()", f"MirroredStrategy({devices})")

    found = []
    for name, change in (("one", lambda code: ALONE + code), ("two", on_two)):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "data" / "splits").symlink_to(small_splits)
        status, output = run(script(LSTM, SMALL, change), tmp_path / name / "Models")
        assert status == 0, output
        found.append(losses(tmp_path / name / "Models"))
    np.testing.assert_allclose(*found, rtol=1e-3)


@pytest.mark.parametrize("path", [CNN, RESNET], ids=["CNN", "ResNet"])
def test_hybrids_tell_what_their_branch_is_worth(house, path):
    name = {CNN: "CNN-GRU-16", RESNET: "ResNet-GRU-16"}[path]
    status, output = run(script(path, SMALL | {"NAME": name, "EPOCHS": 1}), house)
    assert status == 0, output
    branch = json.loads((house / f"{name}.json").read_text())["branch"]
    assert branch["relus"] == {CNN: 384, RESNET: 6144 + 384}[path]
    assert 0 < branch["on"] < 1 and 0 < branch["ever_on"] <= branch["relus"]


def test_it_runs_under_jax(house):
    settings = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    status, output = run(script(LSTM, SMALL | {"EPOCHS": 1}), house, **settings)
    assert status == 0 and "'backend': 'jax'" in output
    record = json.loads((house / "LSTM-16.json").read_text())
    network = keras.models.load_model(house / "LSTM-16.keras", compile=False)
    splits = house.parent / "data" / "splits"
    outputs = network.predict(log_monomials(np.load(splits / "conf_Xtest.npy")), verbose=0)
    mae = abs(outputs - np.load(splits / "hodge_ytest.npy")).mean(axis=0)
    assert mae.tolist() == pytest.approx(record["test"]["mae"], rel=1e-3)


def test_on_kaggle_it_goes_on_from_the_output_of_an_earlier_version(house):
    """Data sets are mounted below /kaggle/input, and the working folder is empty."""
    mounted, earlier = house.parent / "input", house.parent / "earlier"
    shutil.copytree(house.parent / "data" / "splits", mounted / "datasets" / "someone" / "cicy4")
    (house.parent / "data").rename(house.parent / "elsewhere")
    found = []
    for folder in (earlier, house.parent / "working"):
        code = script(LSTM, SMALL, lambda code: code.replace("/kaggle/input", str(mounted)))
        status, output = run(ALONE + code, folder)
        assert status == 0, output
        found.append((losses(folder), len(re.findall(r"^\d: ", output, re.MULTILINE))))
        if folder == earlier:
            shutil.copytree(folder / "checkpoints", mounted / "earlier" / "checkpoints")
    assert np.array_equal(found[0][0], found[1][0])
    assert [epochs for _, epochs in found] == [3, 0]


@pytest.fixture
def beside_trained_networks(house):
    """The inference notebook beside networks with records for the small splits."""
    folder = house.parent
    shutil.copytree(
        TRAINED, folder / TRAINED.name, ignore=shutil.ignore_patterns("check*", "with*")
    )
    checksum = json.loads((folder / "data" / "splits" / "manifest.json").read_text())["checksum"]
    for path in (folder / TRAINED.name).glob("*LSTM*.json"):
        path.write_text(
            json.dumps(json.loads(path.read_text()) | {"parameters": {"splits": checksum}})
        )
    return folder


@pytest.mark.parametrize("package", ["with", "without"])
def test_ensembles_are_formed_and_written(beside_trained_networks, package):
    folder = beside_trained_networks
    change = str if package == "with" else lambda code: ALONE + code
    code = script("inference_example.ipynb", {"OUTPUT": str(folder)}, change)
    status, output = run(code, folder)
    assert status == 0 and "512 test matrices" in output, output
    written = json.loads((folder / "ensembles.json").read_text())
    assert {name: tuple(e["members"]) for name, e in written.items()} == ENSEMBLES
    for ensemble in written.values():
        assert ensemble["test"]["accuracy_with_euler"]["all"] > 0.98


@pytest.mark.parametrize("which", ["other splits", "public files"])
def test_splits_of_others_are_refused(beside_trained_networks, public_files, which):
    folder = beside_trained_networks
    if which == "public files":
        (folder / "data" / "splits").unlink()
        (folder / "data" / "splits").symlink_to(public_files)
    else:
        path = folder / TRAINED.name / "LSTM-448.json"
        path.write_text(
            json.dumps(json.loads(path.read_text()) | {"parameters": {"splits": "another"}})
        )
    status, output = run(script("inference_example.ipynb", {}), folder)
    assert status and "may have been in their training" in output


def test_kaggle_is_told_which_machine_to_use():
    committed = [path for path in ROOT.rglob("kernel-metadata.json") if ".venv" not in path.parts]
    folders = {"Models_LSTM-based", "Models_CNN-RNN-hybrid", TRAINED.name, "data"}
    assert {path.parent.name for path in committed} == folders
    for path in committed:
        kernel = json.loads(path.read_text())
        assert (path.parent / kernel["code_file"]).exists()
        assert not kernel["enable_internet"]
        assert kernel["docker_image_pinning_type"] == "original"
        gpu = path.parent.name != "data"
        assert kernel["enable_gpu"] == gpu
        assert (kernel.get("machine_shape") == "NvidiaTeslaT4") == gpu
        for source in kernel["dataset_sources"]:
            files = [ROOT / f / "dataset-metadata.json" for f in ("data", TRAINED.name)]
            assert source in [json.loads(file.read_text())["id"] for file in files]
