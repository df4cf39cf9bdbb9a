"""Predictions for a file of matrices, as a table."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from cicy4.configuration import as_matrix, canonical, components, dimension, pad, unpad
from cicy4.evaluation import best_on_validation
from cicy4.files import replacing
from cicy4.hodge import HODGE, euler_number_batch, hodge_numbers_batch
from cicy4.inference import TRAINED, load_models, member_outputs, round_together


def predict_file(path, models=None, exact: bool = False, directory=TRAINED) -> pd.DataFrame:
    """Hodge numbers of every matrix in a file, the Euler number used.

    Args:
        path: see :func:`read_matrices`.
        models: names of trained models to average; by default the model or ensemble that
            is best on the validation split.
        exact: whether to compute the exact Hodge numbers too.
        directory: holds the trained models.

    Returns:
        a row per matrix: ``h11`` to ``h22``, ``agree`` (whether every member alone says
        the same), with ``exact`` also ``exact_h11`` to ``exact_h22``, and ``error``,
        empty for a good matrix.  Rows are numbered from 1, as in the file.
    """
    found = read_matrices(path)
    errors = [str(q) if isinstance(q, ValueError) else "" for q in found]
    table = pd.DataFrame(index=pd.RangeIndex(1, len(found) + 1, name="matrix"))
    good = np.array([not error for error in errors], bool)
    members = load_models(models or best_on_validation(directory)[1], directory)
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


def _predict(members, matrices):
    euler = euler_number_batch(matrices)
    outputs = member_outputs(members, matrices)
    together = round_together(members, outputs, euler)
    alone = [
        round_together(members[i : i + 1], outputs[i : i + 1], euler) for i in range(len(members))
    ]
    return together, np.all([(a == together).all(axis=1) for a in alone], axis=0)


def write_csv(table, target) -> None:
    """Write the table as CSV to a path, whole or not at all, or to an open file."""
    if isinstance(target, Path):
        with replacing(target) as temporary:
            table.to_csv(temporary)
    else:
        table.to_csv(target)


def read_matrices(path) -> list:
    """Fourfolds from a file, in any order of rows and columns.

    Args:
        path: ``.npy``, an array ``(N, rows, columns)`` padded with zeros, of integers or
            of the public data set's floats (divided by 6); or text with a matrix a line,
            in brackets or braces; or text in the published format.

    Returns:
        for each matrix a padded uint8 array ``(16, 20)``, or a ValueError that says what
        is wrong with it.

    Raises:
        ValueError: the file as a whole cannot be read.
    """
    path = Path(path)
    if path.suffix == ".npy":
        return [_fourfold(unpad(q)) for q in _read_array(path)]
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is neither npy nor text: {error}") from error
    return [_fourfold_from_text(line) for line in lines if line.strip(" ,{}[]")]


def _read_array(path):
    try:
        array = np.load(path)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} is not an npy file or is damaged: {error}") from error
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 3:
        raise ValueError(f"{path} holds an array of shape {array.shape}, not (N, rows, columns)")
    if array.dtype.kind == "f" and array.size and array.max() <= 1:
        whole = np.rint(array * 6)
        return np.where(abs(whole - array * 6) < 0.01, whole, array)
    return array


def _fourfold_from_text(line):
    text = line.strip().rstrip(",").translate(str.maketrans("{}", "[]"))
    # The first and the last record of the published list hold the braces of the list.
    surplus = text.count("[") - text.count("]")
    text = text[1:] if surplus == 1 else text[:-1] if surplus == -1 else text
    for word, value in (("True", "true"), ("False", "false"), ("Null", "null")):
        text = text.replace(word, value)
    try:
        value = json.loads(text)
    except ValueError:
        return ValueError(f"not a matrix: {line.strip()[:60]!r}")
    is_record = isinstance(value, list) and len(value) == 11 and isinstance(value[0], int)
    return _fourfold(value[3] if is_record else value)


def _fourfold(q):
    try:
        q = as_matrix(q)
        padded = pad(q)
        if dimension(q) != 4:
            raise ValueError(f"the manifold has dimension {dimension(q)}, not 4")
        if len(components(q)) > 1:
            raise ValueError(
                "a product of smaller manifolds; its Hodge numbers are exact: see hodge"
            )
    except (ValueError, TypeError) as error:
        return ValueError(str(error))
    return padded
