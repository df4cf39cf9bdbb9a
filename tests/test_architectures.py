import keras
import numpy as np
import pytest

from cicy4 import build_model
from cicy4.networks.architectures import NETWORKS, log_monomials
from tools.published import PUBLISHED_PARAMETERS


@pytest.mark.parametrize("name", PUBLISHED_PARAMETERS)
def test_parameter_counts_are_the_published_ones(name):
    """An LSTM has two vectors of biases there, and in Keras their sum."""
    chosen = NETWORKS[name]
    second_bias = 8 * chosen.width if chosen.cell == "LSTM" else 0
    millions = (build_model(name).count_params() + second_bias) / 1e6
    assert round(millions, 3) == PUBLISHED_PARAMETERS[name]


def test_monomials_of_an_equation_are_counted():
    """O(2, 3) on P^1 x P^2 has 3 * 10 monomials; the logarithms add up."""
    matrices = np.zeros((1, 16, 20), np.uint8)
    matrices[0, -2:, 0], matrices[0, -2:, 1] = [2, 3], [0, 0]
    assert np.exp(log_monomials(matrices).sum(axis=1))[0, 0] == pytest.approx(30)


def test_outputs_are_rescaled_inside_the_model(tmp_path):
    model = build_model("LSTM-400", mean=(10, 1, 50, 300), std=(3, 1, 20, 80))
    model.get_layer("scaled_hodge").set_weights([np.zeros((1024, 4)), np.array([0, 1, -1, 2])])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    outputs = loaded.predict(np.ones((2, 16, 20), "float32"), verbose=0)
    np.testing.assert_allclose(outputs, [[10, 2, 30, 460]] * 2)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="no network 'LSTM-0'"):
        build_model("LSTM-0")
