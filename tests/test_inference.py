import itertools
import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cicy4 import build_model, canonical, hodge_numbers_batch, load_models, predict
from cicy4.hodge import euler_from_hodge
from cicy4.inference import (
    TRAINED,
    accuracy,
    round_with_euler,
    round_with_relation,
    trained_models,
)
from cicy4.models import ENSEMBLES


@pytest.fixture(scope="module")
def models():
    return load_models(ENSEMBLES["Ensemble 1"])


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_predictions_do_not_depend_on_the_order(cicy4, models, seed):
    rng = np.random.default_rng(seed)
    X = cicy4[0][rng.choice(len(cicy4[0]), 8)]
    other = X[:, rng.permutation(16)][:, :, rng.permutation(20)]
    assert np.array_equal(canonical(other), X)
    for euler in (True, False):
        assert np.array_equal(predict(models, X, euler), predict(models, other, euler))


def test_predictions_have_the_exact_euler_number(cicy4, models):
    X, hodge = cicy4[0][::9000], cicy4[1][::9000].astype(int)
    predicted = predict(models, X)
    assert np.array_equal(euler_from_hodge(predicted), euler_from_hodge(hodge))
    h11, h21, h31, h22 = predicted.T
    assert np.array_equal(h22, 2 * (22 + 2 * h11 + 2 * h31 - h21))


def test_trained_models_beat_the_most_frequent_answer_by_far(cicy4, models):
    X, hodge = cicy4[0][::500], cicy4[1][::500]
    constant = [max((hodge[:, i] == v).mean() for v in np.unique(hodge[:, i])) for i in range(4)]
    raw = accuracy(predict(models, X, euler=False), hodge)
    exact = accuracy(predict(models, X), hodge)
    assert raw["h11"] > 2 * max(constant[0], 0.3)
    assert exact["all"] > raw["all"]


outputs = st.tuples(st.floats(0, 25), st.floats(-1, 34), st.floats(15, 430), st.floats(200, 1760))
errors = st.tuples(*[st.floats(0.05, 3)] * 4)


@given(outputs, errors, st.integers(48, 435))
def test_rounding_finds_the_nearest_compatible_integers(output, error, euler_sixth):
    rounded = round_with_euler([output], [6 * euler_sixth], error)[0]
    h11, h21, h31, h22 = rounded
    assert euler_from_hodge(rounded) == 6 * euler_sixth
    assert h22 == 2 * (22 + 2 * h11 + 2 * h31 - h21)

    def distance(a, b):
        c = euler_sixth - 8 - a + b
        h = (a, b, c, 2 * (22 + 2 * a + 2 * c - b))
        return sum(((x - y) / e) ** 2 for x, y, e in zip(h, output, error, strict=True))

    best = min(itertools.starmap(distance, itertools.product(range(1, 60), range(0, 300))))
    if h11 < 60 and h21 < 300:
        assert distance(h11, h21) <= best * (1 + 1e-9) + 1e-9


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
    build_model("CNN-GRU-384").save(tmp_path / "LSTM-400.keras")
    with pytest.raises(ValueError, match="another architecture than LSTM-400"):
        load_models(["LSTM-400"], tmp_path)


def test_records_belong_to_their_models(tmp_path):
    for name in trained_models():
        record = json.loads((TRAINED / f"{name}.json").read_text())
        assert record["model"] == name
        shutil.copy(TRAINED / f"{name}.keras", tmp_path)
        with pytest.raises(FileNotFoundError):
            load_models([name], tmp_path)
