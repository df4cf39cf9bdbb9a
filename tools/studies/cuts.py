"""Splits whose training and validation differ by more than chance, for studies.

A cut takes a part of the training split for training and a part of the validation split for the
score: manifolds of other sizes than those in training, or without relatives among them, or of a
size that training has more often.  The test split stays as it is and is not looked at.  Each cut
has a *control*, which is scored on the same manifolds after as many of the whole training split.
"""

import numpy as np
from numba import njit

from cicy4.geometry.canonical_form import canonical_kernel
from cicy4.geometry.chunks import indexed_in_threads
from cicy4.geometry.configuration import ROWS, compact, fingerprint, row_counts
from cicy4.geometry.contraction import contract

FEW_ROWS = 8  # rows
SMALLEST = 3  # rows
SCORED = 2_000  # manifolds without a relative in training


def few_rows(matrices, hodge, chosen) -> dict:
    """Trained on eight rows and fewer, scored on nine and more."""
    return _cut(chosen, row_counts(matrices) <= FEW_ROWS)


def many_rows(matrices, hodge, chosen) -> dict:
    """Trained on nine rows and more, scored on eight and fewer."""
    return _cut(chosen, row_counts(matrices) > FEW_ROWS)


def small_h31(matrices, hodge, chosen) -> dict:
    """Trained on h31 up to its median in the training split, scored above."""
    return _cut(chosen, hodge[:, 2] <= np.median(hodge[chosen["train"], 2]))


def large_h31(matrices, hodge, chosen) -> dict:
    """Trained on h31 above its median in the training split, scored up to it."""
    return _cut(chosen, hodge[:, 2] > np.median(hodge[chosen["train"], 2]))


def no_relatives(matrices, hodge, chosen) -> dict:
    """Scored on 2,000 manifolds of the validation split without a relative in training.

    Two matrices are *relatives* if one is a contraction of the other by a linear row, or both have
    one contraction in common.
    """
    scored = chosen["valid"][:SCORED]
    index, parents = indexed_in_threads(_contracted, matrices, "contractions", False)
    own = _keys(matrices)
    near = np.union1d(parents[np.isin(index, scored)], own[scored])
    # Through their contractions siblings and children of what is scored; by themselves parents.
    related = np.union1d(index[np.isin(parents, near)], np.flatnonzero(np.isin(own, near)))
    return {**chosen, "train": np.setdiff1d(chosen["train"], related), "valid": scored}


def smallest_often(matrices, hodge, chosen) -> dict:
    """Scored on three rows and fewer, each of which is in training ten times."""
    smallest = row_counts(matrices) <= SMALLEST
    train, valid = (chosen[name] for name in ("train", "valid"))
    often = np.repeat(train, np.where(smallest[train], 10, 1))
    return {**chosen, "train": often, "valid": valid[smallest[valid]]}


def control_of(cut):
    """Scored on the same manifolds, trained on as many of the whole training split."""

    def control(matrices, hodge, chosen):
        found = cut(matrices, hodge, chosen)
        return {**found, "train": chosen["train"][: len(found["train"])]}

    control.__name__ = f"{cut.__name__}_control"
    return control


BY_SIZE = (few_rows, many_rows, small_h31, large_h31)
CUTS = {cut.__name__: cut for cut in (*BY_SIZE, no_relatives, smallest_often)}
CUTS |= {f"{name}_control": control_of(cut) for name, cut in CUTS.items()}


def _cut(chosen, trained):
    train, valid = (chosen[name] for name in ("train", "valid"))
    return {**chosen, "train": train[trained[train]], "valid": valid[~trained[valid]]}


@njit(cache=True, nogil=True)
def _contracted(matrices):
    """Index and key of the contraction, for every linear row of every matrix."""
    index = np.zeros(len(matrices) * ROWS, np.int64)
    keys = np.zeros(len(matrices) * ROWS, np.uint64)
    count = 0
    for i in range(len(matrices)):
        q = compact(matrices[i])
        for row in range(len(q)):
            if q[row].max() == 1 and len(q) > 1:
                index[count], keys[count] = i, fingerprint(canonical_kernel(contract(q, row)))
                count += 1
    return index[:count].copy(), keys[:count].copy()


@njit(cache=True, nogil=True)
def _keys(matrices):
    keys = np.zeros(len(matrices), np.uint64)
    for i in range(len(matrices)):
        keys[i] = fingerprint(compact(matrices[i]))
    return keys
