"""The same networks and optimizer with less work, for TensorFlow on a CPU.

Matrices have nine rows in the mean, and the networks read sixteen: the recurrent branch
skips the zero rows that come first.  Training also multiplies in bfloat16 where that is
faster, and Muon iterates on smaller matrices.
"""

import functools
import time
import timeit

import keras
from keras import layers, ops

from cicy4.models import build_model


def fast_on_cpu() -> bool:
    """Whether this module is of use: the back end is TensorFlow, and it sees no GPU."""
    devices = keras.distribution.list_devices()
    on_gpu = any("gpu" in device.lower() for device in devices)
    return keras.backend.backend() == "tensorflow" and not on_gpu


@functools.cache
def fast_type():
    """bfloat16 if this CPU multiplies matrices clearly faster in it, otherwise float32.

    CPU time and a margin keep the choice the same beside other work, and so for a run that
    is resumed.
    """
    import tensorflow as tf

    seconds = {}
    with tf.init_scope():  # run now, even while a graph is being made
        for kind in ("bfloat16", "float32"):
            a, b = tf.ones((512, 400), kind), tf.ones((400, 1600), kind)
            multiply = functools.partial(tf.matmul, a, b)
            repeats = timeit.repeat(multiply, timer=time.process_time, number=1, repeat=10)
            seconds[kind] = min(repeats)
    return "bfloat16" if seconds["bfloat16"] < 0.75 * seconds["float32"] else "float32"


def fast_product(a, b):
    """Matrix product of float32, with the factors in bfloat16 where that is faster.

    Of a trained network it moves accuracies by less than 0.1 %, and predictions are made
    without it; weights, sums over steps and the optimizer stay in float32.
    """
    return ops.cast(ops.cast(a, fast_type()) @ ops.cast(b, fast_type()), "float32")


class FastMuon(keras.optimizers.Muon):
    """Muon with its Newton-Schulz iteration on the Gram matrix, in fewer operations.

    The iteration multiplies x from the left by polynomials of the Gram matrix of its
    shorter side.  They are collected, and x is multiplied once.  This squares the
    condition of x, and the shortened float32 of recent GPUs is too coarse for it.
    """

    def zeropower_via_newtonschulz5(self, x, steps):
        if x.shape[0] > x.shape[1]:
            return ops.transpose(self.zeropower_via_newtonschulz5(ops.transpose(x), steps))
        x = x / (ops.norm(x) + 1e-7)
        gram = x @ ops.transpose(x)
        identity = ops.eye(x.shape[0])
        polynomials = []
        for _ in range(steps):
            if polynomials:
                gram = polynomials[-1] @ gram @ polynomials[-1]
            step = self.muon_a * identity + self.muon_b * gram + self.muon_c * gram @ gram
            polynomials.append(step)
        return functools.reduce(ops.matmul, polynomials) @ x


def lstm_step(product, cell, x, h, c):
    """One row through an LSTM cell."""
    gates = product(x, cell.kernel) + product(h, cell.recurrent_kernel) + cell.bias
    i, f, g, o = ops.split(gates, 4, axis=1)
    c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
    return ops.sigmoid(o) * ops.tanh(c), c


def gru_step(product, cell, x, h):
    """One row through a GRU cell."""
    from_x = ops.split(product(x, cell.kernel) + cell.bias[0], 3, axis=1)
    from_h = ops.split(product(h, cell.recurrent_kernel) + cell.bias[1], 3, axis=1)
    z, r = (ops.sigmoid(a + b) for a, b in zip(from_x[:2], from_h[:2], strict=True))
    return (z * h + (1 - z) * ops.tanh(from_x[2] + r * from_h[2]),)


# Cell, its step, and how many states it carries.
CELLS = {
    "LSTM": (layers.LSTMCell, lstm_step, 2),
    "GRU": (layers.GRUCell, gru_step, 1),
}


class SkipLeadingZeros(layers.Layer):
    """The recurrent branch without the work on zero rows; the same weights and values.

    All matrices share the states that zero rows lead to, so one of them is carried
    along and copied when a matrix has its first non-zero row.  On a GPU the plain layers
    run as fused kernels.

    Args:
        cell: a key of ``CELLS``.
        width: of both layers.
        product: of two matrices.
    """

    def __init__(self, cell, width, product=ops.matmul):
        super().__init__(name="recurrent")
        kind, step, self.states = CELLS[cell]
        self.step = functools.partial(step, product)
        self.cells = [kind(width), kind(width)]

    def build(self, shape):
        features = shape[-1]
        for cell in self.cells:
            cell.build((None, features))
            features = cell.units

    def compute_output_shape(self, shape):
        return (shape[0], self.cells[-1].units)

    def call(self, inputs):
        import tensorflow as tf

        rows = tf.reduce_sum(tf.cast(tf.reduce_any(inputs != 0, axis=2), tf.int32), axis=1)
        order = tf.argsort(rows, direction="DESCENDING")
        inputs = tf.gather(inputs, order)
        length = inputs.shape[1]
        idle_row = tf.zeros_like(inputs[:1, 0])
        states = [[tf.zeros((1, cell.units))] * self.states for cell in self.cells]
        active = 0
        for t in range(length):
            now = tf.reduce_sum(tf.cast(rows >= length - t, tf.int32))
            x = tf.concat([inputs[:now, t], idle_row], axis=0)
            for cell, state in zip(self.cells, states, strict=True):
                for i, s in enumerate(state):
                    joining = tf.repeat(s[-1:], now - active + 1, axis=0)
                    state[i] = tf.concat([s[:-1], joining], axis=0)
                state[:] = self.step(cell, x, *state)
                x = state[0]
            active = now
        return tf.gather(x[:-1], tf.argsort(order))


def skip_leading_zeros(model):
    """The same network with :class:`SkipLeadingZeros`, for predictions.

    Args:
        model: from ``build_model``, or loaded.
    """
    skipping = _skipping(model)
    skipping.set_weights(model.get_weights())
    return skipping


@functools.cache
def _skipping(model):
    """A network like the model; a second one would have to be compiled again."""
    scale = model.get_layer("hodge")
    return build_model(model.name, scale.offset, scale.scale, SkipLeadingZeros)
