"""Cohomology of line bundles on a complete intersection, counted combinatorially.

A bundle is projected to the factors that it lives on; Bott, Borel and Weil say what is there.
"""

import numpy as np
from numba import njit

from cicy4.geometry.chunks import in_threads
from cicy4.geometry.configuration import ambient, as_batch, compact, component, incidence

# Larger than any dimension and degree of 62 rows and columns together.  What does not fit into
# 2**61 is cut off there: LARGEST_SECTIONS keeps such numbers from being used.
_BINOMIAL = np.zeros((140, 140), np.int64)
_BINOMIAL[:, 0] = 1
for _i in range(1, len(_BINOMIAL)):
    _BINOMIAL[_i, 1:] = np.minimum(_BINOMIAL[_i - 1, 1:] + _BINOMIAL[_i - 1, :-1], 2**61)

LARGEST_SECTIONS = 2**40  # of the line bundle of an equation on the ambient space


@njit(cache=True, nogil=True)
def add_line_bundle(degree, q, n, row_columns, column_rows, work, h):
    """Add ``h^k`` of the line bundle with the given degrees to ``h[k]``.

    ``work`` are arrays to compute in, since allocating them for every line bundle would
    take most of the time: the rows that the bundle lives on, what a subset leaves of its
    degree on them, multidegree and dimension ``delta`` of the components that fit, and
    the chosen subset of these.
    """
    m, k = q.shape
    support, left, multidegrees, deltas, _ = work
    size = 0
    deleted = np.int64(0)
    for r in range(m):
        if degree[r]:
            support[size] = r
            left[size] = degree[r]
            deleted |= 1 << r
            size += 1
    count = 0
    seen = np.int64(0)
    for a in range(k):
        if seen >> a & 1:
            continue
        columns, rows = component(a, deleted, row_columns, column_rows)
        seen |= columns
        delta = 0
        for r in range(m):
            if rows >> r & 1:
                delta += n[r]
        multidegrees[count, :size] = 0
        for b in range(k):
            if columns >> b & 1:
                delta -= 1
                for i in range(size):
                    multidegrees[count, i] += q[support[i], b]
        deltas[count] = delta
        if _fits(multidegrees[count], left, size):
            count += 1
    _add_subsets(size, count, n, work, h)


@njit(cache=True, nogil=True)
def line_bundle(q, degree):
    """``h^k``, ``k`` below 32, of a line bundle with degrees >= 0, restricted to the manifold."""
    h = np.zeros(32, np.int64)
    row_columns, column_rows = incidence(q)
    add_line_bundle(degree, q, ambient(q), row_columns, column_rows, workspace(*q.shape), h)
    return h


@njit(cache=True, nogil=True)
def _fits(multidegree, left, size):
    for i in range(size):
        if multidegree[i] > left[i]:
            return False
    return True


@njit(cache=True, nogil=True)
def _add_subsets(size, count, n, work, h):
    """Sum over all subsets of ``count`` components whose multidegrees fit into ``left``."""
    support, left, multidegrees, deltas, chosen = work
    length = k = c = 0
    sign = 1
    h[0] += _sections(support, left, size, n)
    while True:
        if c < count:
            if _fits(multidegrees[c], left, size):
                left[:size] -= multidegrees[c, :size]
                chosen[length] = c
                length += 1
                k += max(deltas[c], 0)
                sign = -sign if deltas[c] < 0 else sign
                h[k] += sign * _sections(support, left, size, n)
        elif length:
            length -= 1
            c = chosen[length]
            left[:size] += multidegrees[c, :size]
            k -= max(deltas[c], 0)
            sign = -sign if deltas[c] < 0 else sign
        else:
            return
        c += 1


@njit(cache=True, nogil=True)
def _sections(support, degree, size, n):
    """h^0 of a line bundle with degrees >= 0 on a product of projective spaces."""
    count = 1
    for i in range(size):
        count *= _BINOMIAL[n[support[i]] + degree[i], degree[i]]
    return count


@njit(cache=True, nogil=True)
def workspace(m, k):
    return (
        np.empty(m, np.int64),
        np.empty(m, np.int64),
        np.empty((k, m), np.int64),
        np.empty(k, np.int64),
        np.empty(k, np.int64),
    )


def equation_cohomology(matrices):
    """Cohomology of the line bundle of each equation, restricted to the manifold.

    Over the equations h^0, h^1 and h^2 add up to those of the normal bundle, from which
    h31, h21 and h11 follow (:func:`tangent_cohomology`).

    Args:
        matrices: uint8 ``(N, 16, 20)``, fourfolds; zero rows and columns may be anywhere.

    Returns:
        int16 ``(N, 20, 3)``: h^0, h^1, h^2 of the equation in each column, zero where the
        column is.

    Raises:
        ValueError: as :func:`cicy4.geometry.configuration.as_batch`.
    """
    return in_threads(_equation_cohomology, as_batch(matrices))


@njit(cache=True, nogil=True)
def _equation_cohomology(matrices):
    count, _, places = matrices.shape
    out = np.zeros((count, places, 3), np.int16)
    for i in range(count):
        q = compact(matrices[i])
        m, k = q.shape
        n = ambient(q)
        row_columns, column_rows = incidence(q)
        work = workspace(m, k)
        degree = np.empty(m, np.int64)
        h = np.empty(32, np.int64)
        a = 0
        for place in range(places):
            if matrices[i, :, place].any():
                h[:] = 0
                degree[:] = q[:, a]
                add_line_bundle(degree, q, n, row_columns, column_rows, work, h)
                out[i, place] = h[:3]
                a += 1
    return out
