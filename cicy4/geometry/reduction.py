"""Reduction of any configuration to a member of the list, or to a product of members.

Two things are done until neither can be: identities are applied (:mod:`cicy4.geometry.identities`),
and linear rows are contracted where that changes nothing (:mod:`cicy4.geometry.contraction`).  What
is left is what :mod:`cicy4.geometry.classification` calls a member of the list.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from cicy4.geometry.canonical_form import canonical_batch, canonical_kernel
from cicy4.geometry.chunks import in_threads
from cicy4.geometry.configuration import (
    as_matrix,
    block_diagonal,
    compact,
    factors,
    fits_padding,
    latex,
    pad_all,
    unpad,
)
from cicy4.geometry.contraction import contract, ineffective_row
from cicy4.geometry.hodge import is_connected_fourfold
from cicy4.geometry.identities import NONE, find_identity, simplify


class Reduction(NamedTuple):
    """What a configuration reduces to.

    Attributes:
        matrix: uint8 ``(m, K)`` in canonical order, block diagonal for a product.
        factors: its connected factors, uint8 arrays in canonical order.
        steps: pairs of words and the matrix after that step, rows and columns counted from 1;
            of a product the steps of one factor after the other.  Empty if rows and columns only
            have to be put in order.
    """

    matrix: np.ndarray
    factors: list
    steps: list

    def _repr_latex_(self):
        return f"${latex(self.matrix)}$"


def reduce(matrix: ArrayLike) -> Reduction:
    """Reduce a configuration to the list.

    Args:
        matrix: configuration matrix ``(m, K)`` in any order of rows and columns, whose connected
            factors have dimension 1 to 4.

    Raises:
        ValueError: invalid matrix, or no connected manifold of these dimensions.

    >>> reduction = reduce([[1, 1, 0], [3, 0, 1], [0, 3, 0]])
    >>> reduction.matrix.tolist()
    [[3, 0], [0, 3], [1, 1]]
    >>> [words for words, _ in reduction.steps]
    ['in canonical order', 'column 3 is a hyperplane in the P^3 of row 1']
    """
    reduced, steps = [], []
    for factor in factors(as_matrix(matrix)):
        q, taken = _reduce_factor(factor)
        reduced.append(q)
        steps += taken
    if len(reduced) == 1:
        return Reduction(reduced[0], reduced, steps)
    reduced.sort(key=lambda q: (q.shape, q.tobytes()))
    return Reduction(canonical_kernel(block_diagonal(reduced)), reduced, steps)


def reduce_all(matrices: Sequence[ArrayLike]) -> list[Reduction]:
    """:func:`reduce` for many matrices; where it raises a ValueError, that error.

    Args:
        matrices: matrices of any sizes, or an array of padded ones; an entry that is a ValueError
            already stays.
    """
    padded = getattr(matrices, "ndim", 0) == 3
    found = [_checked(q, padded) for q in matrices]
    fits = [i for i, q in enumerate(found) if not isinstance(q, ValueError) and fits_padding(q)]
    batch = canonical_batch(pad_all(found[i] for i in fits))
    members = dict(
        zip(fits, np.where(in_threads(are_members, batch), range(len(batch)), -1), strict=True)
    )
    for i, q in enumerate(found):
        if members.get(i, -1) >= 0:
            member = unpad(batch[members[i]])
            found[i] = Reduction(member, [member], [])
        elif not isinstance(q, ValueError):
            try:
                found[i] = reduce(q)
            except ValueError as error:
                found[i] = error
    return found


def _checked(matrix, padded):
    if isinstance(matrix, ValueError):
        return matrix
    try:
        return as_matrix(unpad(matrix) if padded else matrix)
    except ValueError as error:
        return error


def _reduce_factor(factor):
    first = q = canonical_kernel(factor)
    steps = []
    while True:
        q, taken = simplify(q)
        steps += taken
        row = ineffective_row(q)
        if row < 0:
            reordered = steps and not np.array_equal(first, factor)
            return q, [("in canonical order", first), *steps] if reordered else steps
        q = canonical_kernel(contract(q, row))
        steps.append((f"row {row + 1} contracts to the same manifold", q))


@njit(cache=True, nogil=True)
def are_members(matrices):
    """Which matrices are members of the list, apart from the order they are in.

    Args:
        matrices: uint8 ``(N, 16, 20)``.

    Returns:
        bool ``(N,)``.
    """
    out = np.zeros(len(matrices), np.bool_)
    for i in range(len(matrices)):
        q = compact(matrices[i])
        if is_connected_fourfold(q) and find_identity(q)[0] == NONE:
            out[i] = ineffective_row(q) < 0
    return out
