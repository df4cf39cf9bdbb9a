"""Colour refinement: a quick look at a configuration that does not depend on the order it is in.

Rows and columns are the vertices of a graph, the entries are labels of its edges.  A round gives
each vertex a new colour, made of its own and of those it meets with their labels (Weisfeiler and
Leman 1968).  Matrices with other colours are no permutations of each other; those with the same
colours after a few rounds need not be the same.
"""

import numpy as np


def colours(matrices: np.ndarray, rounds: int = 3) -> np.ndarray:
    """One number for all colours of a matrix after some rounds: uint64 ``(N,)``.

    Args:
        matrices: uint8 ``(N, 16, 20)``; zero rows and columns do not count.
        rounds: of refinement; without any, only the numbers of rows and columns are told.
    """
    q = np.asarray(matrices, np.uint64)
    there = q > 0
    rows, columns = (there.any(axis=axis).astype(np.uint64) for axis in (2, 1))
    for _ in range(rounds):
        met_by_rows = np.where(there, _mix(q + _mix(columns)[:, None, :]), 0).sum(axis=2)
        met_by_columns = np.where(there, _mix(q - _mix(rows)[:, :, None]), 0).sum(axis=1)
        rows = np.where(rows, _mix(rows + _mix(met_by_rows)), 0)
        columns = np.where(columns, _mix(columns - _mix(met_by_columns)), 0)
    return _mix(_mix(rows).sum(axis=1) + _mix(_mix(columns).sum(axis=1)))


def _mix(x):
    """A bijection of 64 bits whose values look random (SplitMix64, Steele et al. 2014)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
