import numpy as np
import pytest

from cicy4 import build_model
from cicy4.growth import inherit, is_alive
from cicy4.models import model_input

ZEROS = np.zeros((1, 16, 20), "float32")

# Children that have every unit of their parent.
GROWN = [
    ("LSTM-400", "LSTM-448"),
    ("LSTM-400", "CNN-LSTM-400"),
    ("CNN-LSTM-256", "CNN-LSTM-416"),
    ("ResNet-GRU-256", "ResNet-GRU-400"),
    ("ResNet-GRU-256", "ResNet-GRU-256"),
]


@pytest.mark.parametrize(("parent", "child"), GROWN)
def test_a_grown_network_computes_the_same(cicy4, parent, child):
    x = model_input(parent, cicy4[0][::50_000])
    parent = build_model(parent, mean=(10, 1, 40, 240), spread=(2, 2, 14, 50))
    child = build_model(child, mean=(11, 1.5, 42, 250), spread=(3, 1, 10, 60))
    assert not np.allclose(child.predict(x, verbose=0), parent.predict(x, verbose=0), rtol=1e-3)
    inherit(child, parent, x)
    np.testing.assert_allclose(
        child.predict(x, verbose=0), parent.predict(x, verbose=0), rtol=1e-4, atol=1e-3
    )


def test_a_new_unit_and_a_new_branch_can_learn():
    parent, child = build_model("LSTM-400"), build_model("CNN-LSTM-416")
    inherit(child, parent, ZEROS)
    kernel, recurrent = child.get_layer("recurrent").get_weights()[:2]
    assert kernel.reshape(20, 4, 416)[:, :, 400:].all()
    assert recurrent.reshape(416, 4, 416)[:, :, 400:].any(axis=(0, 1)).all()
    assert not recurrent.reshape(416, 4, 416)[400:, :, :400].any()


def test_an_lstm_does_not_become_a_gru():
    with pytest.raises(ValueError, match="CNN-GRU-384 has GRU layers, LSTM-400 LSTM"):
        inherit(build_model("CNN-GRU-384"), build_model("LSTM-400"), ZEROS)


@pytest.mark.parametrize(("name", "dead"), [("CNN-LSTM-8", -1), ("ResNet-GRU-8", 1)])
def test_a_dead_branch_is_not_inherited(cicy4, name, dead):
    x = model_input(name, cicy4[0][::50_000])
    parent, child = build_model(name), build_model(name)
    assert is_alive(parent, x)
    branch = parent.get_layer(name.split("-")[0].lower())
    convolutions = [layer for layer in branch.layers if layer.weights]
    convolutions[dead].bias.assign(-1e3 + 0 * convolutions[dead].bias)
    assert not is_alive(parent, x)
    inherit(child, parent, x)
    assert is_alive(child, x)
    kernel = child.get_layer("head").get_weights()[0]
    assert not kernel[:-8].any() and kernel[-8:].any()
