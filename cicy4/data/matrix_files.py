"""Fourfolds from a file that somebody brings."""

import json
from pathlib import Path

import numpy as np

from cicy4.geometry.configuration import as_matrix, components, dimension, pad, unpad


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


def read_npy(path) -> np.ndarray:
    """The array in a file.

    Raises:
        ValueError: the file is damaged, or no npy file.
    """
    try:
        return np.load(path)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} is not an npy file or is damaged: {error}") from error


def _read_array(path):
    array = read_npy(path)
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
