"""The order of rows and columns that knows only which rows meet which columns.

It is what a program for sparse matrices would choose (nested dissection, George, SIAM J. Numer.
Anal. 10 (1973) 345): first the column that leaves the smallest pieces when it is removed with the
rows it meets, then the largest piece, and at the right the other pieces.  Neither the degrees nor
the dimensions of pieces matter; what the pieces leave open stays in canonical order.
"""

import numpy as np
from numba import njit

from cicy4.geometry.configuration import compact, component, incidence


@njit(cache=True, nogil=True)
def pieces(q, separator):
    """The pieces that are left when a column is deleted with the rows it meets.

    Args:
        q: canonical matrix ``(m, K)`` without zero rows and columns.
        separator: index of the column.

    Returns:
        int64 ``(K,)``: 0 for the separator, and for every other column the number of its piece,
        counted from 1 in the order of their first columns.
    """
    row_columns, column_rows = incidence(q)
    piece = np.zeros(q.shape[1], np.int64)
    count = 0
    for a in range(q.shape[1]):
        if a != separator and not piece[a]:
            count += 1
            columns, _ = component(a, column_rows[separator], row_columns, column_rows)
            for b in range(q.shape[1]):
                if columns >> b & 1:
                    piece[b] = count
    return piece


@njit(cache=True, nogil=True)
def smallest_pieces(q):
    """The pieces of the first column for which the sum of their squared sizes is least.

    Args:
        q: matrix ``(m, K)`` without zero rows and columns; only where it is zero matters.

    Returns:
        int64 ``(K,)``: 0 for that column, 1 for the first of the largest pieces, and further
        numbers for the others, in the order of their first columns.
    """
    best, least = pieces(q, 0), 2**62
    for a in range(q.shape[1]):
        piece = pieces(q, a)
        squares = (np.bincount(piece)[1:] ** 2).sum()
        if squares < least:
            best, least = piece, squares
    if q.shape[1] == 1:
        return best
    largest = 1 + np.bincount(best)[1:].argmax()
    for a in range(len(best)):
        if best[a] == largest:
            best[a] = 1
        elif 0 < best[a] < largest:
            best[a] += 1
    return best


@njit(cache=True, nogil=True)
def connectivity_places(q):
    """The orders of rows and columns of a matrix.

    Columns begin with the separator and piece 1, and end with the other pieces.  The rows of the
    last piece come first, then those of the one before, those that the separator meets, and those
    of piece 1.

    Args:
        q: canonical matrix ``(m, K)`` without zero rows and columns.

    Returns:
        ``rows``, int64 ``(m,)``, ``columns``, int64 ``(K,)``, and ``piece`` of
        :func:`smallest_pieces`.
    """
    piece = smallest_pieces(q)
    rows = np.argsort(part_of_rows(q, piece), kind="mergesort")
    return rows, np.argsort(piece, kind="mergesort"), piece


@njit(cache=True, nogil=True)
def part_of_rows(q, piece):
    """The numbers by which rows are sorted, int64 ``(m,)``, for the pieces of the columns."""
    part = np.zeros(len(q), np.int64)
    for r in range(len(q)):
        first = piece[q[r] > 0].min()
        part[r] = 1 if first == 1 else -first
    return part


@njit(cache=True, nogil=True)
def put(q, places, out):
    """Write a matrix into zeros, the separator and piece 1 at the left, other pieces at the right.

    Args:
        q: matrix ``(m, K)``.
        places: rows, columns, and pieces of the columns, see :func:`connectivity_places`.
        out: uint8 ``(16, 20)``.
    """
    rows, columns, piece = places
    m, k = q.shape
    for a in range(k):
        place = a if piece[columns[a]] <= 1 else out.shape[1] - k + a
        out[-m:, place] = q[rows, columns[a]]


@njit(cache=True, nogil=True)
def connectivity_order(matrices):
    """Canonical matrices by their pieces, see :func:`connectivity_places`.

    Args:
        matrices: uint8 ``(N, 16, 20)``, canonical.

    Returns:
        uint8 array of the same shape, zero rows first.
    """
    out = np.zeros_like(matrices)
    for i in range(len(matrices)):
        q = compact(matrices[i])
        put(q, connectivity_places(q), out[i])
    return out
