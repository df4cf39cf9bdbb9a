from dataclasses import replace

import keras
import numpy as np
import pytest

from cicy4 import build_model
from cicy4.configuration import canonical
from cicy4.models import ARCHITECTURES, model_input, published_parameters, read_by


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_parameter_counts_are_the_published_ones(name):
    millions = published_parameters(build_model(name)) / 1e6
    assert round(millions, 3) == ARCHITECTURES[name].parameters


def test_model_input_puts_zero_rows_first(cicy4):
    X = cicy4[0][::10_000]
    moved = model_input("LSTM-400", X)
    assert moved.dtype == np.float32
    for q, r in zip(X, moved, strict=True):
        m = q.any(axis=1).sum()
        assert r[16 - m :].any(axis=1).all() and not r[: 16 - m].any()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_reads_the_same_configurations(cicy4, name):
    X = cicy4[0][::10_000]
    assert np.array_equal(canonical(read_by(name, X)), X)


def test_bottom_up_only_the_rows_change_places(cicy4, monkeypatch):
    X = cicy4[0][::5000]
    reads = []
    for bottom_up in (False, True):
        changed = replace(ARCHITECTURES["LSTM-400"], bottom_up=bottom_up)
        monkeypatch.setitem(ARCHITECTURES, "LSTM-400", changed)
        reads.append(read_by("LSTM-400", X))
    assert (reads[0] != reads[1]).any(axis=(1, 2)).mean() > 0.9
    for one, other in zip(*reads, strict=True):
        assert sorted(one.tolist()) == sorted(other.tolist())


def test_outputs_are_rescaled_inside_the_model(cicy4, tmp_path):
    model = build_model("LSTM-400", mean=(10, 1, 50, 300), spread=(3, 1, 20, 80))
    model.get_layer("scaled_hodge").set_weights([np.zeros((1024, 4)), np.array([0, 1, -1, 2])])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    outputs = loaded.predict(model_input("LSTM-400", cicy4[0][:2]), verbose=0)
    np.testing.assert_allclose(outputs, [[10, 2, 30, 460]] * 2)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="no architecture 'LSTM-0'"):
        build_model("LSTM-0")
