"""Trained networks: loading them, what they are given, and their outputs."""

import functools
import json
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import ArrayLike

from cicy4.data.order import reading_order
from cicy4.networks.architectures import (
    ARCHITECTURES,
    DEFAULT_ENSEMBLE,
    ENSEMBLES,
    TRAINED,
    build_model,
    log_monomials,
)
from cicy4.networks.rounding import combine, round_with_euler


def trained_models(directory: str | Path = TRAINED) -> list[str]:
    """Names of the architectures whose trained network is in the directory."""
    return [name for name in ARCHITECTURES if (Path(directory) / f"{name}.keras").exists()]


def load_models(
    names: Sequence[str] | None = None, directory: str | Path = TRAINED
) -> list[keras.Model]:
    """Load trained networks, each with what its record says of its errors.

    Args:
        names: keys of ``ARCHITECTURES``; by default :func:`default_members`.
        directory: holds ``NAME.keras`` and ``NAME.json``; by default the folder that the
            environment variable ``CICY4_MODELS`` names, or that of the repository.

    Returns:
        Keras models; ``model.validation_error`` are four mean absolute errors, ``model.file``
        is the file.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a string instead of a list of names, a damaged file, another architecture,
            or weights that are not finite.
    """
    if isinstance(names, str):
        raise ValueError(f"names of networks stand in a list: [{names!r}]")
    return [_load_model(name, Path(directory)) for name in names or default_members(directory)]


def _load_model(name, directory):
    path = directory / f"{name}.keras"
    if not path.exists():
        raise FileNotFoundError(f"no trained network {path}: CICY4_MODELS can name their folder")
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as error:
        raise ValueError(f"{path} is not a Keras model or is damaged: {error}") from error
    if [w.shape for w in model.weights] != [w.shape for w in build_model(name).weights]:
        raise ValueError(f"{path} holds another architecture than {name}")
    if not all(np.isfinite(w).all() for w in model.get_weights()):
        raise ValueError(f"{path} has weights that are not finite")
    record = json.loads((directory / f"{name}.json").read_text())
    model.validation_error = tuple(record["validation"]["mae"])
    model.file = path
    return model


def network_input(matrices: ArrayLike) -> np.ndarray:
    """What networks are given for canonical matrices: float32 ``(N, 16, 20)``.

    Args:
        matrices: uint8 ``(N, 16, 20)``, in canonical order.
    """
    return log_monomials(reading_order(np.ascontiguousarray(matrices)))


@functools.cache
def faster(model: keras.Model) -> keras.Model:
    """The same network without the work on leading zero rows, where that is of use."""
    try:
        from cicy4.networks.cpu import SkipZeroRows
    except ImportError:
        return model
    scale = model.get_layer("hodge")
    fast = build_model(model.name, scale.offset, scale.scale, SkipZeroRows)
    fast.set_weights(model.get_weights())
    return fast


def member_outputs(models: Sequence[keras.Model], matrices: ArrayLike) -> np.ndarray:
    """Outputs of every network for canonical matrices: float32 ``(models, N, 4)``."""
    # Matrices with as many rows stand together: fewer zero rows to read.
    order = np.argsort(matrices.any(axis=2).sum(axis=1), kind="stable")
    inputs = network_input(matrices[order])
    outputs = np.zeros((len(models), len(matrices), 4), "float32")
    for one, model in zip(outputs, models, strict=True):
        one[order] = faster(model).predict(inputs, 4096, verbose=0)
    return outputs


def round_together(
    models: Sequence[keras.Model], outputs: np.ndarray, euler: np.ndarray
) -> np.ndarray:
    """Hodge numbers with the exact Euler number, from the outputs of an ensemble.

    Args:
        models: Keras models from :func:`load_models`.
        outputs: their outputs, ``(models, N, 4)``.
        euler: int ``(N,)``.
    """
    together, error = combine(outputs, [model.validation_error for model in models])
    return round_with_euler(together, euler, error)


def default_members(directory: str | Path = TRAINED) -> Sequence[str]:
    """Members of ``DEFAULT_ENSEMBLE`` if all are there, or else the first trained network.

    Raises:
        FileNotFoundError: nothing is trained.
    """
    trained = trained_models(directory)
    if not trained:
        raise FileNotFoundError(
            f"{directory} has no trained network: CICY4_MODELS can name another folder"
        )
    members = ENSEMBLES[DEFAULT_ENSEMBLE]
    return members if set(members) <= set(trained) else trained[:1]
