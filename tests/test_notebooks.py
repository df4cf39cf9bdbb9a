import ast
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

import keras
import nbformat
import numpy as np
import pandas as pd
import pytest
from warm import run, start

from cicy4.data.splits import write_splits
from cicy4.networks.architectures import ENSEMBLES, NETWORKS, TRAINED, Network, log_monomials
from cicy4.networks.models import load_models, member_outputs
from cicy4.networks.prediction import predict
from tools.branches import branch_statistics
from tools.notebooks import make, train
from tools.notebooks.make import (
    ROOT,
    adopt_outputs,
    cells_of,
    check_notebooks,
    formatted,
    make_notebook,
    notebook_paths,
    write_notebooks,
)
from tools.records import read_records
from tools.tables import results_table

MADE = notebook_paths()
PATHS = list(MADE)
TRAINING = [path for path in PATHS if path.startswith("Models_")]
LSTM, CNN, RESNET = (
    "Models_LSTM-based/lstm-448.ipynb",
    "Models_CNN-RNN-hybrid/cnn-gru-384.ipynb",
    "Models_CNN-RNN-hybrid/resnet-gru-256.ipynb",
)
STUDIES = "Results_p3_Studies/studies.ipynb"
PLAIN = {"PREFIX_SHARING": False}  # compiles in half the time
SMALL = {"NAME": "LSTM-16", "WIDTH": 16, "EPOCHS": 3, "BATCH": 64} | PLAIN
FAST = SMALL | {"PREFIX_SHARING": True, "EPOCHS": 1}
# As where the package is not installed.
ALONE = "import sys; sys.modules['cicy4'] = None\n"


def code_cells(path):
    return [c for c in nbformat.read(ROOT / path, 4).cells if c.cell_type == "code"]


def code_lines(source):
    """Lines of code, without comments and docstrings."""
    documented = [
        node.body[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node)
    ]
    docstrings = {n for doc in documented for n in range(doc.lineno, doc.end_lineno + 1)}
    lines = [line for n, line in enumerate(source.splitlines(), 1) if n not in docstrings]
    return [line for line in lines if line.strip() and line.strip()[0] != "#"]


def traced_once(source):
    """Let Keras make the trackers of the losses before the first step.

    It makes them while it traces the training step, and traces that again then, which is a fifth
    of a short run.
    """
    built = "out = model(np.zeros((1, 16, 20), 'float32')); model.compute_loss(y=out, y_pred=out)"
    return source.replace("model.load_weights(state)", f"model.load_weights(state); {built}")


def script(path, parameters, change=lambda text: text):
    """The code of a notebook, with other parameters after the cell that is tagged so."""
    pieces = ["import matplotlib; matplotlib.use('Agg')"]
    for cell in code_cells(path):
        pieces.append(traced_once(cell.source))
        if "parameters" in cell.metadata.get("tags", []):
            pieces += [f"{name} = {value!r}" for name, value in parameters.items()]
    return change("\n".join(pieces))


def losses(folder):
    history = pd.read_csv(folder / "LSTM-16.csv")
    return history[["loss", "val_loss"]].to_numpy()


def record_of(folder, name="LSTM-16"):
    return json.loads((folder / f"{name}.json").read_text())


def outputs_of_the_file(folder, name="LSTM-16"):
    """What a saved network puts out on the test split."""
    network = keras.models.load_model(folder / f"{name}.keras", compile=False)
    splits = folder.parent / "data" / "splits"
    return network.predict(log_monomials(np.load(splits / "conf_Xtest.npy")), verbose=0), np.load(
        splits / "hodge_ytest.npy"
    )


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
    made = formatted(make_notebook(*MADE[path]))
    nbformat.validate(made)
    cells = nbformat.read(ROOT / path, 4).cells
    assert [c.source for c in cells] == [c.source for c in made.cells]


@pytest.fixture
def executed(tmp_path):
    """A house with one notebook, and a run of it that printed something."""
    (tmp_path / LSTM).parent.mkdir()
    [path] = write_notebooks(tmp_path, {"lstm-448"})
    notebook = nbformat.read(path, 4)
    printed = {"stdout": ["1: 0.5\n", "WARNING:tensorflow:5 out of the last 9\n", "2: 0.4\n"]}
    printed |= {"stderr": ["a warning\n"]}
    notebook.cells[2].outputs = [
        nbformat.v4.new_output("stream", name=name, text=text)
        for name, texts in printed.items()
        for text in texts
    ]
    tags = {"tags": ["injected-parameters"]}
    notebook.cells.insert(3, nbformat.v4.new_code_cell("OUTPUT = '/tmp'", metadata=tags))
    nbformat.write(notebook, path)
    return path


def shown(path):
    return [out.text for c in nbformat.read(path, 4).cells for out in c.get("outputs", [])]


def with_script(monkeypatch, folder, change):
    """Let the maker use changed scripts."""
    shutil.copytree(make.SCRIPTS, folder)
    script = folder / "training.py"
    changed = change(script.read_text())
    assert changed != script.read_text()
    script.write_text(changed)
    monkeypatch.setattr(make, "SCRIPTS", folder)


def test_outputs_are_kept_if_the_code_is_the_same(executed):
    write_notebooks(executed.parents[1], {"lstm-448"})
    assert shown(executed) == ["1: 0.5\n2: 0.4\n"]
    cells = nbformat.read(executed, 4).cells
    made = formatted(make_notebook(*MADE[LSTM]))
    assert [c.source for c in cells] == [c.source for c in made.cells]


def test_a_comment_or_a_text_costs_no_outputs(executed, monkeypatch, tmp_path):
    def change(text):
        return (
            text.replace("# per", "# PER")
            .replace("# ## Batches", "# ## Batches\n# More.")
            .replace("// STEPS  # epochs", "// STEPS  # whole epochs")
        )

    with_script(monkeypatch, tmp_path / "scripts", change)
    write_notebooks(executed.parents[1], {"lstm-448"})
    assert shown(executed) == ["1: 0.5\n2: 0.4\n"]
    assert "// STEPS  # whole epochs" in executed.read_text()


def test_outputs_below_changed_code_are_dropped(executed, monkeypatch, tmp_path):
    """Those above it stay, and a run of other code gives its outputs to no notebook."""
    root, notebook = executed.parents[1], nbformat.read(executed, 4)
    other = nbformat.v4.new_output("stream", name="stdout", text="below\n")
    cells_of(notebook, "code")[-1].outputs = [other]
    nbformat.write(notebook, executed)
    run = shutil.copy(executed, tmp_path / "run.ipynb")
    with_script(
        monkeypatch, tmp_path / "scripts", lambda text: text.replace("momentum", "nesterov")
    )
    with pytest.raises(ValueError, match=r"lstm-448.ipynb is not what its script makes"):
        check_notebooks({"lstm-448"}, root)
    write_notebooks(root, {"lstm-448"})
    assert shown(executed) == ["1: 0.5\n2: 0.4\n"]
    with pytest.raises(ValueError, match="was run with other code"):
        adopt_outputs(run, "lstm-448", root)
    shutil.copytree(tmp_path / "scripts", tmp_path / "others")
    with_script(monkeypatch, tmp_path / "again", lambda text: text.replace("ADAM = ", "ADAM = -"))
    write_notebooks(root, {"lstm-448"})
    assert shown(executed) == []


@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_an_edit_by_hand_is_never_lost(executed, kind):
    edited = nbformat.read(executed, 4)
    next(c for c in edited.cells if c.cell_type == kind).source += "\n# mine"
    nbformat.write(edited, executed)
    before, root = executed.read_bytes(), executed.parents[1]
    with pytest.raises(ValueError, match=r"lstm-448.ipynb was edited by hand"):
        write_notebooks(root, {"lstm-448"})
    with pytest.raises(ValueError, match=r"lstm-448.ipynb was edited by hand"):
        check_notebooks({"lstm-448"}, root)
    assert executed.read_bytes() == before


def test_a_run_gives_its_outputs_to_the_notebook(executed):
    root = executed.parents[1]
    run = executed.rename(executed.with_suffix(".executed.ipynb"))
    write_notebooks(root, {"lstm-448"})
    adopt_outputs(run, "lstm-448", root)
    assert shown(executed) == ["1: 0.5\n2: 0.4\n"] and "/tmp" not in executed.read_text()


def test_unknown_notebooks_are_refused():
    with pytest.raises(ValueError, match="no notebook 'lstm-449'; there are data_preparation"):
        check_notebooks(["lstm-449"])


@pytest.mark.usefixtures("committed")
def test_what_runs_leave_is_ignored_by_git():
    for path in (
        "inference_example.executed.ipynb",
        "Results_p2_Trained_models/experiments/x.keras",
    ):
        assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("path", TRAINING)
def test_committed_notebooks_show_what_their_records_say(path):
    """The table of accuracies, as the run printed it."""
    name, cells = MADE[path][1], code_cells(path)
    record = read_records()[name]
    [table] = [
        out["data"]["text/plain"]
        for cell in cells
        for out in cell.outputs
        if "accuracy_with_euler" in out.get("data", {}).get("text/plain", "")
    ]
    for split, key in (("valid", "validation"), ("test", "test"), ("train", "training")):
        after = table[table.index(f"\n{split} ") :]
        for way in ("accuracy", "accuracy_with_relation", "accuracy_with_euler"):
            [row] = re.findall(rf"^.* {way} +(.+)$", after, re.MULTILINE)[:1]
            found, told = np.array(row.split(), float), list(record[key][way].values())
            assert np.allclose(found, 100 * np.array(told), rtol=0, atol=0.00501)


def test_the_committed_inference_shows_the_accuracies_of_the_readme():
    """As its last table, not wider than a terminal of 100 columns."""
    cells = code_cells("inference_example.ipynb")
    assert all(cell.execution_count for cell in cells)
    table = cells[-1].outputs[-1]["data"]["text/plain"]
    assert max(map(len, table.splitlines())) <= 100
    for name in ENSEMBLES:
        row = re.search(rf"^\| {name} \|.+", (ROOT / "README.md").read_text(), re.MULTILINE)[0]
        cells = [cell for cell in row.strip("| ").split(" | ") if cell]
        assert len(cells) == 7
        assert re.search(r" +".join(map(re.escape, cells)), table)


@pytest.mark.parametrize("path", [*TRAINING, "inference_example.ipynb", STUDIES])
def test_a_notebook_can_be_read_in_ten_minutes(path):
    cells = [code_lines(c.source) for c in code_cells(path)]
    lines = [line for cell in cells for line in cell]
    assert len(lines) <= 200
    if path in TRAINING:
        assert max(map(len, cells)) <= 30
        assert lines.index(next(x for x in lines if "def build_model" in x)) < 70


@pytest.mark.parametrize("path", [*TRAINING, "inference_example.ipynb"])
def test_notebooks_need_only_what_kaggle_has(path):
    """What may be missing is imported in an indented line."""
    allowed = {"keras", "numpy", "pandas", "matplotlib"} | sys.stdlib_module_names
    code = "\n".join(cell.source for cell in code_cells(path))
    assert set(re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE)) <= allowed


def test_the_record_and_the_network_belong_together(trained):
    record = record_of(trained)
    assert record["samples"] == 3 * 16 * 64
    assert record["parameters"].items() >= (SMALL.items() - PLAIN.items())
    assert record["layers"] == {"recurrent": "Keras", "products": "float32"}
    assert record["software"]["keras"] == keras.__version__
    outputs, hodge = outputs_of_the_file(trained)
    found = (np.rint(outputs) == hodge).mean(axis=0)
    assert found.tolist() == pytest.approx(list(record["test"]["accuracy"].values())[:4], abs=0.01)
    assert losses(trained)[-1, 0] < 0.9 * losses(trained)[0, 0]
    assert len(pd.read_csv(trained / "LSTM-16.csv")) == 3


EDITS = {
    "activation": ("layer(width)]", "layer(width, activation='relu')]"),
    "third layer": (
        "[layer(width, return",
        "[layer(width, return_sequences=True), layer(width, return",
    ),
    "Dense(50)": ("layer(width)]", "layer(width), layers.Dense(50)]"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_is_scored_is_what_is_saved_after_an_edit(house, edit):
    """A student edits the recurrent branch, and trains it with the package installed."""
    old, new = EDITS[edit]

    def change(code):
        assert code.count(old) == 1
        by_muon = "[w.path for w in model.trainable_variables if not %s(w)]"
        by_muon %= "model.optimizer._should_use_adamw"
        return code.replace(old, new) + f"\nprint('by Muon:', *{by_muon})"

    status, output = run(script(LSTM, FAST, change), house)
    assert status == 0, output
    assert " on a CPU\n" in output
    assert record_of(house)["layers"]["recurrent"] == "Keras"
    outputs, hodge = outputs_of_the_file(house)
    mae = abs(outputs - hodge).mean(axis=0)
    assert mae.tolist() == pytest.approx(record_of(house)["test"]["mae"], rel=1e-3)
    kernels = re.search("by Muon: (.+)", output)[1].split()
    assert len(kernels) == (6 if edit == "third layer" else 4)
    assert all(re.search(r"lstm_cell\w*/(recurrent_)?kernel", path) for path in kernels)


def test_layers_that_compute_something_else_are_found_before_training(house):
    def change(code):
        wrong = "prefix_sharing.is_plain = lambda layer: layer.name == 'recurrent'"
        return f"from cicy4.networks import prefix_sharing\n{wrong}\n" + code.replace(
            *EDITS["activation"]
        )

    status, output = run(script(LSTM, FAST, change), house)
    assert status and "compute different things: train it with PREFIX_SHARING = False" in output
    assert "\n1: " not in output and not (house / "LSTM-16.keras").exists()
    status, output = run(script(LSTM, FAST | PLAIN, change), house)
    assert status == 0, output
    assert record_of(house)["layers"] == {"recurrent": "Keras", "products": "float32"}


def test_a_broken_package_is_not_passed_over(house):
    """Only where there is no package the layers of Keras are used without a word."""
    broken = "import sys; sys.modules['cicy4.networks.prefix_sharing'] = None\n"
    status, output = run(script(LSTM, FAST, lambda code: broken + code), house)
    assert status and "ModuleNotFoundError" in output


def test_another_width_needs_another_name(house):
    status, output = run(script(LSTM, {"WIDTH": 64}), house)
    assert status and "LSTM-448 has 2911748 parameters: give another network another NAME" in output


def test_splits_share_and_what_is_scored_are_parameters(house, public_files, tmp_path):
    """The given splits win over those that are found; the test split is left alone."""
    manifest = write_splits(tmp_path / "other", public_files, "canonical", progress=False)
    given = {"SPLITS": str(tmp_path / "other"), "SHARE": 0.25, "TEST": False, "EPOCHS": 1}
    status, output = run(script(LSTM, SMALL | given), house)
    assert status == 0 and f"splits in {tmp_path / 'other'}: " in output, output
    record = record_of(house)
    assert record["splits"]["checksum"] == manifest["checksum"]
    assert record["splits"]["order"] == "canonical" and record["splits"]["train"] == 1024
    assert record["parameters"]["SHARE"] == 0.25 and record["samples"] == 16 * 64
    assert "test" not in record and record["validation"]["accuracy"]
    [network] = load_models_of(house, "LSTM-16")
    assert network.order == "canonical"


@contextlib.contextmanager
def row(name, network):
    """One more row in the table of networks."""
    NETWORKS[name] = network
    try:
        yield
    finally:
        del NETWORKS[name]


def load_models_of(folder, name):
    with row(name, Network("", "LSTM", int(name.split("-")[1]))):
        return load_models([name], folder)


def test_a_network_is_one_row(house):
    """From a new row to a notebook, a trained network, predictions, and a line in the table."""
    with row("LSTM-32", Network("", "LSTM", 32, epochs=2, batch=64, learning_rate=0.05, seed=5)):
        [path] = write_notebooks(house, {"lstm-32"})
        notebook = nbformat.read(path, 4)
        assert not any("published count" in cell.source for cell in notebook.cells)
        code = "\n".join(cell.source for cell in cells_of(notebook, "code"))
        status, output = run("import matplotlib; matplotlib.use('Agg')\n" + code, house)
        assert status == 0, output
        layers, used = (record_of(house, "LSTM-32")[key] for key in ("layers", "parameters"))
        assert layers["recurrent"] == "cicy4" and layers["products"] in ("float32", "bfloat16")
        assert [used[key] for key in ("WIDTH", "EPOCHS", "BATCH", "SEED")] == [32, 2, 64, 5]
        table = predict(load_models(["LSTM-32"], house), [[[6]], [[2, 1], [1, 2], [0, 3]]])
        assert (table["source"] == "networks").all() and table["h11"].notna().all()
        [line] = [x for x in results_table(house).splitlines() if x.startswith("| LSTM-32 |")]
        assert "(" not in line and line.count("|") == 9


def test_a_killed_training_ends_in_the_same_numbers(trained, house):
    process, lines = start(script(LSTM, SMALL), house)
    next(line for line in lines if line.startswith("2: "))
    time.sleep(0.05)  # so the third epoch has begun, or the state is being kept
    process.kill()
    process.join()
    assert not (house / "LSTM-16.keras").exists()
    status, output = run(script(LSTM, SMALL), house)
    printed = re.findall(r"^(\d): ", output, re.MULTILINE)
    # Killed between its line and its state, an epoch is trained and printed again.
    assert status == 0 and printed in (["3"], ["2", "3"])
    assert np.array_equal(losses(house), losses(trained))
    first, second = (json.loads((f / "LSTM-16.json").read_text()) for f in (house, trained))
    assert first["test"] == second["test"]


def test_an_interrupted_cell_goes_on_when_it_is_run_again(trained, house):
    """In the first epoch of sixteen batches, and in the second."""
    [fit] = [traced_once(c.source) for c in code_cells(LSTM) if "model.fit(" in c.source]
    interrupted = f"""
class Interrupt(callbacks.Callback):
    def on_train_batch_end(self, batch, logs):
        if model.optimizer.iterations == last:
            raise KeyboardInterrupt

calls.append(Interrupt())
for last in (5, 20):
    try:
        exec({fit!r})
    except KeyboardInterrupt:
        print("interrupted after", last)
calls.pop()
"""
    status, output = run(
        script(LSTM, SMALL, lambda code: code.replace(fit, interrupted + fit)), house
    )
    assert status == 0 and "interrupted after 20" in output, output
    assert np.array_equal(losses(house), losses(trained))


@pytest.mark.parametrize(
    ("file", "size", "message"),
    [
        ("state.weights.h5", 1000, "state.weights.h5 cannot be read: remove checkpoints/LSTM-16"),
        ("history.csv", 150, "history.csv lacks some of 3 epochs"),
        ("recipe.json", 0, "holds a run with other parameters"),
    ],
)
def test_a_damaged_checkpoint_is_named(trained, house, file, size, message):
    shutil.copytree(trained / "checkpoints", house / "checkpoints")
    os.truncate(house / "checkpoints" / "LSTM-16" / file, size)
    status, output = run(script(LSTM, SMALL), house)
    assert status and not (house / "LSTM-16.keras").exists()
    assert message in output


def test_a_run_with_other_parameters_is_not_gone_on_with(trained, house):
    shutil.copytree(trained / "checkpoints", house / "checkpoints")
    status, output = run(script(LSTM, SMALL | {"EPOCHS": 5}), house)
    assert status and "holds a run with other parameters" in output


def test_without_its_weights_a_training_begins_anew(trained, house):
    """It once went on from weights that nobody had trained, and claimed all samples."""
    shutil.copytree(trained / "checkpoints", house / "checkpoints")
    folder = house / "checkpoints" / "LSTM-16"
    (folder / "state.weights.h5").unlink()
    earlier = pd.read_csv(folder / "history.csv")
    earlier.loc[2, "loss"] /= 100  # is no reason to think that the new run diverges
    earlier.to_csv(folder / "history.csv", index=False)
    status, output = run(script(LSTM, SMALL), house)
    assert status == 0 and np.array_equal(losses(house), losses(trained)), output


@pytest.mark.skipif(os.name == "nt", reason="no lock on Windows")
def test_two_runs_do_not_write_one_notebook(tmp_path):
    """Nor when the command was killed, and what it began goes on; a misspelling is told, too."""
    made = tmp_path / "x.ipynb"
    with train.alone(made) as held:
        left = subprocess.Popen(["sleep", "60"], pass_fds=held)
    try:
        with pytest.raises(ValueError, match=r"another process makes .*x.ipynb: wait, or end it"):
            train.execute(ROOT / LSTM, made, tmp_path, [])
    finally:
        left.kill()
        left.wait()
    with train.alone(made):
        assert not made.exists()
    with pytest.raises(ValueError, match="has no parameter EPOHCS; there are NAME, CELL"):
        train.execute(ROOT / LSTM, made, tmp_path, [("EPOHCS", 1)])


def test_a_run_that_diverges_says_so(house):
    def rising(code):
        old = "PolynomialDecay(RATE, EPOCHS * STEPS, 0.0)"
        assert old in code
        return code.replace(old, "PiecewiseConstantDecay([STEPS], [1e-3, 1e3])")

    status, output = run(script(LSTM, SMALL, rising), house)
    assert status and "the loss is half above its lowest value" in output


def test_without_splits_it_says_what_to_do(tmp_path):
    status, output = run(script(LSTM, SMALL), tmp_path / "Models")
    assert status and "python -m cicy4 splits" in output


def test_two_devices_compute_what_one_does(trained, house):
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

    status, output = run(script(LSTM, SMALL, on_two), house)
    assert status == 0, output
    np.testing.assert_allclose(losses(house), losses(trained), rtol=1e-3)


@pytest.mark.parametrize("path", [CNN, RESNET], ids=["CNN", "ResNet"])
def test_it_is_measured_what_a_branch_is_worth(house, path):
    name = {CNN: "CNN-GRU-16", RESNET: "ResNet-GRU-16"}[path]
    status, output = run(script(path, SMALL | {"NAME": name, "EPOCHS": 1}), house)
    assert status == 0, output
    network = keras.models.load_model(house / f"{name}.keras", compile=False)
    splits = house.parent / "data" / "splits"
    matrices, hodge = (np.load(splits / f"{file}.npy") for file in ("conf_Xvalid", "hodge_yvalid"))
    branch = branch_statistics(network, log_monomials(matrices), hodge)
    assert branch["relus"] == {CNN: 384, RESNET: 6144 + 384}[path]
    assert 0 < branch["on"] < 1 and 0 < branch["ever_on"] <= branch["relus"]
    head = network.get_layer("head")
    kernel, bias = head.get_weights()
    kernel[:-16] = 0  # the recurrent branch comes last
    head.set_weights([kernel, bias])
    without = (np.rint(network.predict(log_monomials(matrices), verbose=0)) == hodge).mean(axis=0)
    assert list(branch["accuracy_without"].values())[:4] == without.tolist()


def test_it_runs_under_jax_which_predicts_as_tensorflow_does(house, cicy4):
    few = cicy4[0][::9_000]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    house.mkdir()
    np.save(house / "few.npy", few)
    after = """
from cicy4.networks.models import load_models, member_outputs
np.save("outputs.npy", member_outputs(load_models(["CNN-GRU-384"]), np.load("few.npy")))
"""
    words = [sys.executable, "-c", script(LSTM, FAST) + after]
    ran = subprocess.run(words, cwd=house, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0 and "'backend': 'jax'" in ran.stdout, ran.stderr
    outputs, hodge = outputs_of_the_file(house)
    mae = abs(outputs - hodge).mean(axis=0)
    assert mae.tolist() == pytest.approx(record_of(house)["test"]["mae"], rel=1e-3)
    outputs = member_outputs(load_models(["CNN-GRU-384"]), few)
    assert abs(np.load(house / "outputs.npy") - outputs).max() < 0.005


def test_on_kaggle_it_goes_on_from_the_output_of_an_earlier_version(trained, house):
    """Data sets are mounted below /kaggle/input, and the working folder is empty."""
    mounted, working = house.parent / "input", house.parent / "working"
    shutil.copytree(house.parent / "data" / "splits", mounted / "datasets" / "someone" / "cicy4")
    (house.parent / "data").rename(house.parent / "out_of_distribution")
    shutil.copytree(trained / "checkpoints", mounted / "earlier" / "checkpoints")
    code = script(LSTM, SMALL, lambda code: code.replace("/kaggle/input", str(mounted)))
    status, output = run(ALONE + code, working)
    assert status == 0, output
    assert not re.search(r"^\d: ", output, re.MULTILINE)  # all epochs are over
    assert losses(working).shape == (3, 2) and np.array_equal(losses(working), losses(trained))
    assert record_of(working)["test"] == record_of(trained)["test"]


@pytest.fixture
def beside_trained_networks(house):
    """The inference notebook beside networks with records for the small splits."""
    folder = house.parent
    (folder / TRAINED.name).mkdir()
    for name in NETWORKS:
        (folder / TRAINED.name / f"{name}.keras").symlink_to(TRAINED / f"{name}.keras")
        shutil.copy(TRAINED / f"{name}.json", folder / TRAINED.name)
    checksum = json.loads((folder / "data" / "splits" / "manifest.json").read_text())["checksum"]
    for path in (folder / TRAINED.name).glob("*LSTM*.json"):
        path.write_text(
            json.dumps(json.loads(path.read_text()) | {"splits": {"checksum": checksum}})
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


def test_a_missing_member_leaves_its_ensembles_out(beside_trained_networks):
    folder = beside_trained_networks
    for path in (folder / TRAINED.name).glob("CNN-LSTM-384.*"):
        path.unlink()
    status, output = run(script("inference_example.ipynb", {}), folder)
    assert status == 0, output
    assert re.search("Ensemble 3 is left out: .* lacks CNN-LSTM-384\n", output)
    for path in (folder / TRAINED.name).glob("*LSTM-4*.*"):
        if "LSTM-455" not in path.name:
            path.unlink()
    status, output = run(script("inference_example.ipynb", {}), folder)
    assert status and "has no member of an ensemble: set WHICH = 'all'" in output


@pytest.mark.parametrize("which", ["other splits", "public files"])
def test_splits_of_others_are_refused(beside_trained_networks, public_files, which):
    folder = beside_trained_networks
    if which == "public files":
        (folder / "data" / "splits").unlink()
        (folder / "data" / "splits").symlink_to(public_files)
    else:
        path = folder / TRAINED.name / "LSTM-448.json"
        path.write_text(
            json.dumps(json.loads(path.read_text()) | {"splits": {"checksum": "another"}})
        )
    status, output = run(script("inference_example.ipynb", {}), folder)
    assert status and "may have been in their training" in output
