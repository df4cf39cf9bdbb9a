"""The twelve architectures: one table, and one function that builds any of them.

Input: float32 ``(N, 16, 20)``, canonical matrices as the network reads them (:func:`model_input`).
Output: float32 ``(N, 4)``, h11, h21, h31, h22.
"""

import re
from contextlib import contextmanager
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from cicy4.reading import reading_order


@dataclass(frozen=True)
class Architecture:
    """A convolutional branch (or none), a recurrent branch, and a common head.

    ``parameters`` is the published count, in millions, where an LSTM has two bias vectors.
    With ``bottom_up`` it reads rows whose order the pieces leave open from the last canonical
    one to the first: networks that read in different orders err less alike, and a mean of
    them gains more.
    """

    convolutional: str | None
    recurrent: str
    width: int
    parameters: float | None = None
    bottom_up: bool = False


# LSTM-455 keeps its published name; the published parameter count fixes its width.
ARCHITECTURES = {
    "CNN-GRU-384": Architecture("CNN", "GRU", 384, 2.222),
    "CNN-GRU-416": Architecture("CNN", "GRU", 416, 2.488),
    "ResNet-GRU-256": Architecture("ResNet", "GRU", 256, 1.329),
    "ResNet-GRU-400": Architecture("ResNet", "GRU", 400, 2.337),
    "CNN-LSTM-256": Architecture("CNN", "LSTM", 256, 1.547),
    "CNN-LSTM-384": Architecture("CNN", "LSTM", 384, 2.674, bottom_up=True),
    "CNN-LSTM-400": Architecture("CNN", "LSTM", 400, 2.842, bottom_up=True),
    "CNN-LSTM-416": Architecture("CNN", "LSTM", 416, 3.017),
    "LSTM-400": Architecture(None, "LSTM", 400, 2.373),
    "LSTM-424": Architecture(None, "LSTM", 424, 2.637),
    "LSTM-448": Architecture(None, "LSTM", 448, 2.915),
    "LSTM-455": Architecture(None, "LSTM", 456, 3.011),
}

ENSEMBLES = {
    "Ensemble 1": ("LSTM-448", "CNN-LSTM-400"),
    "Ensemble 2": ("LSTM-448", "LSTM-424", "CNN-LSTM-400"),
    "Ensemble 3": ("LSTM-448", "LSTM-424", "CNN-LSTM-400", "CNN-LSTM-384"),
}


def architecture(name) -> Architecture:
    """One of the twelve, or one of another width that is named alike, such as LSTM-128.

    Raises:
        ValueError: no such architecture.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    parts = re.fullmatch(r"(?:(CNN|ResNet)-)?(LSTM|GRU)-([1-9]\d*)", name)
    if not parts:
        raise ValueError(f"no architecture {name!r}; there are {', '.join(ARCHITECTURES)}")
    return Architecture(parts[1], parts[2], int(parts[3]))


def read_by(name, matrices):
    """Canonical matrices as one network reads them: uint8 ``(N, 16, 20)``."""
    step = -1 if architecture(name).bottom_up else 1
    return reading_order(np.ascontiguousarray(np.asarray(matrices)[:, ::step]))


def model_input(name, matrices):
    """Canonical matrices as one network reads them: float32 ``(N, 16, 20)``."""
    return read_by(name, matrices).astype("float32")


def recurrent_branch(cell, width):
    """Two stacked recurrent layers over the 16 rows; the last output, ``(N, width)``."""
    layer = getattr(layers, cell)
    return keras.Sequential([layer(width, return_sequences=True), layer(width)], name="recurrent")


def cnn_branch(inputs):
    """Two convolutions and poolings of the matrix as a picture: ``(N, 384)``."""
    picture = [
        layers.Reshape((16, 20, 1)),
        layers.Conv2D(128, 4),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3),
        layers.MaxPooling2D(2),
        layers.ReLU(),
        layers.Flatten(),
    ]
    return keras.Sequential(picture, name="cnn")(inputs)


def resnet_branch(inputs):
    """Three convolutions, and a linear map of the matrix as their shortcut: ``(N, 256)``."""
    picture = [
        layers.Reshape((16, 20, 1)),
        layers.Conv2D(128, 4),
        layers.MaxPooling2D(2),
        layers.ReLU(),
        layers.Conv2D(64, 3),
        layers.MaxPooling2D(2),
        layers.ReLU(),
        layers.Conv2D(128, 2),
        layers.Flatten(),
    ]
    shortcut = keras.Sequential([layers.Flatten(), layers.Dense(256)], name="shortcut")
    return layers.Add()([keras.Sequential(picture, name="resnet")(inputs), shortcut(inputs)])


CONVOLUTIONAL = {
    "CNN": cnn_branch,
    "ResNet": resnet_branch,
}


@contextmanager
def dtype_policy(policy):
    """Give layers that are made meanwhile another Keras dtype policy than the common one."""
    common = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy or common)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(common)


def build_model(name, mean=(0, 0, 0, 0), spread=(1, 1, 1, 1), recurrent=None, policy=None):
    """One of the twelve networks, or one of another width.

    Args:
        name: see :func:`architecture`.
        mean, spread: of the targets; the last layer rescales by them, so that the
            model returns Hodge numbers.
        recurrent: another implementation of the recurrent branch,
            ``recurrent(cell, width)``.
        policy: Keras dtype policy of the convolutional branch, such as mixed_bfloat16.

    Raises:
        ValueError: no such architecture.
    """
    chosen = architecture(name)
    inputs = keras.Input((16, 20))
    features = (recurrent or recurrent_branch)(chosen.recurrent, chosen.width)(inputs)
    if chosen.convolutional:
        with dtype_policy(policy):
            picture = CONVOLUTIONAL[chosen.convolutional](inputs)
        features = layers.Concatenate()([picture, features])
    head = layers.Dense(1024, name="head")(features)
    scaled = layers.Dense(4, name="scaled_hodge")(head)
    rescale = layers.Rescaling([float(s) for s in spread], [float(m) for m in mean], name="hodge")
    return keras.Model(inputs, rescale(scaled), name=name)


def published_parameters(model) -> int:
    """Parameters of a network, counted as in the published table.

    Keras adds the two bias vectors of an LSTM into one; there both are counted.
    """
    chosen = architecture(model.name)
    second_bias = 8 * chosen.width if chosen.recurrent == "LSTM" else 0
    return model.count_params() + second_bias
