"""The canonical form of a configuration matrix: one order of its rows and columns.

Two matrices have the same one exactly when they differ by permutations.
"""

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from cicy4.geometry.configuration import as_batch, as_matrix, compact

_ABSENT = np.int32(2**30)


def canonical(matrix: ArrayLike) -> np.ndarray:
    """The one preferred order of rows and columns of a configuration.

    Rows by decreasing dimension of their projective space, then by the columns they
    meet; columns by decreasing total degree, then in decreasing lexicographic order.
    Classes of rows and columns that this leaves tied are refined until they are
    stable, and of the row orders that still remain the one with the lexicographically
    largest matrix is taken, so that two matrices have the same canonical form exactly
    when they differ by permutations.  (Individualisation and refinement, McKay and
    Piperno, J. Symb. Comput. 60 (2014) 94.)

    Args:
        matrix: one matrix ``(m, K)``, or a padded batch ``(N, 16, 20)``.

    Returns:
        uint8 array of the shape of the input.

    Raises:
        ValueError: as :func:`as_matrix` and :func:`as_batch`.

    >>> canonical([[0, 3], [1, 1], [3, 0]]).tolist()
    [[3, 0], [0, 3], [1, 1]]
    """
    if np.ndim(matrix) == 3:
        return canonical_batch(as_batch(matrix))
    return canonical_kernel(as_matrix(matrix))


@njit(cache=True, nogil=True)
def canonical_batch(matrices):
    out = np.zeros_like(matrices)
    for i in range(len(matrices)):
        q = compact(matrices[i])
        m, k = q.shape
        out[i, :m, :k] = canonical_kernel(q)
    return out


@njit(cache=True, nogil=True)
def canonical_kernel(q):
    """Depth-first search over the orders of tied rows; see :func:`canonical`.

    A leaf equal to the best one is an automorphism, which makes the rest of its branch
    below their common ancestor superfluous.
    """
    m, k = q.shape
    if m == 0 or k == 0:
        return q
    rows = np.empty((m + 1, m), np.int32)
    columns = np.empty((m + 1, k), np.int32)
    cell = np.empty(m + 1, np.int64)
    path = np.empty(m + 1, np.int64)
    best_path = np.empty(m + 1, np.int64)
    best = np.zeros((m, k), np.uint8)
    rows[0] = _rank(q.sum(axis=1))
    columns[0] = _rank(q.sum(axis=0))
    cell[0] = _refine(q, rows[0], columns[0])
    path[0] = -1
    depth = 0
    while depth >= 0:
        if cell[depth] < 0:
            leaf = _arrange(q, rows[depth])
            order = _compare(leaf, best)
            if order > 0:
                best[:] = leaf
                best_path[:] = path
            back = depth - 1
            if order == 0:
                back = 0
                while path[back] == best_path[back]:
                    back += 1
            depth = back
            continue
        row = _next_in_cell(q, rows[depth], cell[depth], path[depth] + 1)
        path[depth] = row
        if row < 0:
            depth -= 1
            continue
        depth += 1
        path[depth] = -1
        columns[depth] = columns[depth - 1]
        for r in range(m):
            behind = r != row and rows[depth - 1, r] == cell[depth - 1]
            rows[depth, r] = rows[depth - 1, r] + behind
        cell[depth] = _refine(q, rows[depth], columns[depth])
    return best


@njit(cache=True, nogil=True)
def _next_in_cell(q, rows, cell, first):
    """The next row of a class from ``first`` on that equals no earlier one, or -1."""
    for r in range(first, len(rows)):
        if rows[r] == cell:
            twin = False
            for s in range(r):
                twin = twin or (rows[s] == cell and _equal_rows(q, r, s))
            if not twin:
                return r
    return -1


@njit(cache=True, nogil=True)
def _rank(sizes):
    """Class of each element: how many are strictly larger."""
    n = len(sizes)
    classes = np.zeros(n, np.int32)
    for i in range(n):
        for j in range(n):
            if sizes[j] > sizes[i]:
                classes[i] += 1
    return classes


@njit(cache=True, nogil=True)
def _split(q, own, other):
    """Split the classes of the first axis by the classes and entries they meet.

    Returns whether a class was split; ``own`` is updated in place.
    """
    n, k = q.shape
    keys = np.full((n, k), _ABSENT, np.int32)
    order = np.empty(n, np.int64)
    for i in range(n):
        length = 0
        for j in range(k):
            if q[i, j]:
                key = other[j] * 256 + 255 - q[i, j]
                at = length
                while at > 0 and keys[i, at - 1] > key:
                    keys[i, at] = keys[i, at - 1]
                    at -= 1
                keys[i, at] = key
                length += 1
        at = i
        while at > 0 and _before(own, keys, i, order[at - 1]):
            order[at] = order[at - 1]
            at -= 1
        order[at] = i
    changed = False
    fresh = np.empty(n, np.int32)
    for p in range(n):
        i = order[p]
        if p > 0 and not _before(own, keys, order[p - 1], i):
            fresh[i] = fresh[order[p - 1]]
        else:
            fresh[i] = p
    for i in range(n):
        if fresh[i] != own[i]:
            changed = True
            own[i] = fresh[i]
    return changed


@njit(cache=True, nogil=True)
def _before(own, keys, i, j):
    if own[i] != own[j]:
        return own[i] < own[j]
    for c in range(keys.shape[1]):
        if keys[i, c] != keys[j, c]:
            return keys[i, c] < keys[j, c]
    return False


@njit(cache=True, nogil=True)
def _refine(q, rows, columns):
    """Split classes until none changes.

    Returns the first class of rows that are tied though not equal, or -1.
    """
    _split(q.T, columns, rows)
    while _split(q, rows, columns) and _split(q.T, columns, rows):
        pass
    m = len(rows)
    tied = -1
    for r in range(m):
        for s in range(r + 1, m):
            if rows[s] == rows[r] and (tied < 0 or rows[r] < tied) and not _equal_rows(q, r, s):
                tied = rows[r]
    return tied


@njit(cache=True, nogil=True)
def _equal_rows(q, r, s):
    for a in range(q.shape[1]):
        if q[r, a] != q[s, a]:
            return False
    return True


@njit(cache=True, nogil=True)
def _arrange(q, rows):
    """Rows by class; columns by total degree, then lexicographically, both decreasing."""
    m, k = q.shape
    sorted_rows = np.empty((m, k), np.uint8)
    taken = np.zeros(m, np.int64)
    for r in range(m):
        sorted_rows[rows[r] + taken[rows[r]]] = q[r]
        taken[rows[r]] += 1
    degree = np.zeros(k, np.int64)
    order = np.empty(k, np.int64)
    for a in range(k):
        for r in range(m):
            degree[a] += q[r, a]
        at = a
        while at > 0 and _column_before(sorted_rows, degree, a, order[at - 1]):
            order[at] = order[at - 1]
            at -= 1
        order[at] = a
    out = np.empty((m, k), np.uint8)
    for a in range(k):
        out[:, a] = sorted_rows[:, order[a]]
    return out


@njit(cache=True, nogil=True)
def _column_before(q, degree, a, b):
    if degree[a] != degree[b]:
        return degree[a] > degree[b]
    for r in range(q.shape[0]):
        if q[r, a] != q[r, b]:
            return q[r, a] > q[r, b]
    return False


@njit(cache=True, nogil=True)
def _compare(a, b):
    for r in range(a.shape[0]):
        for c in range(a.shape[1]):
            if a[r, c] != b[r, c]:
                return 1 if a[r, c] > b[r, c] else -1
    return 0
