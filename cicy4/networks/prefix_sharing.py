"""Two stacked recurrent layers that read each prefix once, for TensorFlow on a CPU.

Rows are read one after the other, so matrices that begin with the same rows have the same states
until they part.  At each place only the distinct *prefixes* are computed; a prefix finds the
states that it continues at its *parent*, one place before.  Matrices whose first rows are zero
share them, too.  What is found are prefixes that neighbours share: sorted matrices have the
fewest.
"""

import functools
from pathlib import Path

import keras
import numpy as np
from keras import layers

ON_CPU = keras.backend.backend() == "tensorflow"
if ON_CPU:
    import tensorflow as tf

    ON_CPU = not tf.config.list_physical_devices("GPU")  # there the layers of Keras are faster


def lstm_step(gates, bias, c):
    """Output and state of an LSTM cell after one row.

    Args:
        gates: row and last output times the weights, ``(N, 4 width)``.
        bias: float32 ``(4 width,)``.
        c: the state before, float32 ``(N, width)``.
    """
    i, f, g, o = add_bias(gates, bias)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.cast(tf.sigmoid(o) * tf.tanh(c), gates.dtype), c


def gru_step(gates, bias, h):
    """Output and state of a GRU cell after one row; see :func:`lstm_step`."""
    z, r, from_row, from_last = add_bias(gates, bias)
    z, r = tf.sigmoid(z), tf.sigmoid(r)
    h = z * h + (1 - z) * tf.tanh(from_row + r * from_last)
    return tf.cast(h, gates.dtype), h


def add_bias(gates, bias):
    """The four gates of a cell in float32."""
    pairs = zip(tf.split(gates, 4, axis=1), tf.split(bias, 4), strict=True)
    return [tf.cast(gate, "float32") + b for gate, b in pairs]


def lstm_weights(cell):
    """Weights and bias of an LSTM cell, for a row and the last output side by side."""
    return tf.concat([cell.kernel, cell.recurrent_kernel], axis=0), tf.convert_to_tensor(cell.bias)


def gru_weights(cell):
    """The same of a GRU cell, with row and last output apart in what counts as a fourth gate."""
    gates = 2 * cell.units
    row, last = tf.convert_to_tensor(cell.kernel), tf.convert_to_tensor(cell.recurrent_kernel)
    row = tf.pad(row, [[0, 0], [0, cell.units]])
    last = tf.concat([last[:, :gates], tf.zeros_like(last[:, gates:]), last[:, gates:]], axis=1)
    row_bias, last_bias = tf.unstack(cell.bias)
    bias = [row_bias[:gates] + last_bias[:gates], row_bias[gates:], last_bias[gates:]]
    return tf.concat([row, last], axis=0), tf.concat(bias, axis=0)


# By layer of Keras: its cell, the weights of that, and its step.
CELLS = {
    layers.LSTM: (layers.LSTMCell, lstm_weights, lstm_step),
    layers.GRU: (layers.GRUCell, gru_weights, gru_step),
}


@functools.cache
def compiled(function):
    """The function as one loop over the numbers (XLA).

    Left to themselves, TensorFlow's operations write every intermediate result to memory.
    """
    return tf.function(function, jit_compile=True)


@functools.cache
def gradient_of(step):
    """The gradient of a step by gates, bias and state, given those by output and state."""

    def gradient(gates, bias, state, d_output, d_state):
        with tf.GradientTape() as tape:
            tape.watch((gates, bias, state))
            results = step(gates, bias, state)
        return tape.gradient(results, (gates, bias, state), (d_output, d_state))

    return compiled(gradient)


def total(*tensors):
    """The sum of tensors, in float32."""
    return sum(tf.cast(tensor, "float32") for tensor in tensors)


def sorted_by_rows(inputs):
    """Places of matrices in an order in which those with the same first rows are neighbours.

    Rows are compared by random numbers that are made of them; equal rows have equal ones.
    """
    numbers = tf.random.stateless_uniform((inputs.shape[2], 1), (1, 2), dtype=tf.float64)
    keys = tf.squeeze(tf.cast(inputs, tf.float64) @ numbers, 2)
    order = tf.range(tf.shape(inputs)[0])
    for t in reversed(range(inputs.shape[1])):
        order = tf.gather(order, tf.argsort(tf.gather(keys[:, t], order), stable=True))
    return order


def prefixes(inputs):
    """The distinct prefixes of matrices, as far as neighbours share them.

    At each place the last one is repeated until their number is one of some thirty, since
    training compiles for every new one.

    Args:
        inputs: ``(N, places, features)``.

    Returns:
        for each place the matrices that bring a new prefix, and the places of their parents
        among the prefixes before, int32 and ascending; and for each matrix its last prefix.
    """
    block = tf.maximum(tf.shape(inputs)[0] // 32, 32)
    other = tf.reduce_any(inputs[1:] != inputs[:-1], axis=2)
    other = tf.cumsum(tf.cast(other, tf.int32), axis=1) > 0
    new = tf.concat([tf.ones_like(inputs[:1, :, 0], tf.bool), other], axis=0)
    numbers = tf.cumsum(tf.cast(new, tf.int32), axis=0) - 1
    first, parents = [], []
    for t in range(inputs.shape[1]):
        matrices = tf.cast(tf.where(new[:, t])[:, 0], tf.int32)
        repeated = tf.fill([-tf.shape(matrices)[0] % block], matrices[-1])
        first.append(tf.concat([matrices, repeated], axis=0))
        parents.append(tf.gather(numbers[:, t - 1], first[t]) if t else tf.zeros_like(first[t]))
    return first, parents, numbers[:, -1]


def recurrent_layer(step, rows, parents, weights, bias):
    """Outputs of a recurrent layer after each prefix, in training.

    Its gradient is written out, so that each product is one of large matrices.

    Args:
        step: of a cell.
        rows: for each place the last rows of its prefixes, of the type to multiply in.
        parents: of :func:`prefixes`.
        weights: float32 ``(features + width, 4 width)``.
        bias: float32 ``(4 width,)``.

    Returns:
        for each place a tensor ``(prefixes, width)`` of the type of the rows.
    """

    @tf.custom_gradient
    def layer(weights, bias, *rows):
        weights = tf.cast(weights, rows[0].dtype)
        outputs, kept = forward(compiled(step), rows, parents, weights, bias)

        def gradient(*d_outputs):
            return backward(step, kept, parents, weights, bias, d_outputs)

        return outputs, gradient

    return layer(weights, bias, *rows)


def forward(step, rows, parents, weights, bias):
    """Outputs of a layer, and inputs, gates and states before each row, for the gradient."""
    width = weights.shape[1] // 4
    output, state = tf.zeros((1, width), weights.dtype), tf.zeros((1, width))
    outputs, kept = [], []
    for row, parent in zip(rows, parents, strict=True):
        inputs = tf.concat([row, tf.gather(output, parent)], axis=1)
        gates, before = inputs @ weights, tf.gather(state, parent)
        output, state = step(gates, bias, before)
        outputs.append(output)
        kept.append((inputs, gates, before))
    return tuple(outputs), kept


def backward(step, kept, parents, weights, bias, d_outputs):
    """Gradients by the weights, the bias, and each row."""
    width = weights.shape[1] // 4
    d_output, d_state = d_outputs[-1], tf.zeros_like(kept[-1][2])
    d_weights, d_biases, d_rows = [], [], []
    for t in reversed(range(len(kept))):
        inputs, gates, before = kept[t]
        d_gates, d_bias, d_state = gradient_of(step)(gates, bias, before, d_output, d_state)
        d_weights.append(tf.matmul(inputs, d_gates, transpose_a=True))
        d_biases.append(d_bias)
        d_inputs = tf.matmul(d_gates, weights, transpose_b=True)
        d_rows.append(d_inputs[:, :-width])
        if t:
            count = tf.shape(kept[t - 1][0])[0]
            d_last = tf.math.unsorted_segment_sum(d_inputs[:, -width:], parents[t], count)
            d_state = tf.math.unsorted_segment_sum(d_state, parents[t], count)
            d_output = d_outputs[t - 1] + d_last
    return compiled(total)(*d_weights), compiled(total)(*d_biases), *reversed(d_rows)


def product_type() -> str:
    """bfloat16 if this CPU has instructions for products in it, otherwise float32.

    Which is faster is not measured: a run has to resume in the same type.
    """
    cpu = Path("/proc/cpuinfo")
    fast = ON_CPU and cpu.exists() and "avx512_bf16" in cpu.read_text()
    return "bfloat16" if fast else "float32"


PRODUCTS = product_type()


class SharedPrefixes(layers.Layer):
    """Two stacked recurrent layers that read each prefix once.

    Weights and values are those of two layers of Keras; in training products are of the
    type ``PRODUCTS``, and weights, states and sums of float32.  Matrices are sorted in training;
    for predictions neighbours are compared as they are.

    Args:
        kind: a key of ``CELLS``.
        widths: of the two layers.
    """

    def __init__(self, kind, widths, name=None):
        super().__init__(name=name)
        cell, self.weights_of, self.step = CELLS[kind]
        self.cells = [cell(width) for width in widths]

    def build(self, shape):
        features = shape[-1]
        for cell in self.cells:
            cell.build((None, features))
            features = cell.units

    def compute_output_shape(self, shape):
        return (shape[0], self.cells[-1].units)

    def call(self, inputs, mask=None, training=False):
        if training:
            order = sorted_by_rows(inputs)
            inputs = tf.gather(inputs, order)
        first, parents, last = prefixes(inputs)
        kind = PRODUCTS if training else "float32"
        rows = [tf.cast(tf.gather(inputs[:, t], f), kind) for t, f in enumerate(first)]
        for cell in self.cells:
            layer = (self.step, rows, parents, *self.weights_of(cell))
            # Predictions are over before it would pay to compile their steps.
            rows = recurrent_layer(*layer) if training else forward(*layer)[0]
        outputs = tf.cast(tf.gather(rows[-1], last), "float32")
        return tf.gather(outputs, tf.argsort(order)) if training else outputs


def faster(model: keras.Model, training: bool = False) -> keras.Model:
    """A copy of the model with ``SharedPrefixes`` where it has two plain recurrent layers.

    These have the options that :func:`cicy4.networks.architectures.recurrent_branch` gives them;
    anything else stays as it is.  Elsewhere than on a CPU, and where nothing can be replaced, the
    model itself is returned.

    Args:
        model: with one input.
        training: whether convolutions have products of the type ``PRODUCTS``, too.

    Raises:
        ValueError: model and copy compute different things.
    """
    plain = [layer for layer in model.layers if is_plain(layer)]
    if not ON_CPU or not plain:
        return model

    def copied(layer):
        if layer not in plain:
            return type(layer).from_config(layer.get_config())
        widths = [one.units for one in layer.layers]
        return SharedPrefixes(type(layer.layers[0]), widths, layer.name)

    copy = keras.models.clone_model(model, clone_function=copied)
    if [w.shape for w in copy.weights] == [w.shape for w in model.weights]:
        copy.set_weights(model.get_weights())
    if not compute_the_same(model, copy):
        raise ValueError(
            f"{model.name} and its copy with shared prefixes compute different things: train it "
            "with PREFIX_SHARING = False"
        )
    if training and PRODUCTS != "float32":
        for branch in filter(has_convolutions, copy.layers):
            for layer in branch.layers:
                layer.dtype_policy = f"mixed_{PRODUCTS}"
    return copy


def compute_the_same(one, other) -> bool:
    """Whether outputs of two models for 64 inputs, some of them with a common prefix, agree."""
    x = np.random.default_rng(0).integers(0, 3, (64, *one.inputs[0].shape[1:])).astype("float32")
    x[::4, : x.shape[1] // 2] = 0
    x[1::2, :-2] = x[::2, :-2]
    pairs = zip(*(map(np.asarray, keras.tree.flatten(f(x))) for f in (one, other)), strict=True)
    return all((abs(b - a) <= 1e-3 * a.std(axis=0) + 1e-6 * abs(a)).all() for a, b in pairs)


def has_convolutions(layer) -> bool:
    """Whether a layer is a branch of convolutions."""
    return any(isinstance(one, layers.Conv2D) for one in getattr(layer, "layers", []))


def is_plain(layer) -> bool:
    """Whether a layer is two recurrent ones in a row as ``SharedPrefixes`` computes them."""
    inner = getattr(layer, "layers", [])
    kind = type(inner[0]) if len(inner) == 2 else None
    return kind in CELLS and all(
        type(one) is kind
        and one.get_config() == kind(one.units, return_sequences=first, name=one.name).get_config()
        for one, first in zip(inner, (True, False), strict=True)
    )
