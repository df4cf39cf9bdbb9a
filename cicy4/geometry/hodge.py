"""Exact Hodge numbers of a configuration.

They come from the Euler sequence of the ambient space and the normal bundle, whose line bundles
have their cohomology counted combinatorially (:mod:`cicy4.geometry.line_bundles`).  The Euler
number, from the top Chern class (:mod:`cicy4.geometry.euler`), has to agree.
"""

import math
from collections import namedtuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from cicy4.geometry.configuration import (
    ambient,
    as_batch,
    as_matrix,
    compact,
    component,
    dimension,
    factors,
    incidence,
    unpad,
)
from cicy4.geometry.euler import euler_number
from cicy4.geometry.identities import NONE, find_identity, simplify
from cicy4.geometry.line_bundles import LARGEST_SECTIONS, add_line_bundle, workspace

HodgeNumbers = namedtuple("HodgeNumbers", "h11 h21 h31 h22")
ThreefoldHodgeNumbers = namedtuple("ThreefoldHodgeNumbers", "h11 h21")
SurfaceHodgeNumbers = namedtuple("SurfaceHodgeNumbers", "h11")


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
    work = workspace(m, k)
    for r in range(m):
        h[:] = 0
        degree[r] = 1
        add_line_bundle(degree, q, n, row_columns, column_rows, work, h)
        degree[r] = 0
        tangent += (n[r] + 1) * h
    tangent[0] -= m
    tangent[d - 1] += m
    for a in range(k):
        degree[:] = q[:, a]
        add_line_bundle(degree, q, n, row_columns, column_rows, work, normal)
    h1 = normal[0] - tangent[0]
    h2 = normal[1] - tangent[1]
    if d == 2:
        return h1 - h2, 0, 0
    if d == 3:
        return h2 + tangent[2] - normal[2], h1, 0
    return normal[2] - tangent[2] + tangent[3] - normal[3], h2, h1
