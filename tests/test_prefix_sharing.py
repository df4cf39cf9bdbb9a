import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from cicy4 import build_model
from cicy4.data.connectivity import connectivity_order
from cicy4.networks import prefix_sharing
from cicy4.networks.architectures import log_monomials
from cicy4.networks.prefix_sharing import SharedPrefixes, faster, prefixes, sorted_by_rows


@pytest.fixture(scope="module")
def inputs(cicy4):
    """Matrices as networks read them, some with their zero rows last."""
    x = log_monomials(connectivity_order(cicy4[0][::6_000]))
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
    plain = steeper(build_model(name, mean=(10, 1, 50, 300), std=(3, 1, 20, 80)))
    expected, found = (f.predict(inputs, verbose=0) for f in (plain, faster(plain)))
    assert (abs(found - expected).max(axis=0) < 1e-4 * expected.std(axis=0)).all()


def outputs_and_gradients(model, inputs):
    """As float32; the loss is smooth, so that a sign which turns is no error."""
    with tf.GradientTape() as tape:
        outputs = tf.cast(model(inputs, training=True), "float32")
        loss = tf.reduce_sum(tf.square(outputs - 1))
    return [outputs, *tape.gradient(loss, model.trainable_variables)]


def error_of(found, exact):
    """The largest relative error of a tensor."""
    assert [one.shape for one in found] == [one.shape for one in exact]
    pairs = zip(found, exact, strict=True)
    return max(float(tf.norm(one - other) / tf.norm(other)) for one, other in pairs)


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_outputs_and_gradients_are_those_of_plain_layers(inputs, monkeypatch, cell):
    monkeypatch.setattr(prefix_sharing, "PRODUCTS", "float32")
    plain = steeper(build_model(f"{cell}-64"))
    exact, found = (outputs_and_gradients(model, inputs) for model in (plain, faster(plain)))
    assert error_of(found, exact) <= 1e-4


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_products_in_bfloat16_lose_less_than_layers_of_keras_in_it(inputs, monkeypatch, cell):
    """How much that is depends on the machine; both are computed on this one."""
    monkeypatch.setattr(prefix_sharing, "PRODUCTS", "bfloat16")
    plain = steeper(build_model(f"{cell}-64"))
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = build_model(f"{cell}-64")
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.set_weights(plain.get_weights())
    exact, found, rounded = (
        outputs_and_gradients(model, inputs) for model in (plain, faster(plain), mixed)
    )
    assert 0 < error_of(found, exact) < error_of(rounded, exact)


def test_each_prefix_is_found_once_in_sorted_matrices(inputs):
    shuffled = inputs[np.random.default_rng(1).permutation(len(inputs))]
    x = shuffled[sorted_by_rows(tf.constant(shuffled)).numpy()]
    first, parents, last = prefixes(tf.constant(x))
    for t, (matrices, parent) in enumerate(zip(first, parents, strict=True)):
        distinct = len(np.unique(x[:, : t + 1].reshape(len(x), -1), axis=0))
        assert len(matrices) == -(-distinct // 32) * 32
        assert len(np.unique(matrices)) == distinct
        if t:
            assert np.array_equal(x[matrices, :t], x[first[t - 1].numpy()[parent], :t])
    assert np.array_equal(x[first[-1].numpy()[last]], x)


def network_of(*inner):
    """A network with these recurrent layers, of a name that no table knows."""
    matrix = keras.Input((16, 20))
    features = keras.Sequential(inner, name="recurrent")(matrix)
    return steeper(keras.Model(matrix, layers.Dense(4)(features), name="MyNetwork"))


def skips(model):
    return any(isinstance(layer, SharedPrefixes) for layer in model.layers)


def test_layers_of_two_widths_are_replaced(inputs):
    plain = network_of(layers.GRU(24, return_sequences=True), layers.GRU(40))
    fast = faster(plain)
    assert skips(fast)
    np.testing.assert_allclose(fast.predict(inputs), plain.predict(inputs), atol=1e-5)


@pytest.mark.parametrize(
    "inner",
    [
        [layers.LSTM(16, return_sequences=True), layers.LSTM(16), layers.ReLU()],
        [*(layers.LSTM(16, return_sequences=True) for _ in range(2)), layers.LSTM(16)],
        [layers.LSTM(16, return_sequences=True), layers.LSTM(16, activation="relu")],
        [layers.LSTM(16, return_sequences=True, dropout=0.1), layers.LSTM(16)],
        [layers.LSTM(16, return_sequences=True, go_backwards=True), layers.LSTM(16)],
        [layers.LSTM(16, return_sequences=True), layers.GRU(16)],
        [layers.SimpleRNN(16, return_sequences=True), layers.SimpleRNN(16)],
        [layers.Bidirectional(layers.LSTM(16, return_sequences=True)), layers.LSTM(16)],
    ],
    ids=[
        "ReLU",
        "third layer",
        "activation",
        "dropout",
        "backwards",
        "mixed",
        "simple",
        "both ways",
    ],
)
def test_what_the_fast_layers_do_not_compute_is_left_alone(inner):
    assert not skips(faster(network_of(*inner)))
