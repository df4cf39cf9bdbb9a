"""The places in which the networks find the rows and columns of a configuration.

The cohomology of the line bundle of an equation depends on the pieces into which the
configuration falls when the equation is removed together with the factors it lives on.
The networks find the columns of a matrix accordingly: on the left the equation that
separates it best and the largest piece, on the right the other pieces, and the zero
columns between them.  (Nested dissection, George, SIAM J. Numer. Anal. 10 (1973) 345,
with a single separator.)
"""

import numpy as np
from numba import njit

from cicy4.configuration import compact, component, incidence


@njit(cache=True, nogil=True)
def pieces(separator, row_columns, column_rows):
    """The pieces that are left when a column is deleted with the rows it meets.

    Returns:
        int64 array ``(K,)``: 0 for the separator, and for every other column the number
        of its piece, counted from 1 in the order of their first columns.
    """
    piece = np.zeros(len(column_rows), np.int64)
    count = 0
    for a in range(len(column_rows)):
        if a != separator and not piece[a]:
            count += 1
            columns, _ = component(a, column_rows[separator], row_columns, column_rows)
            for b in range(len(column_rows)):
                if columns >> b & 1:
                    piece[b] = count
    return piece


@njit(cache=True, nogil=True)
def best_pieces(row_columns, column_rows):
    """:func:`pieces` of the first column for which the sum of their squared sizes is least.

    The first of the largest pieces becomes number 1, those before it move up by one.
    """
    k = len(column_rows)
    best = np.zeros(k, np.int64)
    least = k * k
    for a in range(k):
        piece = pieces(a, row_columns, column_rows)
        squares = (np.bincount(piece)[1:] ** 2).sum()
        if squares < least:
            best, least = piece, squares
    if k > 1:
        largest = np.bincount(best)[1:].argmax() + 1
        best = np.where(best == largest, 1, best + ((0 < best) & (best < largest)))
    return best


@njit(cache=True, nogil=True)
def reading_order(matrices):
    """Canonical matrices as the networks read them.

    The separator and the largest piece begin at the left, the other pieces end at the
    right; the rows of these come before the others.  Zero rows are the very first: the
    recurrent networks keep their last output, so the rows that carry information come last.

    Args:
        matrices: uint8 ``(N, 16, 20)``, canonical: what the pieces leave open stays as it
            is, so only a canonical input makes a canonical output.

    Returns:
        uint8 array of the same shape.
    """
    out = np.zeros_like(matrices)
    for i in range(len(matrices)):
        q = compact(matrices[i])
        m, k = q.shape
        piece = best_pieces(*incidence(q))
        in_other_piece = np.array([piece[q[r] > 0].min() > 1 for r in range(m)])
        rows = np.argsort(~in_other_piece, kind="mergesort")
        columns = np.argsort(piece, kind="mergesort")
        for a in range(k):
            place = a if piece[columns[a]] <= 1 else matrices.shape[2] - k + a
            out[i, -m:, place] = q[rows, columns[a]]
    return out
