import keras
import numpy as np
import pytest

from cicy4 import build_model
from cicy4.cpu import FastMuon, SkipLeadingZeros, fast_product, skip_leading_zeros
from cicy4.models import ARCHITECTURES, model_input


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_skipping_zero_rows_changes_nothing(cicy4, name):
    plain = build_model(name, mean=(10, 1, 50, 300), spread=(3, 1, 20, 80))
    # Fresh networks hardly depend on their input; these do.
    plain.set_weights([3 * weights for weights in plain.get_weights()])
    x = model_input(cicy4[0][::20_000])
    expected = plain.predict(x, verbose=0)
    found = skip_leading_zeros(plain).predict(x, verbose=0)
    assert (abs(found - expected).max(axis=0) < 1e-4 * expected.std(axis=0)).all()

    plain.set_weights([weights / 2 for weights in plain.get_weights()])
    expected, found = (f.predict(x, verbose=0) for f in (plain, skip_leading_zeros(plain)))
    assert (abs(found - expected).max(axis=0) < 1e-4 * expected.std(axis=0)).all()


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_products_for_training_are_those_of_the_network_but_for_rounding(cicy4, cell):
    def recurrent(*shape):
        return SkipLeadingZeros(*shape, product=fast_product)

    plain, rounded = build_model(f"{cell}-64"), build_model(f"{cell}-64", recurrent=recurrent)
    plain.set_weights([3 * weights for weights in plain.get_weights()])
    rounded.set_weights(plain.get_weights())
    x = model_input(cicy4[0][::20_000])
    a, b = plain.predict(x, verbose=0), rounded.predict(x, verbose=0)
    assert abs(a - b).max() < 0.05 * a.std()


@pytest.mark.parametrize("shape", [(30, 80), (80, 30)])
def test_fast_muon_makes_the_same_updates(shape):
    gradient = keras.random.normal(shape, seed=1)
    exact, fast = (
        keras.ops.convert_to_numpy(muon().zeropower_via_newtonschulz5(gradient, 5))
        for muon in (keras.optimizers.Muon, FastMuon)
    )
    assert 0 < abs(exact - fast).max() < 1e-3 * abs(exact).max()
    singular = np.linalg.svd(fast, compute_uv=False)
    assert singular.shape == (30,) and singular.min() > 0.5 and singular.max() < 1.5
