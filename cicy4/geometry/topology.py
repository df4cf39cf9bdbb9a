"""Topology of a configuration: intersection and Chern numbers, line bundles, fibrations.

Classes are written in the hyperplane classes J_1, ..., J_m of the projective spaces.  If the
configuration is favourable, these span the second cohomology.  Formulas: T. Huebsch, Calabi-Yau
Manifolds (World Scientific 1992), chapter 2.
"""

import math
from itertools import combinations_with_replacement, permutations
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from cicy4.geometry.canonical_form import canonical_kernel
from cicy4.geometry.configuration import (
    ambient,
    as_matrix,
    compact,
    dimension,
    factors,
    fingerprint,
    incidence,
)
from cicy4.geometry.euler import LARGEST_RING, class_of_equations
from cicy4.geometry.identities import NONE, find_identity
from cicy4.geometry.line_bundles import LARGEST_SECTIONS, line_bundle

LARGEST_ENTRIES = 2**22  # of the array of intersection numbers
MOST_ROWS = 20  # for which all subsets are tried
MARK = 255  # of the rows of a fibre, larger than any degree


class Topology(NamedTuple):
    """Numbers that do not depend on the complex structure, of dimension ``d`` with ``m`` rows.

    Attributes:
        intersection: of ``d`` hyperplane classes, int64 of shape ``(m,) * d``.
        c2: of the second Chern class with ``d - 2`` hyperplane classes, int64 ``(m,) * (d - 2)``.
        c3: of the third Chern class with ``d - 3`` hyperplane classes, int64 ``(m,) * (d - 3)``;
            None for surfaces.
        c2_squared: of the square of the second Chern class of a fourfold, else None.
        euler: Euler number, from the top Chern class.
    """

    intersection: np.ndarray
    c2: np.ndarray
    c3: np.ndarray | None
    c2_squared: int | None
    euler: int


def topology(matrix: ArrayLike) -> Topology:
    """Intersection and Chern numbers of a configuration of dimension 2 to 4.

    With ``p_k = sum_r (n_r + 1) J_r^k - sum_a (q_a.J)^k`` and ``c_1 = 0`` the Chern classes are
    ``c_2 = -p_2/2``, ``c_3 = p_3/3`` and ``c_4 = c_2^2/2 - p_4/4``.  An intersection number is the
    coefficient of ``prod_r J_r^{n_r}`` in the product of the classes with ``prod_a (q_a.J)``.

    Raises:
        ValueError: invalid matrix, a dimension outside 2 to 4, or too many numbers.

    >>> topology([[5]]).c2, topology([[5]]).euler
    (array([50]), -200)
    """
    q = as_matrix(matrix).astype(np.int64)
    d, n = dimension(q), ambient(q)
    if not 2 <= d <= 4:
        raise ValueError(f"the manifold has dimension {d}, not 2 to 4")
    if math.prod((n + 1).tolist()) > LARGEST_RING or len(q) ** d > LARGEST_ENTRIES:
        raise ValueError(f"a matrix of {len(q)} rows is too large")
    numbers = _intersection_numbers(q, n, d)
    p2, p3, p4 = (_power_sum(q, n, numbers, k) for k in (2, 3, 4))
    c2 = -p2 // 2
    if d == 2:
        return Topology(numbers, c2, None, None, int(c2))
    if d == 3:
        return Topology(numbers, c2, p3 // 3, None, int(p3) // 3)
    c2_squared = int(_power_sum(q, n, c2, 2)) // -2
    return Topology(numbers, c2, p3 // 3, c2_squared, (2 * c2_squared - int(p4)) // 4)


def _intersection_numbers(q, n, d):
    m = len(q)
    top, stride = class_of_equations(q, n)
    numbers = np.zeros((m,) * d, np.int64)
    for rows in combinations_with_replacement(range(m), d):
        if all(rows.count(r) <= n[r] for r in set(rows)):
            value = top[-1 - sum(stride[r] for r in rows)]
            for places in set(permutations(rows)):
                numbers[places] = value
    return numbers


def _power_sum(q, n, numbers, k):
    """``p_k`` with the classes of the first ``k`` places of an array of numbers, or None."""
    if k > numbers.ndim:
        return None
    weights, classes = [*(n + 1), *[-1] * q.shape[1]], [*np.eye(len(q), dtype=np.int64), *q.T]
    total = 0
    for weight, direction in zip(weights, classes, strict=True):
        term = numbers
        for _ in range(k):
            term = np.tensordot(direction, term, 1)
        total = total + weight * term
    return total


def line_bundle_cohomology(matrix: ArrayLike, degrees: ArrayLike) -> tuple[int, ...]:
    """``h^0, ..., h^d`` of the line bundle O(degrees), restricted from the ambient space.

    The count is that of the Hodge numbers: projection to the spaces of positive degree, then
    Bott, Borel and Weil.  It holds if no degree is negative; if none is positive, Serre duality
    gives the answer.  Other line bundles are refused.

    Args:
        matrix: connected configuration matrix ``(m, K)`` of dimension 1 to 4, without identities.
        degrees: integers ``(m,)``.

    Raises:
        ValueError: invalid matrix, another number of degrees, degrees of both signs, a product,
            an identity (:mod:`cicy4.geometry.identities`), or too many sections.

    >>> line_bundle_cohomology([[5]], [5])
    (125, 0, 0, 0)
    """
    q = as_matrix(matrix)
    degrees = np.asarray(degrees)
    if degrees.shape != (len(q),) or degrees.dtype.kind not in "iu":
        raise ValueError(f"a line bundle has an integer for each of {len(q)} rows, not {degrees}")
    if (degrees > 0).any() and (degrees < 0).any():
        raise ValueError(f"degrees of both signs are beyond the count: {degrees.tolist()}")
    d = dimension(q)
    if not 1 <= d <= 4 or len(factors(q)) != 1 or find_identity(q)[0] != NONE:
        raise ValueError(
            "a connected matrix of dimension 1 to 4 without identities is needed; "
            "`python -m cicy4 identify` finds one"
        )
    positive = abs(degrees)
    if math.prod(map(math.comb, ambient(q) + positive, positive)) > LARGEST_SECTIONS:
        raise ValueError(f"too many sections: degrees {degrees.tolist()}")
    if not degrees.any():  # the structure sheaf
        return (1, *[0] * (d - 1), 1)
    h = tuple(line_bundle(q, positive.astype(np.int64))[: d + 1].tolist())
    return h if degrees.max() > 0 else h[::-1]


def obvious_fibrations(matrix: ArrayLike, fibre: int = 1) -> list[tuple[int, ...]]:
    """Rows of the fibre of each obvious fibration.

    If some rows, and the columns that meet them, form a configuration of the dimension of the
    fibre, then the projection to the other projective spaces has such Calabi-Yau manifolds as
    fibres (J. Gray, A. S. Haupt, A. Lukas, arXiv:1405.2073, section 5).  Of fibrations that a
    permutation of rows and columns maps to one another the first is given.

    Args:
        matrix: configuration matrix ``(m, K)``.
        fibre: dimension of the fibres, less than that of the manifold; 1 for elliptic fibrations.

    Returns:
        places of rows, from 0, in a tuple for each fibration.

    Raises:
        ValueError: invalid matrix, another dimension of the fibre, or too many rows.

    >>> obvious_fibrations([[3, 0], [1, 1], [0, 4]])
    [(0,), (0, 1)]
    """
    q = as_matrix(matrix)
    if not 0 < fibre < dimension(q):
        raise ValueError(f"a fibre of dimension {fibre} in a manifold of dimension {dimension(q)}")
    if len(q) > MOST_ROWS:
        raise ValueError(f"a matrix of {len(q)} rows has too many subsets of them")
    subsets, keys = fibrations(q, fibre)
    first = np.sort(np.unique(keys, return_index=True)[1])
    return [tuple(r for r in range(len(q)) if s >> r & 1) for s in subsets[first].tolist()]


@njit(cache=True, nogil=True)
def count_fibrations(matrices):
    """Number of obvious elliptic fibrations of each matrix of a padded batch: int64 ``(N,)``."""
    out = np.zeros(len(matrices), np.int64)
    for i in range(len(matrices)):
        out[i] = len(np.unique(fibrations(compact(matrices[i]), 1)[1]))
    return out


@njit(cache=True, nogil=True)
def fibrations(q, fibre):
    """Bit masks of the rows of fibres, and equal keys for those that are mapped to one another."""
    m, k = q.shape
    n, row_columns = ambient(q), incidence(q)[0]
    columns, sizes = np.zeros(1 << m, np.int64), np.zeros(1 << m, np.int64)
    found = np.zeros(1 << m, np.bool_)
    for subset in range(1, 1 << m):
        r = 0
        while not subset >> r & 1:
            r += 1
        others = subset & (subset - 1)
        columns[subset] = columns[others] | row_columns[r]
        sizes[subset] = sizes[others] + n[r]
        equations = 0
        for a in range(k):
            equations += columns[subset] >> a & 1
        found[subset] = sizes[subset] - equations == fibre
    subsets = np.flatnonzero(found)
    keys = np.zeros(len(subsets), np.uint64)
    marked = np.zeros((m, k + 1), np.uint8)
    marked[:, :k] = q
    for i in range(len(subsets)):
        for r in range(m):
            marked[r, k] = MARK * (subsets[i] >> r & 1)
        keys[i] = fingerprint(canonical_kernel(marked))
    return subsets, keys
