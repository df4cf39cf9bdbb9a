import keras
import numpy as np
import pytest
import tensorflow as tf

from cicy4 import build_model
from cicy4.data.order import reading_order
from cicy4.networks import cpu
from cicy4.networks.architectures import log_monomials
from cicy4.networks.cpu import SkipZeroRows
from cicy4.networks.models import faster


@pytest.fixture(scope="module")
def inputs(cicy4):
    """Matrices as networks read them, some with their zero rows last."""
    x = log_monomials(reading_order(cicy4[0][::6_000]))
    x[::10] = [np.roll(q, q.any(axis=1).sum(), axis=0) for q in x[::10]]
    return x


def steeper(model):
    """The network with larger weights, since a fresh one hardly depends on its input.

    Thrice as large, some networks of bfloat16 would be chaotic: their gradients differ by 7 %.
    """
    model.set_weights([2 * weights for weights in model.get_weights()])
    return model


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(1)


@pytest.mark.parametrize("name", ["LSTM-32", "CNN-LSTM-32", "CNN-GRU-32", "ResNet-GRU-32"])
def test_skipping_zero_rows_changes_nothing(inputs, name):
    plain = steeper(build_model(name, mean=(10, 1, 50, 300), spread=(3, 1, 20, 80)))
    expected, found = (f.predict(inputs, verbose=0) for f in (plain, faster(plain)))
    assert (abs(found - expected).max(axis=0) < 1e-4 * expected.std(axis=0)).all()


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
@pytest.mark.parametrize(("kind", "tolerance"), [("float32", 1e-4), ("bfloat16", 0.05)])
def test_outputs_and_gradients_are_those_of_plain_layers(
    inputs, monkeypatch, cell, kind, tolerance
):
    monkeypatch.setattr(cpu, "FAST", kind)
    plain = steeper(build_model(f"{cell}-64"))
    skipping = build_model(f"{cell}-64", recurrent=SkipZeroRows)
    skipping.set_weights(plain.get_weights())

    def outputs_and_gradients(model):
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            loss = tf.reduce_sum(tf.abs(outputs - 1))
        return [outputs, *tape.gradient(loss, model.trainable_variables)]

    for exact, found in zip(*map(outputs_and_gradients, (plain, skipping)), strict=True):
        assert found.shape == exact.shape
        assert tf.norm(found - exact) <= tolerance * tf.norm(exact)
