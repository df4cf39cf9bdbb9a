"""Which member of the list a configuration is, whatever matrix it is given by."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cicy4.data.archive import load_cicy4, load_twins
from cicy4.data.splits import split_indices
from cicy4.geometry.classification import classify_padded
from cicy4.geometry.configuration import (
    COLUMNS,
    ROWS,
    column_counts,
    dimension,
    latex,
    pad,
    row_counts,
)
from cicy4.geometry.euler import euler_number
from cicy4.geometry.hodge import hodge_numbers
from cicy4.geometry.reduction import Reduction, reduce


class Member(NamedTuple):
    """A connected factor in the list of its dimension.

    Attributes:
        dimension: complex dimension.
        number: from 1, in our order of the list of that dimension.
        split: of a fourfold, see :func:`split_names`, else None.
        twins: numbers of the other members that are known to be the same manifold
            (:mod:`cicy4.data.twins`).
    """

    dimension: int
    number: int
    split: str | None
    twins: tuple = ()


class Identification(NamedTuple):
    """A configuration and what is known of it.

    Attributes:
        reduction: representative, factors and steps (:func:`cicy4.geometry.reduction.reduce`).
        members: a :class:`Member` for each factor.
        hodge: exact Hodge numbers, None for a torus.
        euler: exact Euler number.
        favourable: whether h11 is the number of rows of the representative; None for a torus
            or a product.
    """

    reduction: Reduction
    members: list
    hodge: tuple | None
    euler: int
    favourable: bool | None

    def _repr_latex_(self):
        numbers = ", ".join(map(str, self.hodge or ()))
        return f"${latex(self.reduction.matrix)}^{{{numbers}}}_{{{self.euler}}}$"


def identify(matrix: ArrayLike) -> Identification:
    """Find a configuration in the list.

    Args:
        matrix: configuration matrix ``(m, K)`` of dimension 1 to 4, any description of the
            manifold, so large that the solver refuses it, too; products are identified factor by
            factor.

    Raises:
        ValueError: as :func:`cicy4.geometry.hodge.hodge_numbers`.

    >>> identify([[6, 0], [1, 1]]).members
    [Member(dimension=4, number=1, split='valid', twins=())]
    """
    reduction = reduce(matrix)
    hodge = None if dimension(reduction.matrix) == 1 else hodge_numbers(reduction.matrix)
    connected = len(reduction.factors) == 1
    return Identification(
        reduction,
        [_member(q) for q in reduction.factors],
        hodge,
        euler_number(reduction.matrix),
        hodge.h11 == len(reduction.matrix) if hodge and connected else None,
    )


def _member(q) -> Member:
    d = dimension(q)
    place = int(places(pad(q)[None], d)[0])
    if place < 0:
        raise ValueError(f"{q.tolist()} is not in the list of dimension {d}")
    if d < 4:
        return Member(d, place + 1, None)
    number, twin_class = load_twins()
    twins = number[twin_class == twin_class[number == place + 1].max(initial=-1)]
    others = tuple(twins[twins != place + 1].tolist())
    return Member(d, place + 1, split_names(np.array([place]))[0], others)


def split_names(places: np.ndarray, **cut) -> np.ndarray:
    """The split of each place in the list of fourfolds, and whether it has a twin in training.

    Strings: "train", "valid" or "test"; "train (twin)" for a member of the other two that is the
    same manifold as one of the training split; empty for -1.

    Args:
        places: see :func:`places`.
        cut: see :func:`cicy4.data.splits.split_indices`.
    """
    names = np.full(len(places), "", object)
    indices = split_indices(**cut)
    for name, chosen in indices.items():
        names[np.isin(places, chosen)] = name
    number, twin_class = load_twins()
    trained = twin_class[np.isin(number - 1, indices["train"])]
    twin = np.isin(places, number[np.isin(twin_class, trained)] - 1) & (names != "train")
    names[twin] = "train (twin)"
    return names


def places(matrices: Sequence[ArrayLike], dimension: int = 4) -> np.ndarray:
    """Places of canonical matrices in the list of their dimension.

    Args:
        matrices: uint8 ``(N, 16, 20)``.

    Returns:
        int64 ``(N,)``, from 0; -1 for a matrix that is not in the list.
    """
    known, wanted = _sorted_keys(dimension), _keys(matrices)
    found = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[found] == wanted, found, -1)


@functools.cache
def _sorted_keys(dimension):
    return _keys(load_cicy4()[0] if dimension == 4 else classify_padded(dimension, progress=False))


def _keys(matrices):
    """Strings in the order of the list: number of rows, of columns, then entries."""
    keys = np.empty((len(matrices), 2 + ROWS * COLUMNS), np.uint8)
    keys[:, 0] = row_counts(matrices)
    keys[:, 1] = column_counts(matrices)
    keys[:, 2:] = matrices.reshape(len(matrices), ROWS * COLUMNS)
    return keys.view(f"S{keys.shape[1]}").ravel()
