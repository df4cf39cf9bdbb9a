"""Two stacked recurrent layers without the work on leading zero rows, for TensorFlow on a CPU.

Matrices have nine rows on average, and the networks read sixteen, zero rows first.  All
matrices share the states that zero rows lead to: a matrix of zeros is carried along, and
its state is copied when another matrix has its first row.
"""

import functools
from pathlib import Path

import keras
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


def joined(states, size):
    """States of ``size`` matrices, further ones like the last, which has had zero rows only."""
    return tf.gather(states, tf.minimum(tf.range(size), tf.shape(states)[0] - 1))


def joined_gradient(d_states, size):
    """Gradient by the states of the first ``size`` matrices, from which the others joined."""
    last = tf.reduce_sum(d_states[size - 1 :], axis=0, keepdims=True)
    return tf.concat([d_states[: size - 1], last], axis=0)


def recurrent_layer(step, rows, sizes, weights, bias):
    """Outputs of a recurrent layer over rows of which more and more matrices have one.

    Its gradient is written out, so that each product is one of large matrices.

    Args:
        step: of a cell.
        rows: tensors ``(sizes[t], features)`` of the type to multiply in.
        sizes: ascending; the last matrix of each size has had zero rows only.
        weights: float32 ``(features + width, 4 width)``.
        bias: float32 ``(4 width,)``.

    Returns:
        tensors ``(sizes[t], width)`` of the type of the rows.
    """

    @tf.custom_gradient
    def layer(weights, bias, *rows):
        weights = tf.cast(weights, rows[0].dtype)
        outputs, kept = forward(step, rows, sizes, weights, bias)

        def gradient(*d_outputs):
            return backward(step, kept, sizes, weights, bias, d_outputs)

        return outputs, gradient

    return layer(weights, bias, *rows)


def forward(step, rows, sizes, weights, bias):
    """Outputs of a layer, and inputs, gates and states before each row, for the gradient."""
    width = weights.shape[1] // 4
    output, state = tf.zeros((1, width), weights.dtype), tf.zeros((1, width))
    outputs, kept = [], []
    for row, size in zip(rows, sizes, strict=True):
        inputs = tf.concat([row, joined(output, size)], axis=1)
        gates, before = inputs @ weights, joined(state, size)
        output, state = compiled(step)(gates, bias, before)
        outputs.append(output)
        kept.append((inputs, gates, before))
    return tuple(outputs), kept


def backward(step, kept, sizes, weights, bias, d_outputs):
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
            d_last = joined_gradient(d_inputs[:, -width:], sizes[t - 1])
            d_output = d_outputs[t - 1] + d_last
            d_state = joined_gradient(d_state, sizes[t - 1])
    return compiled(total)(*d_weights), compiled(total)(*d_biases), *reversed(d_rows)


def fast_type() -> str:
    """bfloat16 if this CPU has instructions for products in it, otherwise float32.

    Which is faster is not measured: a resumed run has to go on in the same type.
    """
    cpu = Path("/proc/cpuinfo")
    fast = ON_CPU and cpu.exists() and "avx512_bf16" in cpu.read_text()
    return "bfloat16" if fast else "float32"


FAST = fast_type()


class SkipZeroRows(layers.Layer):
    """Two stacked recurrent layers without the work on leading zero rows.

    Weights and values are those of two layers of Keras; in training products are of the
    type ``FAST``, and weights, states and sums of float32.

    Args:
        kind: a key of ``CELLS``.
        widths: of the two layers.
    """

    BLOCK = 32  # sizes are multiples of it, since TensorFlow compiles for every new one

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
        kind = FAST if training else "float32"
        places = inputs.shape[1]
        started = tf.cumsum(tf.cast(tf.reduce_any(inputs != 0, axis=2), tf.int32), axis=1) > 0
        lengths = tf.reduce_sum(tf.cast(started, tf.int32), axis=1)
        order = tf.argsort(lengths, direction="DESCENDING")
        inputs = tf.pad(tf.gather(inputs, order), [[0, self.BLOCK], [0, 0], [0, 0]])
        rows, sizes = [], []
        for t in range(places):
            with_row = tf.reduce_sum(tf.cast(lengths >= places - t, tf.int32))
            sizes.append((with_row // self.BLOCK + 1) * self.BLOCK)
            rows.append(tf.cast(inputs[: sizes[t], t], kind))
        for cell in self.cells:
            rows = recurrent_layer(self.step, rows, sizes, *self.weights_of(cell))
        return tf.cast(tf.gather(rows[-1], tf.argsort(order)), "float32")


def faster(model: keras.Model) -> keras.Model:
    """A copy of the model with ``SkipZeroRows`` where it has two plain recurrent layers.

    These have the options that :func:`cicy4.networks.architectures.recurrent_branch` gives them;
    anything else stays as it is.  Elsewhere than on a CPU, and where nothing can be replaced, the
    model itself is returned.
    """
    plain = [layer for layer in model.layers if is_plain(layer)]
    if not ON_CPU or not plain:
        return model

    def copied(layer):
        if layer not in plain:
            return type(layer).from_config(layer.get_config())
        widths = [one.units for one in layer.layers]
        return SkipZeroRows(type(layer.layers[0]), widths, layer.name)

    copy = keras.models.clone_model(model, clone_function=copied)
    copy.set_weights(model.get_weights())
    return copy


def is_plain(layer) -> bool:
    """Whether a layer is two recurrent ones in a row as ``SkipZeroRows`` computes them."""
    inner = getattr(layer, "layers", [])
    kind = type(inner[0]) if len(inner) == 2 else None
    return kind in CELLS and all(
        type(one) is kind
        and one.get_config() == kind(one.units, return_sequences=first, name=one.name).get_config()
        for one, first in zip(inner, (True, False), strict=True)
    )
