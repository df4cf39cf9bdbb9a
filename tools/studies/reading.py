"""The reading order: connectivity, and what the exact solution asks of the pieces.

It gives a part of the answer away: it puts a column with a piece of role 3 first if there is one,
and such a column exists if and only if h21 > 0.

The cohomology of the line bundle of an equation depends on the pieces into which the configuration
falls when the equation is removed together with the factors it lives on.  Of these, a piece counts
if its multidegree on these factors fits into that of the equation, and then adds to h21 if its
dimension is 1 and to h11 if it is 2: the condition and the degrees of the exact solution
(``hodge._add_line_bundle``), without its numbers.  On the left stand the equation that separates
best, of those with a piece that adds to h21 if there are any, and the largest piece, on the right
the other pieces.  Further equations with pieces that count most often lie in the largest piece.
They come first in it, and what they cut off from it goes to the right, too.
"""

import numpy as np
from numba import njit

from cicy4.data.connectivity import pieces, put
from cicy4.geometry.configuration import compact


@njit(cache=True, nogil=True)
def roles(q, piece):
    """What each piece adds to.

    Args:
        q: canonical matrix ``(m, K)`` without zero rows and columns.
        piece: of its columns, see :func:`cicy4.data.connectivity.pieces`.

    Returns:
        int64, for every piece from the first: 0 if its multidegree exceeds that of the separator
        in a row, else 3 or 2 if its dimension is 1 or 2, else 1.
    """
    separator = piece.argmin()
    role = np.zeros(piece.max(), np.int64)
    for p in range(len(role)):
        multidegree = q[:, piece == p + 1].sum(axis=1)
        dimension = -(piece == p + 1).sum()
        fits = True
        for r in range(len(q)):
            if q[r, separator]:
                fits &= multidegree[r] <= q[r, separator]
            elif multidegree[r]:
                dimension += multidegree[r] - 1
        if fits:
            role[p] = 4 - dimension if 1 <= dimension <= 2 else 1
    return role


@njit(cache=True, nogil=True)
def rank(piece, role):
    """The less, the more the pieces of a column have to say."""
    squares = (np.bincount(piece)[1:] ** 2).sum()
    return int(not (role == 3).any()), squares, int(not (role == 2).any())


@njit(cache=True, nogil=True)
def best_pieces(q):
    """The pieces of the column with the most to say, renumbered as they are read.

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
    best = pieces(q, 0)
    role = roles(q, best)
    for a in range(k):
        piece = pieces(q, a)
        found = roles(q, piece)
        for r in found:
            strongest[a] = max(strongest[a], r)
        if rank(piece, found) < rank(best, role):
            best, role = piece, found
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
            further = pieces(q, a)
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
def reading_order(matrices):
    """Canonical matrices in this order, see :func:`reading_places`.

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
