import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_reduction import with_graph, with_hyperplane, with_point

from cicy4 import (
    build_model,
    canonical,
    hodge_numbers_batch,
    load_ensemble,
    load_network,
    load_splits,
    network_input,
)
from cicy4.data.order import ORDERS
from cicy4.data.splits import load_euler, read_manifest
from cicy4.geometry.configuration import unpad
from cicy4.geometry.hodge import euler_from_hodge
from cicy4.networks.architectures import ENSEMBLES, NETWORKS, TRAINED
from cicy4.networks.models import (
    TrainedNetwork,
    load_models,
    member_outputs,
    members,
    round_together,
    trained_models,
)
from cicy4.networks.prediction import predict
from cicy4.networks.reliability import write_reliability
from cicy4.networks.rounding import HODGE, accuracy, round_with_euler, round_with_relation


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="module")
def models():
    return load_models(ENSEMBLES["Ensemble 1"])


def member(model=None, order="connectivity", error=()):
    return TrainedNetwork("", model, None, {"order": order}, error)


def four(table):
    return table[HODGE].to_numpy(int)


def test_the_readme_begins_with_a_true_example():
    readme = (TRAINED.parent / "README.md").read_text()
    example = re.search(r"```python\n(.+?)```", readme, re.DOTALL)[1]
    *first, hodge, learned, together = example.splitlines()
    names = {}
    exec("\n".join(first), names)
    code, said = hodge.split("  # exact: ")
    assert str(eval(code, names)) == said
    alone, said = learned.split("  # learned: a table with ")
    for code in (alone, together):
        assert str(four(eval(code, names)).tolist()) == f"[[{said}]]"


def test_predictions_do_not_depend_on_the_order(cicy4, models, rng):
    X = cicy4[0][rng.choice(len(cicy4[0]), 160)]
    other = np.stack([q[rng.permutation(16)][:, rng.permutation(20)] for q in X])
    assert np.array_equal(canonical(other), X)
    pd.testing.assert_frame_equal(predict(models, X), predict(models, other))
    pd.testing.assert_frame_equal(predict(models, X), predict(models, list(map(unpad, other))))


def test_predictions_do_not_depend_on_the_description(cicy4, models, rng):
    """Each with a hyperplane, a point and the graph of an isomorphism more than it needs."""
    X = cicy4[0][::30_000]
    larger = [with_graph(with_point(with_hyperplane(unpad(q), rng), rng), rng) for q in X]
    larger = [q for q in larger if q is not None]
    found = predict(models, larger, exact=True)
    assert (found["reduced_to"] != "").all() and (found["error"] == "").all()
    representatives = list(map(json.loads, found["reduced_to"]))
    again = predict(models, representatives, exact=True)
    assert (again["reduced_to"] == "").all()
    others = found.columns.drop("reduced_to")
    pd.testing.assert_frame_equal(found[others], again[others])
    assert (found[HODGE] == found[[f"exact_{h}" for h in HODGE]].set_axis(HODGE, axis=1)).all(
        axis=1
    ).mean() > 0.9


def test_predictions_have_the_exact_euler_number(cicy4, models):
    X, hodge = cicy4[0][::9000], cicy4[1][::9000].astype(int)
    predicted = four(predict(models, X))
    assert np.array_equal(euler_from_hodge(predicted), euler_from_hodge(hodge))
    h11, h21, h31, h22 = predicted.T
    assert np.array_equal(h22, 2 * (22 + 2 * h11 + 2 * h31 - h21))


def test_trained_models_beat_the_most_frequent_answer_by_far(cicy4, models):
    X, hodge = cicy4[0][::1000], cicy4[1][::1000]
    constant = [max((hodge[:, i] == v).mean() for v in np.unique(hodge[:, i])) for i in range(4)]
    raw = accuracy(np.rint(member_outputs(models, X).mean(axis=0)), hodge)
    exact = accuracy(four(predict(models, X)), hodge)
    assert raw["h11"] > 2 * max(constant[0], 0.3)
    assert exact["all"] > raw["all"]


def test_the_largest_matrices_are_predicted_right_or_doubted(cicy4):
    """Eleven matrices have sixteen rows and no zero row, which all others begin with."""
    X, hodge, _ = cicy4
    largest = X.any(axis=2).all(axis=1)
    table = predict(load_models(), X[largest])
    assert sorted(set(table["split"])) == ["test", "train", "valid"] and len(table) == 11
    right = (four(table) == hodge[largest]).all(axis=1)
    assert right.sum() >= 10 and (table["probability"][~right] < 0.9).all()


def test_products_are_exact_and_what_is_no_fourfold_is_refused(models):
    matrices = [[[3, 0], [0, 5]], [[5]], [[6], [1]], [[2, 0], [0, 6]], [[1, 300]], [], [[True, 5]]]
    table = predict(models, matrices, exact=True)
    assert table["source"].tolist() == ["exact", "", "networks", "", "", "", ""]
    assert four(table.iloc[[0]]).tolist() == [[2, 102, 102, 204]]
    assert table.loc[2, [f"exact_{h}" for h in HODGE]].tolist() == [1, 0, 426, 1752]
    assert table[HODGE].drop([0, 2]).isna().all(axis=None)
    assert table["reduced_to"][2] == "[[6]]" and table["split"].tolist()[:3] == ["", "", "valid"]
    messages = ["", "dimension 3", "", "two points", "entry", "rows and columns", "true or false"]
    for error, message in zip(table["error"], messages, strict=True):
        assert message in error and bool(error) == bool(message)
    assert predict(models, []).empty and list(predict(models, []).columns) == list(
        predict(models, [[[6]]]).columns
    )


def test_networks_and_ensembles_predict_by_name(models):
    pair = [[[6]], [[2, 1], [1, 2], [0, 3]]]
    for ensemble in (load_ensemble("ensemble 1"), load_ensemble(ENSEMBLES["Ensemble 1"])):
        pd.testing.assert_frame_equal(ensemble.predict(pair, True), predict(models, pair, True))
    alone = load_network("LSTM-448").predict(pair)
    pd.testing.assert_frame_equal(alone, predict(models[:1], pair))
    with pytest.raises(ValueError, match="no network 'LSTM'; there are"):
        load_network("LSTM")


def test_pytorch_puts_out_the_same(cicy4, tmp_path):
    """As JAX does, see the tests of notebooks."""
    pytest.importorskip("torch")
    X = cicy4[0][::9_000]
    np.save(tmp_path / "X.npy", X)
    code = (
        "import numpy as np; from cicy4.networks.models import load_models, member_outputs\n"
        "np.save('outputs.npy', member_outputs(load_models(['CNN-GRU-384']), np.load('X.npy')))"
    )
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    outputs = member_outputs(load_models(["CNN-GRU-384"]), X)
    assert abs(np.load(tmp_path / "outputs.npy") - outputs).max() < 0.005


def test_the_split_of_a_manifold_is_marked(models):
    for name, (matrices, _) in load_splits().items():
        found = predict(models, matrices[:20])["split"].tolist()
        assert set(found) <= {name, "train (twin)"} and found.count(name) > 10


def test_the_split_is_that_of_the_splits_a_network_was_trained_beside(models):
    """With more for training the first test matrices are in training; another seed moves all."""
    matrices = load_splits()["test"][0][:20]
    other = [
        [network._replace(splits={**network.splits, **cut}) for network in models]
        for cut in ({"cut": {"train": 0.9}}, {"cut": None}, {"cut": {"seed": 1}})
    ]
    more, unknown, moved = (set(predict(networks, matrices)["split"]) for networks in other)
    assert (more, unknown) == ({"train"}, {"unknown"}) and {"train", "test"} <= moved
    with pytest.raises(ValueError, match="LSTM-448, CNN-LSTM-400 were not trained beside the same"):
        predict([models[0]._replace(splits={"checksum": "another"}), models[1]], matrices)


def test_a_folder_of_networks_brings_its_own_splits(small_splits, tmp_path):
    for kind in ("keras", "json"):
        shutil.copy(TRAINED / f"LSTM-400.{kind}", tmp_path)
    (tmp_path / "splits").symlink_to(small_splits)
    write_reliability(tmp_path)
    [entry] = json.loads((tmp_path / "reliability.json").read_text())
    assert sum(entry["predictions"]) == 512
    with pytest.warns(UserWarning, match="LSTM-400 predicts alone"):
        [network] = load_models(directory=tmp_path)
    assert predict([network], [[[6]]])["probability"].notna().all()


def test_each_network_is_given_its_own_order(cicy4):
    """The last row that a network reads is the last of the canonical matrix, or of the order."""
    matrix = keras.Input((16, 20))
    last = keras.Model(matrix, keras.layers.Cropping1D((15, 0))(matrix)[:, 0, :4])
    X = cicy4[0][::9000]
    outputs = member_outputs([member(model=last, order=name) for name in ORDERS], X)
    for order, found in zip(ORDERS, outputs, strict=True):
        assert np.array_equal(found, network_input(X, order)[:, -1, :4])
    assert not np.array_equal(outputs[0], outputs[1])


def test_probabilities_are_those_of_the_validation_split(models):
    """As many are right as their probabilities say; those with a lower one are right less often."""
    matrices, hodge = (array[:10_000] for array in load_splits()["test"])
    table = predict(models, matrices)
    right, said = (four(table) == hodge).all(axis=1), table["probability"]
    assert said.between(0, 1, inclusive="neither").all()
    assert abs(right.mean() - said.mean()) < 0.002
    doubtful = said < 0.9
    assert doubtful.any() and right[doubtful].mean() < 0.9 < right[~doubtful].mean()


def test_without_a_count_no_probability_is_claimed(models):
    assert predict(models[::-1], [[[6]]])["probability"].notna().all()
    assert predict(load_models(["LSTM-448", "LSTM-400"]), [[[6]]])["probability"].isna().all()


outputs = st.tuples(st.floats(1, 25), st.floats(0, 34), st.floats(15, 430), st.floats(200, 1760))
errors = st.tuples(*[st.floats(0.05, 3)] * 4)


@given(outputs, errors, st.integers(48, 435))
def test_rounding_finds_the_nearest_compatible_integers(output, error, euler_sixth):
    rounded = round_with_euler(np.array([output]), np.array([6 * euler_sixth]), error)[0]
    h11, h21, h31, h22 = rounded
    assert euler_from_hodge(rounded) == 6 * euler_sixth
    assert h22 == 2 * (22 + 2 * h11 + 2 * h31 - h21)

    def distance(a, b):
        c = euler_sixth - 8 - a + b
        h = (a, b, c, 2 * (22 + 2 * a + 2 * c - b))
        return sum(((x - y) / e) ** 2 for x, y, e in zip(h, output, error, strict=True))

    near = itertools.product(*(range(max(round(o) - 2, n), round(o) + 3)
                               for o, n in zip(output[:2], (1, 0), strict=True)))  # fmt: skip
    assert h11 >= 1 and h21 >= 0
    assert distance(h11, h21) <= min(itertools.starmap(distance, near)) * (1 + 1e-9) + 1e-9


def test_the_euler_number_overrules_the_output_that_members_disagree_in():
    models = [member(error=(0.01, 0.01, 0.1, 0.4))] * 2
    exact = np.array([10, 0, 36, 228])
    outputs = exact + np.array([[[-1.0, 0, 0.1, 0.4]], [[-0.1, 0, 0.1, 0.4]]])
    euler = euler_from_hodge(exact[None])
    assert np.array_equal(round_together(models, outputs, euler), [exact])
    # Where both are as sure of h11 = 9, it is the others that are wrong.
    outputs[..., 0] = 9
    assert round_together(models, outputs, euler)[0, 0] == 9


def test_one_member_may_be_far_off():
    """One that the Euler number does not show, since h11 + h31 is right, as on sixteen rows."""
    models = [member(error=(0.01, 0.01, 0.1, 0.4))] * 4
    exact = np.array([16, 0, 24, 204])
    off = np.array([[-2.0, 0, 2, 0], [-0.4, 0, 0.4, 0.4], [-0.1, 0, 0.1, 0.4], [-0.1, 0, 0.1, 0]])
    found = round_together(models, (exact + off)[:, None], euler_from_hodge(exact[None]))
    assert np.array_equal(found, [exact])


def test_a_small_error_is_repaired(cicy4):
    hodge = hodge_numbers_batch(cicy4[0][::5000])
    noisy = hodge + np.array([0.3, -0.3, 4.0, -17.0])
    exact = round_with_euler(noisy, euler_from_hodge(hodge), (0.2, 0.4, 2, 8))
    assert np.array_equal(exact, hodge)


def test_h22_follows_from_the_others(cicy4):
    hodge = hodge_numbers_batch(cicy4[0][::5000])
    assert np.array_equal(round_with_relation(hodge + np.array([0.4, -0.4, 0.4, 17])), hodge)
    wrong = round_with_relation(hodge + np.array([0, 0, 1, 0])) - hodge
    assert (wrong == [0, 0, 1, 4]).all()


def test_bad_model_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"LSTM-400\.keras"):
        load_models(["LSTM-400"], tmp_path)
    (tmp_path / "LSTM-400.keras").write_bytes(b"not a model")
    with pytest.raises(ValueError, match="damaged"):
        load_models(["LSTM-400"], tmp_path)
    with pytest.raises(ValueError, match=r"a list: \['LSTM-400'\]"):
        load_models("LSTM-400")
    network = build_model("LSTM-400")
    network.set_weights([np.full_like(w, np.nan) for w in network.get_weights()])
    network.save(tmp_path / "LSTM-400.keras")
    with pytest.raises(ValueError, match="not finite"):
        load_models(["LSTM-400"], tmp_path)
    build_model("CNN-GRU-384").save(tmp_path / "LSTM-400.keras")
    with pytest.raises(ValueError, match="another architecture than LSTM-400"):
        load_models(["LSTM-400"], tmp_path)


def test_records_belong_to_their_networks(tmp_path):
    for name in trained_models():
        record = json.loads((TRAINED / f"{name}.json").read_text())
        assert record["model"] == name
        (tmp_path / f"{name}.keras").symlink_to(TRAINED / f"{name}.keras")
        with pytest.raises(FileNotFoundError):
            load_models([name], tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"validation": {"mae": [0.1, float("nan"), 0.1, 0.1]}}, r"errors .* are \[0.1, nan"),
        ({"validation": {"mae": [0.1, 0.0, 0.1, 0.1]}}, r"errors .* are \[0.1, 0.0"),
        ({"validation": None}, r"LSTM-400\.json is no record of a network"),
        ({"splits": {}}, r"LSTM-400\.json is no record of a network: KeyError\('order'\)"),
    ],
)
def test_a_damaged_record_is_refused(tmp_path, change, message):
    (tmp_path / "LSTM-400.keras").symlink_to(TRAINED / "LSTM-400.keras")
    record = json.loads((TRAINED / "LSTM-400.json").read_text())
    (tmp_path / "LSTM-400.json").write_text(json.dumps(record | change))
    with pytest.raises(ValueError, match=message):
        load_models(["LSTM-400"], tmp_path)


def test_outputs_that_are_not_finite_are_refused(models):
    model = build_model("LSTM-16", std=(1e38,) * 4)
    model.set_weights([np.full(w.shape, 1e30, "float32") for w in model.get_weights()])
    broken = models[0]._replace(model=model)
    with pytest.raises(ValueError, match=r"LSTM-448\.keras has outputs that are not finite"):
        predict([broken], [[[6]]])


@pytest.mark.parametrize("networks", [[], ["LSTM-400"], [None]])
def test_only_loaded_networks_predict(networks):
    with pytest.raises(ValueError, match="networks come from load_models"):
        predict(networks, [[[6]]])


def test_without_keras_one_line_says_what_to_install(tmp_path):
    (tmp_path / "matrices.txt").write_text("[[6]]")
    code = "import sys; sys.modules['keras'] = None; from cicy4.__main__ import main; "
    code += "sys.exit(main(['predict', 'matrices.txt']))"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr == "cicy4: networks need Keras: pip install 'cicy4[networks]'\n"


def test_networks_and_ensembles_are_named_in_any_case():
    assert members(["lstm-448", "Ensemble 1"]) == ["LSTM-448", "CNN-LSTM-400"]
    assert members(["LSTM-16"]) == ["LSTM-16"]
    with pytest.raises(ValueError, match="no network 'LSTM448'; there are CNN-GRU-384"):
        members(["LSTM448"])


def test_a_missing_member_of_the_ensemble_is_said(tmp_path):
    for kind in ("keras", "json"):
        shutil.copy(TRAINED / f"LSTM-400.{kind}", tmp_path)
    with pytest.warns(UserWarning, match="lacks LSTM-448, .* of Ensemble 3: LSTM-400 predicts"):
        [network] = load_models(directory=tmp_path)
    assert network.name == "LSTM-400"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_archive_opens_in_the_keras_of_kaggle(name):
    """Keras 3.13 does not know what later ones write of initializers."""
    archive = TRAINED / f"{name}.keras"
    model = keras.models.load_model(archive, compile=False)
    assert model.name == archive.stem
    config = zipfile.ZipFile(archive).read("config.json")
    assert b"input_axes" not in config and b"output_axes" not in config


def test_a_network_is_given_numbers_of_monomials_in_its_order(cicy4):
    X = cicy4[0][::9000].copy()
    ordered, logs = ORDERS["reading"](X), network_input(X, "reading")
    assert logs.dtype == np.float32 and np.array_equal(logs == 0, ordered == 0)
    # The sextic has C(11, 5) = 462 monomials; a cubic in P^2 has 10.
    assert logs[0].max() == pytest.approx(np.log(462))
    cubics = (ordered == 3) & (ordered.sum(axis=2, keepdims=True) == 3)
    assert cubics.any() and np.allclose(logs[cubics], np.log(10))


def test_a_record_says_what_its_network_scores(cicy4):
    """Accuracies of the record on its own test split, on a part of it."""
    splits, name = load_splits(), trained_models()[0]
    record = json.loads((TRAINED / f"{name}.json").read_text())
    assert record["splits"]["checksum"] == read_manifest()["checksum"]
    X, hodge = (array[:4000] for array in splits["test"])
    model = load_models([name])[0]
    [outputs] = member_outputs([model], canonical(X))
    found = {
        "accuracy": accuracy(np.rint(outputs), hodge),
        "accuracy_with_euler": accuracy(
            round_with_euler(outputs, load_euler("test")[:4000], model.error), hodge
        ),
    }
    for way, shares in found.items():
        for key, share in shares.items():
            assert share == pytest.approx(record["test"][way][key], abs=0.03)
