import numpy as np
import pytest

from cicy4 import build_model
from cicy4.growth import inherit
from cicy4.models import model_input
from cicy4.pruning import without_units


@pytest.fixture(scope="module")
def x(cicy4):
    return model_input("LSTM-8", cicy4[0][::5_000])


def with_twins(model, wide, rng):
    """The same function with more units: each further one has the inputs of one of the first.

    What was multiplied by the output of that one is shared out between both.
    """
    parent = build_model(wide)
    first, second = model.get_layer("recurrent").layers
    units = first.units
    origin = np.arange(parent.get_layer("recurrent").layers[0].units) % units

    def columns(weights):
        gates = weights.reshape(*weights.shape[:-1], -1, units)
        return gates[..., origin].reshape(*weights.shape[:-1], -1)

    def rows(weights):
        share = rng.uniform(-1, 1, (len(origin), 1))
        share[: len(origin) - units] = 1 - share[units:]
        share[len(origin) - units : units] = 1
        return share * weights[origin]

    (k1, r1, b1), (k2, r2, b2) = first.get_weights(), second.get_weights()
    parent.get_layer("recurrent").set_weights(
        [columns(k1), rows(columns(r1)), columns(b1), rows(columns(k2)), rows(columns(r2)),
         columns(b2)]
    )  # fmt: skip
    kernel, bias = model.get_layer("head").get_weights()
    parent.get_layer("head").set_weights([rows(kernel), bias])
    parent.get_layer("scaled_hodge").set_weights(model.get_layer("scaled_hodge").get_weights())
    return parent


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_units_that_others_tell_go_without_a_change(x, cell):
    model = build_model(f"{cell}-8")
    parent = with_twins(model, f"{cell}-12", np.random.default_rng(1))
    child = build_model(f"{cell}-8")
    outputs = parent.predict(x, verbose=0)
    np.testing.assert_allclose(outputs, model.predict(x, verbose=0), atol=1e-4)
    inherit(child, parent, x)
    np.testing.assert_allclose(child.predict(x, verbose=0), outputs, atol=1e-3)


@pytest.fixture(scope="module")
def layer():
    """Outputs of a layer of six units, and weights behind them."""
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6))
    return outputs, rng.normal(size=(6, 3))


@pytest.mark.parametrize("width", [2, 5])
def test_the_units_that_are_kept_make_up_for_the_others(layer, width):
    outputs, weights = layer
    kept, (new,) = without_units(outputs, [weights], width)
    assert len(kept) == width
    best = np.linalg.lstsq(outputs[:, kept], outputs @ weights)[0]
    np.testing.assert_allclose(new, best, rtol=1e-3, atol=1e-3)


def test_the_unit_that_costs_least_goes(layer):
    outputs, weights = layer
    wanted = outputs @ weights

    def cost(gone):
        others = np.delete(outputs, gone, axis=1)
        return np.linalg.norm(wanted - others @ np.linalg.lstsq(others, wanted)[0])

    kept, _ = without_units(outputs, [weights], 5)
    assert set(range(6)) - set(kept) == {min(range(6), key=cost)}


def test_a_layer_may_keep_all_units(layer):
    outputs, weights = layer
    kept, (same,) = without_units(outputs, [weights], 6)
    assert np.array_equal(kept, range(6)) and np.array_equal(same, weights)
