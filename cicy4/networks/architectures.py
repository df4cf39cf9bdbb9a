"""The twelve networks: one table, and one function that builds any of them.

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
class Network:
    """A convolutional branch (or none), a recurrent branch, a common head, and how it is trained.

    Attributes:
        branch: "CNN", "ResNet", or "" for none.
        cell: of the recurrent layers, "LSTM" or "GRU".
        width: of the recurrent layers.
        learning_rate, seed, epochs, batch: of its training, see the notebooks.
    """

    branch: str
    cell: str
    width: int
    learning_rate: float = 0.08
    seed: int = 1
    epochs: int = 60
    batch: int = 512


# LSTM-455 keeps its published name; the published parameter count fixes its width.  The members of
# ensembles see twice as many samples as the others.
NETWORKS = {
    "CNN-GRU-384": Network("CNN", "GRU", 384, learning_rate=0.055, seed=1),
    "CNN-GRU-416": Network("CNN", "GRU", 416, learning_rate=0.055, seed=2),
    "ResNet-GRU-256": Network("ResNet", "GRU", 256, learning_rate=0.055, seed=3),
    "ResNet-GRU-400": Network("ResNet", "GRU", 400, learning_rate=0.055, seed=4),
    "CNN-LSTM-256": Network("CNN", "LSTM", 256, learning_rate=0.08, seed=5),
    "CNN-LSTM-384": Network("CNN", "LSTM", 384, learning_rate=0.08, seed=6, epochs=120),
    "CNN-LSTM-400": Network("CNN", "LSTM", 400, learning_rate=0.08, seed=7, epochs=120),
    "CNN-LSTM-416": Network("CNN", "LSTM", 416, learning_rate=0.08, seed=8),
    "LSTM-400": Network("", "LSTM", 400, learning_rate=0.08, seed=9),
    "LSTM-424": Network("", "LSTM", 424, learning_rate=0.08, seed=10, epochs=120),
    "LSTM-448": Network("", "LSTM", 448, learning_rate=0.08, seed=11, epochs=120),
    "LSTM-455": Network("", "LSTM", 456, learning_rate=0.08, seed=12),
}

ENSEMBLES = {
    "Ensemble 1": ("LSTM-448", "CNN-LSTM-400"),
    "Ensemble 2": ("LSTM-448", "LSTM-424", "CNN-LSTM-400"),
    "Ensemble 3": ("LSTM-448", "LSTM-424", "CNN-LSTM-400", "CNN-LSTM-384"),
}

# The best on the validation split, with the Euler number.
DEFAULT_ENSEMBLE = "Ensemble 3"


def network(name: str) -> Network:
    """A row of the table, or one of another width that is named alike, such as LSTM-128.

    Raises:
        ValueError: no such network.
    """
    if name in NETWORKS:
        return NETWORKS[name]
    parts = re.fullmatch(r"(?:(CNN|ResNet)-)?(LSTM|GRU)-([1-9]\d*)", name)
    if not parts:
        raise ValueError(f"no network {name!r}; there are {', '.join(NETWORKS)}")
    return Network(parts[1] or "", parts[2], int(parts[3]))


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
    return layers.Add()([convolutions(inputs), layers.Dense(256)(layers.Flatten()(inputs))])


CONVOLUTIONAL = {
    "CNN": cnn_branch,
    "ResNet": resnet_branch,
}


def build_model(name: str, mean=(0, 0, 0, 0), std=(1, 1, 1, 1)) -> keras.Model:
    """One of the twelve networks, or one of another width.

    Args:
        name: see :func:`network`.
        mean, std: of the targets; the last layer rescales by them, so that the
            model returns Hodge numbers.

    Raises:
        ValueError: no such network.
    """
    chosen = network(name)
    inputs = keras.Input((16, 20))
    features = recurrent_branch(chosen.cell, chosen.width)(inputs)
    if chosen.branch:
        features = layers.Concatenate()([CONVOLUTIONAL[chosen.branch](inputs), features])
    head = layers.Dense(1024, name="head")(features)
    scaled = layers.Dense(4, name="scaled_hodge")(head)
    rescale = layers.Rescaling([float(s) for s in std], [float(m) for m in mean], name="hodge")
    return keras.Model(inputs, rescale(scaled), name=name)
