"""The twelve architectures: one table, and one function that builds any of them.

Input: float32 ``(N, 16, 20)``, see :func:`cicy4.networks.models.network_input`.
Output: float32 ``(N, 4)``, h11, h21, h31, h22.
"""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers

from cicy4.files import ROOT

TRAINED = Path(os.environ.get("CICY4_MODELS", ROOT / "Results_p2_Trained_models"))


@dataclass(frozen=True)
class Architecture:
    """A convolutional branch (or none), a recurrent branch, and a common head.

    ``parameters`` is the published count, in millions, where an LSTM has two bias vectors.
    """

    convolutional: str | None
    recurrent: str
    width: int
    parameters: float | None = None


# LSTM-455 keeps its published name; the published parameter count fixes its width.
ARCHITECTURES = {
    "CNN-GRU-384": Architecture("CNN", "GRU", 384, 2.222),
    "CNN-GRU-416": Architecture("CNN", "GRU", 416, 2.488),
    "ResNet-GRU-256": Architecture("ResNet", "GRU", 256, 1.329),
    "ResNet-GRU-400": Architecture("ResNet", "GRU", 400, 2.337),
    "CNN-LSTM-256": Architecture("CNN", "LSTM", 256, 1.547),
    "CNN-LSTM-384": Architecture("CNN", "LSTM", 384, 2.674),
    "CNN-LSTM-400": Architecture("CNN", "LSTM", 400, 2.842),
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
# On the validation split, with the Euler number, right for two manifolds more than Ensemble 3, with
# fewer members.
DEFAULT_ENSEMBLE = "Ensemble 2"


def architecture(name: str) -> Architecture:
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


def log_monomials(matrices):
    """Entries as networks read them: log C(n + q, n) for degree q on P^n, float32.

    That many monomials of degree q are there in the coordinates of P^n; over the rows of a
    column the logarithms add up to that of the number of monomials of the equation.  Zero
    stays zero.

    Args:
        matrices: uint8 ``(N, 16, 20)``.
    """
    most = int(matrices.sum(axis=2).max(initial=1)) + 1
    table = [[math.comb(max(size - 1, 0) + q, q) for q in range(most)] for size in range(most)]
    return np.log(table).astype("float32")[matrices.sum(axis=2)[..., None], matrices]


def recurrent_branch(cell, width):
    """Two stacked recurrent layers over the 16 rows; the last output, ``(N, width)``."""
    layer = getattr(layers, cell)
    return keras.Sequential([layer(width, return_sequences=True), layer(width)], name="recurrent")


def cnn_branch(inputs):
    """Two convolutions and poolings of the matrix as a picture: ``(N, 384)``."""
    first = [layers.Reshape((16, 20, 1)), layers.Conv2D(128, 4), layers.MaxPooling2D(2)]
    second = [layers.Conv2D(64, 3), layers.MaxPooling2D(2), layers.ReLU(), layers.Flatten()]
    return keras.Sequential(first + second, name="cnn")(inputs)


def resnet_branch(inputs):
    """Three convolutions, and a linear map of the matrix as their shortcut: ``(N, 256)``."""
    first = [layers.Reshape((16, 20, 1)), layers.Conv2D(128, 4), layers.MaxPooling2D(2)]
    second = [layers.ReLU(), layers.Conv2D(64, 3), layers.MaxPooling2D(2)]
    third = [layers.ReLU(), layers.Conv2D(128, 2), layers.Flatten()]
    convolutions = keras.Sequential(first + second + third, name="resnet")
    shortcut = keras.Sequential([layers.Flatten(), layers.Dense(256)], name="shortcut")
    return layers.Add()([convolutions(inputs), shortcut(inputs)])


CONVOLUTIONAL = {
    "CNN": cnn_branch,
    "ResNet": resnet_branch,
}


def build_model(name: str, mean=(0, 0, 0, 0), spread=(1, 1, 1, 1), recurrent=None) -> keras.Model:
    """One of the twelve networks, or one of another width.

    Args:
        name: see :func:`architecture`.
        mean, spread: of the targets; the last layer rescales by them, so that the
            model returns Hodge numbers.
        recurrent: another implementation of the recurrent branch,
            ``recurrent(cell, width)``.

    Raises:
        ValueError: no such architecture.
    """
    chosen = architecture(name)
    inputs = keras.Input((16, 20))
    features = (recurrent or recurrent_branch)(chosen.recurrent, chosen.width)(inputs)
    if chosen.convolutional:
        picture = CONVOLUTIONAL[chosen.convolutional](inputs)
        features = layers.Concatenate()([picture, features])
    head = layers.Dense(1024, name="head")(features)
    scaled = layers.Dense(4, name="scaled_hodge")(head)
    rescale = layers.Rescaling([float(s) for s in spread], [float(m) for m in mean], name="hodge")
    return keras.Model(inputs, rescale(scaled), name=name)


def published_parameters(model: keras.Model) -> int:
    """Parameters of a network, counted as in the published table.

    Keras adds the two bias vectors of an LSTM into one; there both are counted.
    """
    chosen = architecture(model.name)
    second_bias = 8 * chosen.width if chosen.recurrent == "LSTM" else 0
    return model.count_params() + second_bias
