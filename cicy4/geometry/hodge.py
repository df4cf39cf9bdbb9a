"""Exact Hodge numbers of a configuration, and its Euler number by another route.

The Hodge numbers come from the Euler sequence of the ambient space and the normal
bundle, whose line bundles have their cohomology counted combinatorially (projection
to the factors a bundle lives on, then Bott-Borel-Weil).  The Euler number comes from
the top Chern class and shares no code with that.
"""

import math
from collections import namedtuple

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
    component,
    dimension,
    factors,
    incidence,
    row_counts,
    unpad,
)
from cicy4.geometry.identities import NONE, find_identity, simplify

HodgeNumbers = namedtuple("HodgeNumbers", "h11 h21 h31 h22")
ThreefoldHodgeNumbers = namedtuple("ThreefoldHodgeNumbers", "h11 h21")
SurfaceHodgeNumbers = namedtuple("SurfaceHodgeNumbers", "h11")

# Larger than any dimension and degree of 62 rows and columns together.  What does not fit into
# 2**61 is cut off there: LARGEST_SECTIONS keeps such numbers from being used.
_BINOMIAL = np.zeros((140, 140), np.int64)
_BINOMIAL[:, 0] = 1
for _i in range(1, len(_BINOMIAL)):
    _BINOMIAL[_i, 1:] = np.minimum(_BINOMIAL[_i - 1, 1:] + _BINOMIAL[_i - 1, :-1], 2**61)

LARGEST_SECTIONS = 2**40  # of the line bundle of an equation on the ambient space
LARGEST_RING = 2**24  # dimension of the cohomology ring of the ambient space


def hodge_numbers(matrix: ArrayLike) -> tuple[int, ...]:
    """Exact Hodge numbers of a complete intersection Calabi-Yau manifold.

    Args:
        matrix: configuration matrix ``(m, K)`` of dimension 2, 3 or 4, in any order of
            rows and columns.  Products are allowed (Kuenneth).  Identities are applied first
            (:mod:`cicy4.geometry.identities`): the formula does not hold where a factor is a
            point, or is cut down to one.

    Returns:
        ``HodgeNumbers(h11, h21, h31, h22)`` in dimension 4, ``(h11, h21)`` in dimension
        3, ``(h11,)`` in dimension 2; named tuples of int.

    Raises:
        ValueError: invalid matrix, another dimension, no manifold (two points, or more
            equations than the ambient space has dimensions), too large numbers, or an Euler
            number from the top Chern class that disagrees.

    >>> hodge_numbers([[6]])
    HodgeNumbers(h11=1, h21=0, h31=426, h22=1752)
    >>> hodge_numbers([[5]])
    ThreefoldHodgeNumbers(h11=1, h21=101)
    """
    diamond = hodge_diamond(matrix)
    d = len(diamond) - 1
    if d not in (2, 3, 4):
        raise ValueError(f"the manifold has dimension {d}; Hodge numbers are known for 2, 3 and 4")
    if d == 2:
        return SurfaceHodgeNumbers(int(diamond[1, 1]))
    if d == 3:
        return ThreefoldHodgeNumbers(int(diamond[1, 1]), int(diamond[2, 1]))
    return fourfold_numbers(diamond)


def fourfold_numbers(diamond: np.ndarray) -> HodgeNumbers:
    """The four that are not fixed for every fourfold, from all ``h^{p,q}``."""
    return HodgeNumbers(*(int(diamond[p, q]) for p, q in ((1, 1), (2, 1), (3, 1), (2, 2))))


def hodge_diamond(matrix: ArrayLike) -> np.ndarray:
    """All ``h^{p,q}`` of a configuration of dimension 1 to 4: int array ``(d+1, d+1)``.

    Raises:
        ValueError: as :func:`hodge_numbers`.
    """
    matrix = as_matrix(matrix)
    total = np.ones((1, 1), np.int64)
    for factor in factors(matrix):
        total = _kuenneth(total, _connected_diamond(factor))
    euler = euler_number(matrix)
    if euler_from_diamond(total) != euler:
        raise ValueError(
            f"the Hodge numbers of {matrix.tolist()} give the Euler number "
            f"{euler_from_diamond(total)}, the top Chern class {euler}"
        )
    return total


def euler_from_diamond(diamond: np.ndarray) -> int:
    """Alternating sum of all Hodge numbers."""
    return int(((-1) ** np.add.outer(*map(range, diamond.shape)) * diamond).sum())


def _kuenneth(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    product = np.zeros((len(a) + len(b) - 1,) * 2, np.int64)
    for (p, q), value in np.ndenumerate(b):
        product[p : p + len(a), q : q + len(a)] += value * a
    return product


def _connected_diamond(q: np.ndarray) -> np.ndarray:
    d = dimension(q)
    q, _ = simplify(q)
    n = ambient(q)
    for degrees in q.T.tolist():
        if math.prod(map(math.comb, n + degrees, degrees)) > LARGEST_SECTIONS:
            raise ValueError(
                f"too many monomials for the solver: equation of degrees {degrees}; "
                "`python -m cicy4 identify` reduces a matrix first"
            )
    diamond = np.zeros((d + 1, d + 1), np.int64)
    for corner in ((0, 0), (d, 0), (0, d), (d, d)):
        diamond[corner] = 1
    if d > 1:
        h11, h21, h31 = tangent_cohomology(q)
        diamond[1, 1] = diamond[d - 1, d - 1] = h11
        if d == 3:
            diamond[2, 1] = diamond[1, 2] = h21
        if d == 4:
            diamond[2, 1] = diamond[1, 2] = diamond[3, 2] = diamond[2, 3] = h21
            diamond[3, 1] = diamond[1, 3] = h31
            diamond[2, 2] = h22_from_others(h11, h21, h31)
    return diamond


def hodge_numbers_batch(matrices: ArrayLike) -> np.ndarray:
    """Exact Hodge numbers of many connected fourfolds (compiled).

    Args:
        matrices: padded batch, ``(N, 16, 20)``.

    Returns:
        int64 array ``(N, 4)``: h11, h21, h31, h22.

    Raises:
        ValueError: a matrix that is not a connected fourfold; the message says which.
    """
    matrices = as_batch(matrices)
    hodge, bad, not_allowed = _hodge_batch(matrices)
    if bad >= 0:
        raise ValueError(f"matrix {bad} of the batch is not a connected fourfold")
    for i in np.flatnonzero(not_allowed):
        hodge[i] = hodge_numbers(unpad(matrices[i]))
    return hodge


def euler_from_hodge(hodge: ArrayLike) -> np.ndarray:
    """Euler number of a fourfold from ``(..., 4)`` Hodge numbers: 6 (8 + h11 + h31 - h21).

    Klemm, Lian, Roan, Yau, hep-th/9701023, section 2, for h10 = h20 = 0.
    """
    hodge = np.asarray(hodge)
    return 6 * (8 + hodge[..., 0] + hodge[..., 2] - hodge[..., 1])


@njit(cache=True, nogil=True)
def h22_from_others(h11, h21, h31):
    """h22 = 2 (22 + 2 h11 + 2 h31 - h21) of a fourfold, of integers or arrays of int64.

    It holds whatever the Euler number is; the source is that of :func:`euler_from_hodge`.
    """
    return 2 * (22 + 2 * h11 + 2 * h31 - h21)


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
def _hodge_batch(matrices):
    out = np.zeros((len(matrices), 4), np.int64)
    not_allowed = np.zeros(len(matrices), np.bool_)
    for i in range(len(matrices)):
        q = compact(matrices[i])
        if not is_connected_fourfold(q):
            return out, i, not_allowed
        if find_identity(q)[0] != NONE:
            not_allowed[i] = True
            continue
        h11, h21, h31 = tangent_cohomology(q)
        out[i, 0] = h11
        out[i, 1] = h21
        out[i, 2] = h31
        out[i, 3] = h22_from_others(h11, h21, h31)
    return out, -1, not_allowed


@njit(cache=True, nogil=True)
def is_connected_fourfold(q):
    m, k = q.shape
    if m == 0 or k == 0 or q.sum() - m - k != 4:
        return False
    row_columns, column_rows = incidence(q)
    return component(0, np.int64(0), row_columns, column_rows)[0] == (1 << k) - 1


@njit(cache=True, nogil=True)
def connected_fourfolds(matrices):
    """Which matrices of a padded batch are connected fourfolds: bool ``(N,)``."""
    out = np.empty(len(matrices), np.bool_)
    for i in range(len(matrices)):
        out[i] = is_connected_fourfold(compact(matrices[i]))
    return out


@njit(cache=True, nogil=True)
def _add_line_bundle(degree, q, n, row_columns, column_rows, work, h):
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
    _add_line_bundle(degree, q, ambient(q), row_columns, column_rows, _work(*q.shape), h)
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
def _work(m, k):
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
        work = _work(m, k)
        degree = np.empty(m, np.int64)
        h = np.empty(32, np.int64)
        a = 0
        for place in range(places):
            if matrices[i, :, place].any():
                h[:] = 0
                degree[:] = q[:, a]
                _add_line_bundle(degree, q, n, row_columns, column_rows, work, h)
                out[i, place] = h[:3]
                a += 1
    return out


@njit(cache=True, nogil=True)
def tangent_cohomology(q):
    """``(h11, h21, h31)`` of a connected, allowed configuration of dimension 2, 3 or 4.

    ``h31`` is 0 in dimension 3, and ``h21`` as well in dimension 2.
    """
    m, k = q.shape
    n = ambient(q)
    d = n.sum() - k
    row_columns, column_rows = incidence(q)
    tangent = np.zeros(32, np.int64)
    normal = np.zeros(32, np.int64)
    degree = np.zeros(m, np.int64)
    h = np.zeros(32, np.int64)
    work = _work(m, k)
    for r in range(m):
        h[:] = 0
        degree[r] = 1
        _add_line_bundle(degree, q, n, row_columns, column_rows, work, h)
        degree[r] = 0
        tangent += (n[r] + 1) * h
    tangent[0] -= m
    tangent[d - 1] += m
    for a in range(k):
        degree[:] = q[:, a]
        _add_line_bundle(degree, q, n, row_columns, column_rows, work, normal)
    h1 = normal[0] - tangent[0]
    h2 = normal[1] - tangent[1]
    if d == 2:
        return h1 - h2, 0, 0
    if d == 3:
        return h2 + tangent[2] - normal[2], h1, 0
    return normal[2] - tangent[2] + tangent[3] - normal[3], h2, h1


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
