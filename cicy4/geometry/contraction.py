"""Contraction of a linear row, and whether it changes the manifold.

A linear row has entries 0 and 1: a P^n over which n + 1 equations are linear, so that these are a
square matrix of sections times its coordinates.  Contracting the row puts the determinant of that
matrix in the place of these equations.  The manifold maps onto the contracted one, and the map is
an isomorphism where the matrix has rank n; a contraction is *ineffective* if no point has a lower
rank.  (Candelas, Dale, Lutken, Schimmrigk, Nucl. Phys. B 298 (1988) 493.)
"""

import numpy as np
from numba import njit

from cicy4.geometry.configuration import ambient, incidence


@njit(cache=True, nogil=True)
def contract(q, row):
    """Delete a linear row and replace the columns it meets by their sum."""
    m, k = q.shape
    out = np.zeros((m - 1, k - np.count_nonzero(q[row]) + 1), np.uint8)
    at = 1
    for a in range(k):
        target = 0
        if q[row, a] == 0:
            target = at
            at += 1
        for r in range(m):
            if r != row:
                out[r - (r > row), target] += q[r, a]
    return out


@njit(cache=True, nogil=True)
def ineffective_row(q):
    """The first linear row whose contraction is ineffective, or -1."""
    m = len(q)
    n = ambient(q)
    _, column_rows = incidence(q)
    for row in range(m):
        if q[row].max() == 1 and is_ineffective(q, row, n, column_rows):
            return row
    return -1


@njit(cache=True, nogil=True)
def is_ineffective(q, row, n, column_rows):
    """Whether the contraction of a linear row is: no point has a matrix of rank below ``n[row]``.

    A lower rank means two independent solutions, a point of the Grassmannian Gr(2, n + 1) on
    whose tautological bundle all equations of the row vanish.  Equations are generic, so there
    is none exactly if the product of the second Chern classes sigma_11 + sigma_1 l + l^2, where l
    is the class of an equation apart from the row, times the classes of all other equations is
    zero (Fulton, Intersection Theory, 14.4).  All terms are effective and of the Grassmannian's
    dimension 2 (n - 1) there, once the exponents of the l, at most two each, add up to four.  A
    product of such classes is not zero if each can choose a hyperplane class of a row where it
    has a degree, row r being chosen at most n[r] times.  That is a matching of columns and rows,
    found by augmenting paths.
    """
    m, k = q.shape
    free = n.copy()
    held = np.zeros((m, k), np.int64)
    outside = ~(np.int64(1) << row)
    for a in range(k):
        if q[row, a] == 0:
            _augment(a, column_rows, outside, free, held)
    missing = 4
    for a in range(k):
        if q[row, a]:
            for _ in range(2):
                missing -= _augment(a, column_rows, outside, free, held)
                if missing == 0:
                    return False
    return True


@njit(cache=True, nogil=True)
def _augment(column, column_rows, outside, free, held):
    """Let a column choose one row more, others moving if need be; whether that is possible.

    ``free[r]`` is how often row ``r`` can still be chosen, ``held[r, a]`` how often column ``a``
    has chosen it.  Rows are searched breadth first: ``mover[r]`` would choose row ``r`` instead
    of row ``leaves[r]``.
    """
    m, k = held.shape
    reached, mover, leaves = np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.int64)
    seen = np.int64(0)
    at, count = -1, 0
    while at < count:
        for a in range(k):
            if held[reached[at], a] == 0 if at >= 0 else a != column:
                continue
            fresh = column_rows[a] & outside & ~seen
            seen |= fresh
            for r in range(m):
                if fresh >> r & 1:
                    mover[r], leaves[r] = a, reached[at] if at >= 0 else -1
                    if free[r]:
                        free[r] -= 1
                        _move(r, mover, leaves, held)
                        return True
                    reached[count] = r
                    count += 1
        at += 1
    return False


@njit(cache=True, nogil=True)
def _move(row, mover, leaves, held):
    while row >= 0:
        held[row, mover[row]] += 1
        if leaves[row] >= 0:
            held[leaves[row], mover[row]] -= 1
        row = leaves[row]
