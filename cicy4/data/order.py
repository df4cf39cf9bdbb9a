"""The places in which the networks find the rows and columns of a configuration.

An order is a function that takes canonical matrices, uint8 ``(N, 16, 20)``, and returns them with
rows and columns in other places; ``ORDERS`` names each.  Since it starts from the canonical form,
the result does not depend on how a matrix was written down.  Zero rows come first: a recurrent
network keeps its last output, so the rows that carry information come last.

*canonical* leaves rows and columns as they are.

*connectivity* knows only which rows meet which columns, as an order for sparse matrices does: the
column that leaves the smallest pieces comes first, then the largest piece, and the other pieces
stand at the right.  (Nested dissection, George, SIAM J. Numer. Anal. 10 (1973) 345.)

*reading* is that of the trained networks.  It gives a part of the answer away: it puts a column
with a piece of role 3 first if there is one, and such a column exists if and only if h21 > 0.
The cohomology of the line bundle of an equation depends on the pieces into which the
configuration falls when the equation is removed together with the factors it lives on.
Of these, a piece counts if its multidegree on these factors fits into that of the
equation, and then adds to h21 if its dimension is 1 and to h11 if it is 2: the condition
and the degrees of the exact solution (``hodge._add_line_bundle``), without its numbers.
The networks find the columns of a matrix accordingly: on the left the equation that
separates best, of those with a piece that adds to h21 if there are any, and the largest
piece, on the right the other pieces, and the zero columns between them.  Further
equations with pieces that count most often lie in the largest piece.  They come first in
it, and what they cut off from it goes to the right, too.
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
    return int(not (role == 3).any()), squares, int(not (role == 2).any())


@njit(cache=True, nogil=True)
def best_pieces(q):
    """:func:`pieces` of the column with the most to say, renumbered as they are read.

    Only columns that have a piece of role 3 are considered, if there are any.  Of them it
    is the first one for which the sum of the squared sizes of the pieces is least, and
    where that is equal, one that has a piece of role 2.  The first of the largest pieces
    becomes number 1, what :func:`cut_off` takes from it number 2, and the others follow by
    their role.

    Returns:
        ``piece``, int64 ``(K,)``, 0 for the separator; and ``strongest``, int64 ``(K,)``,
        the largest role of the pieces that each column has, at least 1.
    """
    k = q.shape[1]
    strongest = np.ones(k, np.int64)
    best, role = pieces(q, 0)
    for a in range(k):
        piece, roles = pieces(q, a)
        for r in roles:
            strongest[a] = max(strongest[a], r)
        if rank(piece, roles) < rank(best, role):
            best, role = piece, roles
    if k == 1:
        return best, strongest
    role[np.bincount(best)[1:].argmax()] = -1
    number = np.zeros(len(role) + 1, np.int64)
    number[1 + np.argsort(role, kind="mergesort")[1:]] = np.arange(3, len(role) + 2)
    number[1 + role.argmin()] = 1
    piece = number[best]
    piece[cut_off(q, piece, strongest)] = 2
    return piece, strongest


@njit(cache=True, nogil=True)
def cut_off(q, piece, strongest):
    """The columns of piece 1 that others of its columns cut off from the separator.

    That is what columns with a piece of role 3 do; these are not cut off themselves.

    Returns:
        bool ``(K,)``.
    """
    separator = piece.argmin()
    found = np.zeros(len(piece), np.bool_)
    for a in range(len(piece)):
        if piece[a] == 1 and strongest[a] == 3:
            further, _ = pieces(q, a)
            found |= further != further[separator]
    return found & (piece == 1) & (strongest < 3)


@njit(cache=True, nogil=True)
def reading_places(q):
    """The orders in which rows and columns of a matrix are read.

    Columns begin with the separator and piece 1, and end with the other pieces; the columns of a
    piece that themselves have pieces of role 3, then 2, come first in it.  The rows of the last
    piece come first, those of piece 2 before those that the separator meets, then those of piece 1,
    where further columns with a piece of role 3 have the first ones.

    Args:
        q: canonical matrix ``(m, K)``; what the pieces leave open stays as it is.

    Returns:
        ``rows``, int64 ``(m,)``, ``columns``, int64 ``(K,)``, and ``piece`` of
        :func:`best_pieces`.
    """
    piece, strongest = best_pieces(q)
    part = np.zeros(len(q), np.int64)
    for r in range(len(q)):
        first = piece[q[r] > 0].min()
        part[r] = -first
        if first == 1:
            part[r] = 1 if strongest[q[r] > 0].max() == 3 else 2
    rows = np.argsort(part, kind="mergesort")
    return rows, np.argsort(4 * piece - strongest, kind="mergesort"), piece


@njit(cache=True, nogil=True)
def put(q, places, out):
    """Write a matrix into zeros, the separator and piece 1 at the left, other pieces at the right.

    Args:
        q: matrix ``(m, K)``.
        places: rows, columns, and pieces of the columns, see :func:`reading_places`.
        out: uint8 ``(16, 20)``.
    """
    rows, columns, piece = places
    m, k = q.shape
    for a in range(k):
        place = a if piece[columns[a]] <= 1 else out.shape[1] - k + a
        out[-m:, place] = q[rows, columns[a]]


@njit(cache=True, nogil=True)
def reading_order(matrices):
    """Canonical matrices as the networks read them, see :func:`reading_places`.

    Args:
        matrices: uint8 ``(N, 16, 20)``, canonical.

    Returns:
        uint8 array of the same shape.
    """
    out = np.zeros_like(matrices)
    for i in range(len(matrices)):
        q = compact(matrices[i])
        put(q, reading_places(q), out[i])
    return out


def canonical_order(matrices):
    """Canonical matrices with their zero rows first; see :func:`reading_order`."""
    zero_first = np.argsort(matrices.any(axis=2), axis=1, kind="stable")
    return np.take_along_axis(matrices, zero_first[..., None], axis=1)


@njit(cache=True, nogil=True)
def smallest_pieces(q):
    """The pieces of the first column for which the sum of their squared sizes is least.

    Args:
        q: matrix ``(m, K)`` without zero rows and columns; only where it is zero matters.

    Returns:
        int64 ``(K,)``: 0 for that column, 1 for the first of the largest pieces, and further
        numbers for the others, in the order of their first columns.
    """
    best, least = pieces(q, 0)[0], 2**62
    for a in range(q.shape[1]):
        piece, _ = pieces(q, a)
        squares = (np.bincount(piece)[1:] ** 2).sum()
        if squares < least:
            best, least = piece, squares
    if q.shape[1] == 1:
        return best
    largest = 1 + np.bincount(best)[1:].argmax()
    return np.where(best == largest, 1, best + ((best > 0) & (best < largest)))


@njit(cache=True, nogil=True)
def connectivity_places(q):
    """The same as :func:`reading_places` for the connectivity alone.

    Rows of the last piece come first, then those of the one before, those that the first column
    meets, and those of piece 1.
    """
    piece = smallest_pieces(q)
    part = np.zeros(len(q), np.int64)
    for r in range(len(q)):
        first = piece[q[r] > 0].min()
        part[r] = 1 if first == 1 else -first
    return np.argsort(part, kind="mergesort"), np.argsort(piece, kind="mergesort"), piece


@njit(cache=True, nogil=True)
def connectivity_order(matrices):
    """Canonical matrices by their pieces, see :func:`connectivity_places`."""
    out = np.zeros_like(matrices)
    for i in range(len(matrices)):
        q = compact(matrices[i])
        put(q, connectivity_places(q), out[i])
    return out


ORDERS = {
    "reading": reading_order,
    "canonical": canonical_order,
    "connectivity": connectivity_order,
}
DEFAULT_ORDER = "reading"
