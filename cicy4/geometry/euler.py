"""The Euler number of a configuration from its top Chern class.

It shares no code with the Hodge numbers (:mod:`cicy4.geometry.hodge`), which it checks.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from cicy4.geometry.chunks import in_threads
from cicy4.geometry.configuration import (
    ambient,
    as_batch,
    as_matrix,
    column_counts,
    compact,
    dimension,
    row_counts,
)

LARGEST_RING = 2**24  # dimension of the cohomology ring of the ambient space


def euler_number(matrix: ArrayLike) -> int:
    """Euler number from the top Chern class, for dimension 1 to 4 and products.

    With ``c_1 = 0`` and ``p_k = sum_r (n_r + 1) J_r^k - sum_a (q_a.J)^k`` Newton's
    identities give ``c_2 = -p_2/2``, ``c_3 = p_3/3``, ``c_4 = p_2^2/8 - p_4/4``.
    The Euler number is the coefficient of ``prod_r J_r^{n_r}`` in
    ``c_d prod_a (q_a.J)`` (Huebsch, Calabi-Yau Manifolds, World Scientific 1992).

    Raises:
        ValueError: invalid matrix, a dimension outside 1 to 4, or a cohomology ring of the
            ambient space that is too large.

    >>> euler_number([[6]])
    2610
    """
    matrix = as_matrix(matrix)
    d = dimension(matrix)
    if not 1 <= d <= 4:
        raise ValueError(f"the manifold has dimension {d}, not 1 to 4")
    if math.prod((ambient(matrix) + 1).tolist()) > LARGEST_RING:
        size = " x ".join(map(str, matrix.shape))
        raise ValueError(
            f"the ambient space of this {size} matrix is too large for the solver; "
            "`python -m cicy4 identify` reduces it first"
        )
    return int(_euler(matrix))


def euler_number_batch(matrices: ArrayLike) -> np.ndarray:
    """Euler numbers from the top Chern class: int64 array ``(N,)`` for ``(N, 16, 20)``.

    Raises:
        ValueError: a matrix of another dimension than 4; the message says which.
    """
    matrices = as_batch(matrices)
    dimensions = matrices.sum(axis=(1, 2), dtype=int) - row_counts(matrices)
    bad = np.flatnonzero(dimensions - column_counts(matrices) != 4)
    if bad.size:
        raise ValueError(f"matrix {bad[0]} of the batch does not have dimension 4")
    return in_threads(_euler_batch, matrices)


@njit(cache=True, nogil=True)
def _euler_batch(matrices):
    out = np.zeros(len(matrices), np.int64)
    for i in range(len(matrices)):
        out[i] = _euler(compact(matrices[i]))
    return out


@njit(cache=True, nogil=True)
def _euler(q):
    """Pair the coefficients of c_d with those of prod_a (q_a.J), exponents at most ``n``."""
    m, k = q.shape
    n = ambient(q)
    d = n.sum() - k
    if d == 1:
        return 0
    top, stride = class_of_equations(q, n)
    pairs = np.zeros((m, m), np.int64)
    for r in range(m):
        pairs[r, r] = n[r] + 1
        for s in range(m):
            for a in range(k):
                pairs[r, s] -= np.int64(q[r, a]) * q[s, a]
    total = 0
    factors = np.zeros(d, np.int64)  # the monomial J_r J_s ... with r <= s <= ...
    while True:
        at = stride[m] - 1
        fits = True
        for i in range(d):
            at -= stride[factors[i]]
            if i >= n[factors[i]] and factors[i] == factors[i - n[factors[i]]]:
                fits = False
        if fits and top[at]:
            total += _chern_coefficient(factors, pairs, q, n) * top[at]
        i = d - 1
        while i >= 0 and factors[i] == m - 1:
            i -= 1
        if i < 0:
            break
        factors[i:] = factors[i] + 1
    return total // 24


@njit(cache=True, nogil=True)
def class_of_equations(q, n):
    """``prod_a (q_a.J)`` in the cohomology ring of the ambient space, and where its monomials are.

    Returns:
        int64 coefficients, that of ``prod_r J_r^{e_r}`` at ``sum_r e_r stride[r]``, and ``stride``.
    """
    m, k = q.shape
    stride = np.ones(m + 1, np.int64)
    for r in range(m):
        stride[r + 1] = stride[r] * (n[r] + 1)
    top = np.zeros(stride[m], np.int64)
    top[0] = 1
    for a in range(k):
        top = _times_linear(top, q[:, a], stride)
    return top, stride


@njit(cache=True, nogil=True)
def _times_linear(poly, degrees, stride):
    out = np.zeros_like(poly)
    for r in range(len(degrees)):
        if degrees[r]:
            step = stride[r]
            block = stride[r + 1]
            for start in range(0, len(poly), block):
                for i in range(start + step, start + block):
                    out[i] += degrees[r] * poly[i - step]
    return out


@njit(cache=True, nogil=True)
def _chern_coefficient(factors, pairs, q, n):
    """24 times the coefficient of the monomial ``factors`` in the top Chern class.

    ``pairs`` is p_2 as a symmetric matrix.
    """
    d = len(factors)
    orderings = 24 if d == 4 else 6 if d == 3 else 2
    run = 1
    for i in range(1, d):
        run = run + 1 if factors[i] == factors[i - 1] else 1
        orderings //= run
    if d == 2:
        return -12 * orderings * pairs[factors[0], factors[1]]
    power = n[factors[0]] + 1 if factors[0] == factors[d - 1] else 0
    for a in range(q.shape[1]):
        product = 1
        for r in factors:
            product *= q[r, a]
        power -= product
    if d == 3:
        return 8 * orderings * power
    r, s, t, u = factors
    square = pairs[r, s] * pairs[t, u] + pairs[r, t] * pairs[s, u] + pairs[r, u] * pairs[s, t]
    return orderings * (square - 6 * power)
