"""Trained networks: loading them, and predictions for any matrix, alone or as an ensemble."""

import functools
import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from cicy4.data.matrix_files import read_matrices
from cicy4.data.order import reading_order
from cicy4.geometry.configuration import as_batch, canonical
from cicy4.geometry.hodge import euler_number_batch, hodge_numbers_batch
from cicy4.networks.architectures import (
    ARCHITECTURES,
    ENSEMBLES,
    TRAINED,
    build_model,
    log_monomials,
)
from cicy4.networks.rounding import HODGE, round_with_euler


def trained_models(directory=TRAINED) -> list[str]:
    """Names of the architectures whose trained network is in the directory."""
    return [name for name in ARCHITECTURES if (Path(directory) / f"{name}.keras").exists()]


def load_models(names, directory=TRAINED) -> list:
    """Load trained networks, each with what its record says of its input and its errors.

    Args:
        names: keys of ``ARCHITECTURES``.
        directory: holds ``NAME.keras`` and ``NAME.json``.

    Returns:
        Keras models; ``model.validation_error`` are four mean absolute errors, and
        ``model.reads`` says how they read, see :func:`network_input`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is damaged, or holds another architecture.
    """
    return [_load_model(name, Path(directory)) for name in names]


def _load_model(name, directory):
    path = directory / f"{name}.keras"
    if not path.exists():
        raise FileNotFoundError(f"there is no trained network {path}")
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as error:
        raise ValueError(f"{path} is not a Keras model or is damaged: {error}") from error
    if [w.shape for w in model.weights] != [w.shape for w in build_model(name).weights]:
        raise ValueError(f"{path} holds another architecture than {name}")
    record = json.loads((directory / f"{name}.json").read_text())
    model.validation_error = tuple(record["validation"]["mae"])
    model.reads = record["reads"]
    return model


def network_input(model, matrices) -> np.ndarray:
    """What a network is given for canonical matrices: float32 ``(N, 16, 20)``.

    Args:
        model: from :func:`load_models`.  ``model.reads["entries"]`` is "log of monomials" or
            "degrees"; where the order of rows is open, ``model.reads["rows"]`` is "top-down"
            or "bottom-up" (:mod:`cicy4.data.order`).
        matrices: uint8 ``(N, 16, 20)``, in canonical order.
    """
    step = -1 if model.reads["rows"] == "bottom-up" else 1
    matrices = reading_order(np.ascontiguousarray(np.asarray(matrices)[:, ::step]))
    if model.reads["entries"] == "degrees":
        return matrices.astype("float32")
    return log_monomials(matrices)


@functools.cache
def faster(model):
    """The same network without the work on leading zero rows, where that is of use."""
    try:
        from cicy4.networks.cpu import SkipZeroRows
    except ImportError:
        return model
    scale = model.get_layer("hodge")
    fast = build_model(model.name, scale.offset, scale.scale, SkipZeroRows)
    fast.set_weights(model.get_weights())
    return fast


def raw_predictions(model, matrices, batch_size=4096, verbose=0) -> np.ndarray:
    """Outputs of one network for canonical matrices: float32 ``(N, 4)``."""
    # Matrices with as many rows stand together: fewer zero rows to read.
    order = np.argsort(matrices.any(axis=2).sum(axis=1), kind="stable")
    inputs = network_input(model, matrices[order])
    outputs = np.zeros((len(matrices), 4), "float32")
    outputs[order] = faster(model).predict(inputs, batch_size, verbose)
    return outputs


def member_outputs(models, matrices) -> np.ndarray:
    """Outputs of every network for canonical matrices: float32 ``(models, N, 4)``."""
    return np.stack([raw_predictions(model, matrices) for model in models])


def predict(models, matrices, euler: bool = True) -> np.ndarray:
    """Hodge numbers by an ensemble, whatever the order of rows and columns.

    Args:
        models: Keras models from :func:`load_models`; their raw outputs are averaged.
        matrices: padded fourfolds, ``(N, 16, 20)``, in any order.
        euler: whether to take the nearest integers compatible with the exact Euler
            number (:func:`round_with_euler`); otherwise each output is rounded alone.

    Returns:
        int64 array ``(N, 4)``: h11, h21, h31, h22.

    Raises:
        ValueError: invalid matrices, or with ``euler`` a dimension other than 4.
    """
    matrices = canonical(as_batch(matrices))
    outputs = member_outputs(models, matrices)
    if not euler:
        return np.rint(outputs.mean(axis=0)).astype(int)
    return round_together(models, outputs, euler_number_batch(matrices))


def round_together(models, outputs, euler) -> np.ndarray:
    """:func:`round_with_euler` of the mean of the outputs, with the mean of their errors.

    Args:
        models: Keras models from :func:`load_models`.
        outputs: their outputs, ``(models, N, 4)``.
        euler: int ``(N,)``.
    """
    error = np.mean([model.validation_error for model in models], axis=0)
    return round_with_euler(outputs.mean(axis=0), euler, error)


def predict_file(path, models=None, exact: bool = False, directory=TRAINED) -> pd.DataFrame:
    """Hodge numbers of every matrix in a file, the Euler number used.

    Args:
        path: see :func:`cicy4.data.matrix_files.read_matrices`.
        models: names of trained networks to average; by default those of the largest
            ensemble whose members are there, or else the first trained network.
        exact: whether to compute the exact Hodge numbers too.
        directory: holds the trained networks.

    Returns:
        a row per matrix: ``h11`` to ``h22``, ``agree`` (whether every member alone says
        the same), with ``exact`` also ``exact_h11`` to ``exact_h22``, and ``error``,
        empty for a good matrix.  Rows are numbered from 1, as in the file.
    """
    found = read_matrices(path)
    errors = [str(q) if isinstance(q, ValueError) else "" for q in found]
    table = pd.DataFrame(index=pd.RangeIndex(1, len(found) + 1, name="matrix"))
    good = np.array([not error for error in errors], bool)
    members = load_models(models or default_members(directory), directory)
    columns = {}
    if good.any():
        matrices = canonical(np.array([q for q in found if not isinstance(q, ValueError)]))
        predicted, agree = _predict(members, matrices)
        columns = dict(zip(HODGE, predicted.T, strict=True)) | {"agree": agree}
        if exact:
            names = [f"exact_{h}" for h in HODGE]
            columns |= dict(zip(names, hodge_numbers_batch(matrices).T, strict=True))
    for name, values in columns.items():
        kind = "boolean" if values.dtype == bool else "Int64"
        table[name] = pd.Series(values, index=table.index[good], dtype=kind)
    table["error"] = errors
    return table


def default_members(directory=TRAINED):
    """Members of the largest complete ensemble, or else the first trained network.

    Raises:
        ValueError: nothing is trained.
    """
    trained = trained_models(directory)
    if not trained:
        raise ValueError(f"{directory} holds no trained network")
    complete = [m for m in ENSEMBLES.values() if set(m) <= set(trained)]
    return max(complete, key=len, default=trained[:1])


def _predict(members, matrices):
    euler = euler_number_batch(matrices)
    outputs = member_outputs(members, matrices)
    together = round_together(members, outputs, euler)
    alone = [
        round_together(members[i : i + 1], outputs[i : i + 1], euler) for i in range(len(members))
    ]
    return together, np.all([(a == together).all(axis=1) for a in alone], axis=0)
