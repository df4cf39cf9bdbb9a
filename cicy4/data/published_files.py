"""Reading a split in the published form: six files of matrices and labels, which are checked."""

from itertools import permutations
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from cicy4.data.matrix_files import from_sixths, holds_sixths, read_npy
from cicy4.geometry.canonical_form import canonical
from cicy4.geometry.chunks import CHUNK
from cicy4.geometry.configuration import COLUMNS, ROWS
from cicy4.geometry.hodge import HodgeNumbers, hodge_numbers_batch


def read_published(conf, labels, progress=False):
    """Matrices and labels of one split in the published form.

    Args:
        conf: path of an array ``(N, 16, 20)`` or ``(N, 16, 20, 1)``: integers, or floats that
            are multiples of 1/6.
        labels: path of an array ``(N, 4)``.
        progress: whether to show a bar.

    Returns:
        uint8 ``(N, 16, 20)`` in canonical order, and int16 ``(N, 4)``.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file is damaged, or a label is not the exact Hodge number.
    """
    matrices, hodge = read_npy(conf, "r"), read_npy(labels, "r")
    n = len(matrices) if matrices.ndim else 0
    if matrices.shape not in ((n, ROWS, COLUMNS), (n, ROWS, COLUMNS, 1)) or hodge.shape != (n, 4):
        raise ValueError(
            f"{conf} and {labels} have shapes {matrices.shape} and {hodge.shape}, "
            f"not (N, {ROWS}, {COLUMNS}) and (N, 4)"
        )
    sixths = any(holds_sixths(matrices[i : i + CHUNK]) for i in range(0, n, CHUNK))
    read, exact = np.zeros((n, ROWS, COLUMNS), np.uint8), np.zeros((n, 4), np.int16)
    for start in tqdm(range(0, n, CHUNK), Path(conf).name, unit="chunk", disable=not progress):
        part = slice(start, start + CHUNK)
        q = matrices[part].reshape(-1, ROWS, COLUMNS)
        q = from_sixths(q) if sixths else q
        _check_whole(conf, q, 255, start)
        _check_whole(labels, hodge[part], np.iinfo(np.int16).max, start)
        read[part] = canonical(q.astype(np.uint8))
        try:
            exact[part] = hodge_numbers_batch(read[part])
        except ValueError as error:
            raise ValueError(f"{conf}, from matrix {start} on: {error}") from error
        _check_labels(labels, hodge[part], exact[part], start)
    return read, exact


def _check_labels(path, given, exact, start):
    wrong = (given != exact).any(axis=1)
    if not wrong.any():
        return
    for order in permutations(range(4)):
        if np.array_equal(given[:, order], exact):
            fields = HodgeNumbers._fields
            names = ", ".join(fields[order.index(i)] for i in range(4))
            raise ValueError(f"{path} has the columns {names}, not {', '.join(fields)}")
    at = wrong.argmax()
    numbers = ", ".join(f"{label:g}" for label in given[at])
    raise ValueError(
        f"{path}: the Hodge numbers of matrix {start + at} are not {numbers} but "
        f"{', '.join(map(str, exact[at]))}"
    )


def _check_whole(path, array, largest, start):
    if array.dtype.kind not in "uif":
        raise ValueError(f"{path} holds {array.dtype}, not numbers")
    good = (array >= 0) & (array <= largest) & (array == np.rint(array))
    if not good.all():
        at = np.unravel_index(good.argmin(), good.shape)
        where = (start + int(at[0]), *map(int, at[1:]))
        raise ValueError(f"{path}: entry {where} is {array[at]}, not from 0 to {largest}")
