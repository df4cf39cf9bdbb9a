import functools

import keras
import numpy as np
import pytest

from cicy4 import build_model
from cicy4.cpu import FastMuon
from cicy4.models import model_input
from cicy4.skipping import SkipLeadingZeros, skip_leading_zeros


@pytest.mark.parametrize("name", ["LSTM-32", "CNN-LSTM-32", "CNN-GRU-32", "ResNet-GRU-32"])
def test_skipping_zero_rows_changes_nothing(cicy4, name):
    plain = build_model(name, mean=(10, 1, 50, 300), spread=(3, 1, 20, 80))
    # Fresh networks hardly depend on their input; these do.
    plain.set_weights([3 * weights for weights in plain.get_weights()])
    x = model_input(name, cicy4[0][::20_000])
    expected = plain.predict(x, verbose=0)
    found = skip_leading_zeros(plain).predict(x, verbose=0)
    assert (abs(found - expected).max(axis=0) < 1e-4 * expected.std(axis=0)).all()

    plain.set_weights([weights / 2 for weights in plain.get_weights()])
    expected, found = (f.predict(x, verbose=0) for f in (plain, skip_leading_zeros(plain)))
    assert (abs(found - expected).max(axis=0) < 1e-4 * expected.std(axis=0)).all()


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
@pytest.mark.parametrize(("kind", "tolerance"), [("float32", 1e-4), ("bfloat16", 0.05)])
def test_outputs_and_gradients_are_those_of_plain_layers(cicy4, cell, kind, tolerance):
    tf = pytest.importorskip("tensorflow")
    recurrent = functools.partial(SkipLeadingZeros, kind=kind)
    plain, skipping = build_model(f"{cell}-64"), build_model(f"{cell}-64", recurrent=recurrent)
    plain.set_weights([3 * weights for weights in plain.get_weights()])
    skipping.set_weights(plain.get_weights())
    x = model_input(plain.name, cicy4[0][::5_000])

    def outputs_and_gradients(model):
        with tf.GradientTape() as tape:
            outputs = model(x)
            loss = tf.reduce_sum(tf.abs(outputs - 1))
        return [outputs, *tape.gradient(loss, model.trainable_variables)]

    for exact, found in zip(*map(outputs_and_gradients, (plain, skipping)), strict=True):
        assert found.shape == exact.shape
        assert tf.norm(found - exact) <= tolerance * tf.norm(exact)


@pytest.mark.parametrize("shape", [(30, 80), (80, 30)])
def test_fast_muon_makes_the_same_updates(shape):
    gradient = keras.random.normal(shape, seed=1)
    exact, fast = (
        keras.ops.convert_to_numpy(muon().zeropower_via_newtonschulz5(gradient, 5))
        for muon in (keras.optimizers.Muon, FastMuon)
    )
    assert np.linalg.norm(exact - fast) < 0.03 * np.linalg.norm(exact)
    singular = np.linalg.svd(fast, compute_uv=False)
    assert singular.shape == (30,) and singular.min() > 0.5 and singular.max() < 1.5
