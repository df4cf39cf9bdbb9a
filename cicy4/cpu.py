"""The same networks and optimizer with less work, for TensorFlow on a CPU.

The recurrent branch skips zero rows, and training multiplies in bfloat16 where that is
faster.
"""

import functools
import time
import timeit

import keras
from keras import ops

from cicy4.optimizer import Muon
from cicy4.skipping import SkipLeadingZeros


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


class FastMuon(Muon):
    """Muon with the products of its Newton-Schulz iteration in the fast type.

    The polynomial of each step is summed in float32, where its terms cancel.
    """

    def zeropower_via_newtonschulz5(self, x, steps):
        if x.shape[0] > x.shape[1]:
            return ops.transpose(self.zeropower_via_newtonschulz5(ops.transpose(x), steps))
        x = ops.cast(x / (ops.norm(x) + 1e-7), fast_type())
        identity = ops.eye(x.shape[0])
        for _ in range(steps):
            gram = x @ ops.transpose(x)
            first, second = (ops.cast(power, "float32") for power in (gram, gram @ gram))
            polynomial = self.muon_a * identity + self.muon_b * first + self.muon_c * second
            x = ops.cast(polynomial, x.dtype) @ x
        return ops.cast(x, "float32")


def faster_branches() -> dict:
    """Arguments of ``build_model`` for training on a CPU."""
    kind = fast_type()
    policy = "mixed_bfloat16" if kind == "bfloat16" else None
    return {"recurrent": functools.partial(SkipLeadingZeros, kind=kind), "policy": policy}
