"""The places in which the networks find the rows and columns of a configuration.

The cohomology of the line bundle of an equation depends on the pieces into which the
configuration falls when the equation is removed together with the factors it lives on.
Of these, a piece counts if its multidegree on these factors fits into that of the
equation, and then adds to h21 if its dimension is 1 and to h11 if it is 2: the condition
and the degrees of the exact solution (``hodge._add_line_bundle``), without its numbers.
The networks find the columns of a matrix accordingly: on the left the equation that has
such pieces, or else separates best, and the largest piece, on the right the other
pieces, and the zero columns between them.  (Nested dissection, George, SIAM J. Numer.
Anal. 10 (1973) 345, with a single separator.)
"""

import numpy as np
from numba import njit

from cicy4.configuration import compact, component, incidence


@njit(cache=True, nogil=True)
def pieces(q, separator):
    """The pieces that are left when a column is deleted with the rows it meets.

    Args:
        q: canonical matrix ``(m, K)`` without zero rows and columns.
        separator: index of the column.

    Returns:
        ``piece``, int64 ``(K,)``: 0 for the separator, and for every other column the
        number of its piece, counted from 1 in the order of their first columns; and
        ``role``, int64, for every piece from the first: 0 if its multidegree exceeds
        that of the separator in a row, else 3 or 2 if its dimension is 1 or 2, else 1.
    """
    m, k = q.shape
    row_columns, column_rows = incidence(q)
    piece = np.zeros(k, np.int64)
    role = np.zeros(k, np.int64)
    count = 0
    for a in range(k):
        if a == separator or piece[a]:
            continue
        columns, rows = component(a, column_rows[separator], row_columns, column_rows)
        count += 1
        size = 0
        multidegree = np.zeros(m, np.int64)
        for b in range(k):
            if columns >> b & 1:
                piece[b] = count
                size += 1
                multidegree += q[:, b]
        dimension = -size
        fits = True
        for r in range(m):
            if rows >> r & 1:
                dimension += multidegree[r] - 1
            elif multidegree[r] > q[r, separator]:
                fits = False
        if fits:
            role[count - 1] = 4 - dimension if 1 <= dimension <= 2 else 1
    return piece, role[:count]


@njit(cache=True, nogil=True)
def rank(piece, role):
    """The less, the more the pieces that :func:`pieces` found have to say."""
    squares = (np.bincount(piece)[1:] ** 2).sum()
    return not (role == 3).any(), not (role == 2).any(), squares


@njit(cache=True, nogil=True)
def best_pieces(q):
    """:func:`pieces` of the column with the most to say, renumbered as they are read.

    That is the first column that has a piece of role 3, if any does; among such columns
    one that has a piece of role 2; and then one for which the sum of the squared sizes of
    the pieces is least.  The first of the largest pieces becomes number 1, and the others
    follow by their role.

    Returns:
        int64 ``(K,)``, 0 for the separator.
    """
    k = q.shape[1]
    best, role = pieces(q, 0)
    for a in range(1, k):
        piece, roles = pieces(q, a)
        if rank(piece, roles) < rank(best, role):
            best, role = piece, roles
    if k == 1:
        return best
    role[np.bincount(best)[1:].argmax()] = -1
    number = np.zeros(len(role) + 1, np.int64)
    number[1 + np.argsort(role, kind="mergesort")] = np.arange(1, len(role) + 1)
    return number[best]


@njit(cache=True, nogil=True)
def reading_order(matrices):
    """Canonical matrices as the networks read them.

    The separator and the largest piece begin at the left, the other pieces end at the
    right.  The rows of these come first, then those that the separator meets, then the
    rest.  Zero rows are before them all: the recurrent networks keep their last output,
    so the rows that carry information come last.

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
        piece = best_pieces(q)
        first = np.array([piece[q[r] > 0].min() for r in range(m)])
        part = np.where(first > 1, 0, np.where(first == 0, 1, 2))
        rows = np.argsort(part, kind="mergesort")
        columns = np.argsort(piece, kind="mergesort")
        for a in range(k):
            place = a if piece[columns[a]] <= 1 else matrices.shape[2] - k + a
            out[i, -m:, place] = q[rows, columns[a]]
    return out
