"""Configuration matrices: validation, padding, connected components.

A configuration matrix ``q`` has one row per projective factor and one column per
equation; ``q[r, a]`` is the degree of equation ``a`` in the coordinates of factor
``r``.  The Calabi-Yau condition fixes factor ``r`` to be ``P^n`` with
``n = q[r].sum() - 1``, so the ambient space is not stored.
(Candelas, Dale, Lutken, Schimmrigk, Nucl. Phys. B 298 (1988) 493.)

Batches are *padded*: uint8 arrays of shape ``(N, 16, 20)``, the size of the largest
matrix among the fourfolds, with zero rows below and zero columns to the right.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

ROWS, COLUMNS = 16, 20

# Sets of rows and of columns are bit masks of 64; identities can turn a column into a row.
SIZE = 62


def as_matrix(matrix: ArrayLike) -> np.ndarray:
    """Validate one configuration matrix.

    Args:
        matrix: nested lists or an array of shape ``(m, K)`` of non-negative integers;
            floats are accepted when they are whole numbers.

    Returns:
        uint8 array of shape ``(m, K)``, in C order.

    Raises:
        ValueError: ragged or empty input, a negative, fractional or too large entry, too
            many rows and columns, an empty row or an empty column; the message says which.

    >>> as_matrix([[1, 1], [3, 0], [0, 3]]).shape
    (3, 2)
    """
    if any(isinstance(entry, bool) for row in _nested(matrix) for entry in _nested(row)):
        raise ValueError("entries must be integers, not true or false")
    try:
        array = np.asarray(matrix)
    except ValueError:
        lengths = [len(row) if isinstance(row, list | tuple) else row for row in matrix]
        raise ValueError(f"the rows of the matrix have different lengths: {lengths}") from None
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"a configuration matrix has rows and columns, got shape {array.shape}")
    _check_entries(array)
    if sum(array.shape) > SIZE:
        raise ValueError(f"a matrix of shape {array.shape} has more than {SIZE} rows and columns")
    array = array.astype(np.uint8, order="C")  # another layout would be compiled for anew
    for axis, name in ((1, "row"), (0, "column")):
        empty = np.flatnonzero(~array.any(axis=axis))
        if empty.size:
            raise ValueError(f"{name} {empty[0]} of the matrix is zero")
    return array


def _nested(value):
    return value if isinstance(value, list | tuple) else ()


def as_batch(matrices: ArrayLike) -> np.ndarray:
    """Validate a padded batch.

    Args:
        matrices: array of shape ``(N, 16, 20)``, any numeric dtype, whole numbers.

    Returns:
        uint8 array of shape ``(N, 16, 20)``, in C order and writable.

    Raises:
        ValueError: wrong shape, or an entry that is not a small non-negative integer.
    """
    array = np.asarray(matrices)
    if array.ndim != 3 or array.shape[1:] != (ROWS, COLUMNS):
        raise ValueError(f"expected matrices of shape (N, {ROWS}, {COLUMNS}), got {array.shape}")
    if array.dtype != np.uint8:
        _check_entries(array)
    # For another layout functions would be compiled anew.
    return np.require(array, np.uint8, ["C", "W"])


def _check_entries(array: np.ndarray) -> None:
    if array.dtype.kind not in "uif":
        raise ValueError(f"entries must be integers, got an array of {array.dtype}")
    bad = ~((array >= 0) & (array <= 255) & (array == np.floor(array)))
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(f"entry {where} is {array[where]}, not an integer from 0 to 255")


def pad(matrix: ArrayLike) -> np.ndarray:
    """The matrix in the upper left corner of a zero uint8 array of shape (16, 20).

    Raises:
        ValueError: the matrix is not valid or larger than 16 x 20.
    """
    matrix = as_matrix(matrix)
    m, k = matrix.shape
    if not fits_padding(matrix):
        raise ValueError(f"a {m} x {k} matrix does not fit into {ROWS} x {COLUMNS}")
    padded = np.zeros((ROWS, COLUMNS), np.uint8)
    padded[:m, :k] = matrix
    return padded


def fits_padding(matrix: np.ndarray) -> bool:
    """Whether a matrix has at most 16 rows and 20 columns."""
    return matrix.shape[0] <= ROWS and matrix.shape[1] <= COLUMNS


def pad_all(matrices: Sequence[ArrayLike]) -> np.ndarray:
    """Pad a sequence of matrices: uint8 array of shape ``(N, 16, 20)``."""
    return np.array([pad(q) for q in matrices], np.uint8).reshape(-1, ROWS, COLUMNS)


def unpad(padded: np.ndarray) -> np.ndarray:
    """The matrix without its zero rows and zero columns, wherever they are."""
    padded = np.asarray(padded)
    return padded[np.ix_(padded.any(axis=1), padded.any(axis=0))]


def row_counts(matrices):
    """How many rows of each padded matrix are not zero: int64 ``(N,)`` for ``(N, 16, 20)``."""
    return np.any(matrices, axis=2).sum(axis=1)


def column_counts(matrices):
    """How many columns of each padded matrix are not zero, see :func:`row_counts`."""
    return np.any(matrices, axis=1).sum(axis=1)


def by_entries(matrices):
    """Places of padded uint8 matrices, sorted by their entries, row by row: int64 ``(N,)``."""
    size = matrices.shape[1] * matrices.shape[2]
    return np.argsort(matrices.reshape(len(matrices), size).view(f"V{size}").ravel())


@njit(cache=True, nogil=True)
def ambient(q):
    """Dimensions of the projective spaces: int64 ``(m,)`` for a matrix ``(m, K)``."""
    n = np.empty(len(q), np.int64)
    for r in range(len(q)):
        n[r] = q[r].sum() - 1
    return n


def dimension(matrix: np.ndarray) -> int:
    """Complex dimension of the manifold: that of the ambient space less the equations."""
    return int(np.sum(matrix, dtype=int)) - sum(np.shape(matrix))


def components(matrix: np.ndarray) -> list[np.ndarray]:
    """Connected components of the bipartite graph of rows and columns.

    A configuration with several components is the product of their manifolds.
    """
    matrix = np.asarray(matrix)
    left = np.ones(len(matrix), bool)
    parts = []
    while left.any():
        rows = np.zeros(len(matrix), bool)
        rows[left.argmax()] = True
        while True:
            columns = matrix[rows].any(axis=0)
            wider = matrix[:, columns].any(axis=1)
            if (wider == rows).all():
                break
            rows = wider
        parts.append(matrix[np.ix_(rows, columns)])
        left &= ~rows
    return parts


def factors(matrix: np.ndarray) -> list[np.ndarray]:
    """:func:`components`, each of them a manifold of dimension 1 to 4.

    Raises:
        ValueError: a component has another dimension; its matrix and what it is are said.
    """
    found = components(matrix)
    for part in found:
        d = dimension(part)
        if not 1 <= d <= 4:
            words = {-1: "no solution", 0: "two points"}.get(d, f"a manifold of dimension {d}")
            raise ValueError(
                f"{part.tolist()} is {words}, not a manifold of dimension 1 to 4{_hint(part)}"
            )
    return found


def _hint(q):
    """What to say of a matrix that has the dimensions of the spaces beside its degrees."""
    degrees = q.sum(axis=1, keepdims=True, dtype=int) - q
    if len(q.T) > 1 and (q == degrees - 1).all(axis=0).any():
        return "; the dimensions of the projective spaces are no column of a matrix, leave them out"
    return ""


def block_diagonal(blocks: Sequence[np.ndarray]) -> np.ndarray:
    """The matrix of the product of configurations: uint8."""
    out = np.zeros(np.sum([b.shape for b in blocks], axis=0), np.uint8)
    row = column = 0
    for block in blocks:
        m, k = block.shape
        out[row : row + m, column : column + k] = block
        row, column = row + m, column + k
    return out


def latex(matrix: ArrayLike) -> str:
    """A configuration as papers write it, beside its projective spaces, in LaTeX."""
    q = as_matrix(matrix)
    spaces = [rf"\mathbb{{P}}^{{{row.sum(dtype=int) - 1}}}" for row in q]
    rows = [" & ".join([space, *map(str, row)]) for space, row in zip(spaces, q, strict=True)]
    columns = "c" * q.shape[1]
    body = r" \\ ".join(rows)
    return rf"\left[\begin{{array}}{{c|{columns}}}{body}\end{{array}}\right]"


@njit(cache=True, nogil=True)
def fingerprint(q):
    """A hash of a matrix, uint64 (FNV-1a)."""
    key = np.uint64(0xCBF29CE484222325)
    for entry in q.flat:
        key = (key ^ np.uint64(entry)) * np.uint64(0x100000001B3)
    return (key ^ np.uint64(len(q))) * np.uint64(0x100000001B3)


@njit(cache=True, nogil=True)
def incidence(q):
    """Bit masks: the columns that each row meets, the rows that each column meets."""
    m, k = q.shape
    row_columns = np.zeros(m, np.int64)
    column_rows = np.zeros(k, np.int64)
    for r in range(m):
        for a in range(k):
            if q[r, a]:
                row_columns[r] |= 1 << a
                column_rows[a] |= 1 << r
    return row_columns, column_rows


@njit(cache=True, nogil=True)
def component(start, deleted_rows, row_columns, column_rows):
    """Columns and rows joined to column ``start`` when some rows are deleted."""
    columns = np.int64(1) << start
    rows = np.int64(0)
    grown = columns
    while grown:
        reached = np.int64(0)
        for a in range(len(column_rows)):
            if grown >> a & 1:
                reached |= column_rows[a]
        reached &= ~(deleted_rows | rows)
        rows |= reached
        grown = np.int64(0)
        for r in range(len(row_columns)):
            if reached >> r & 1:
                grown |= row_columns[r]
        grown &= ~columns
        columns |= grown
    return columns, rows


@njit(cache=True, nogil=True)
def compact(padded):
    """The matrix without its zero rows and columns (compiled :func:`unpad`)."""
    rows = np.empty(padded.shape[0], np.int64)
    columns = np.empty(padded.shape[1], np.int64)
    m = k = 0
    for r in range(padded.shape[0]):
        if padded[r].any():
            rows[m] = r
            m += 1
    for a in range(padded.shape[1]):
        if padded[:, a].any():
            columns[k] = a
            k += 1
    q = np.empty((m, k), np.uint8)
    for r in range(m):
        for a in range(k):
            q[r, a] = padded[rows[r], columns[a]]
    return q
