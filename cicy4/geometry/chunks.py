"""Functions of many matrices, applied to a few at a time, with a bar or on all cores.

Threads share the work here, not Numba: a process that has once used Numba's threads cannot be
forked, as in a pool of :mod:`multiprocessing`.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import config
from tqdm.auto import tqdm

CHUNK = 16_384
SMALL_CHUNK = 1024  # of a thread
# The cores that this process may use, or what the variable of that name says.
THREADS = config.NUMBA_NUM_THREADS


def in_chunks(function, matrices, label, progress):
    """What a function gives for matrices, whose results for chunks are joined."""
    starts = range(0, len(matrices), CHUNK)
    bar = tqdm(starts, label, unit="chunk", disable=not progress)
    return np.concatenate([function(matrices[i : i + CHUNK]) for i in bar])


def in_threads(function, matrices):
    """What a compiled function gives for matrices, on all cores.

    Args:
        function: of some matrices; gives an array with a line for each.
        matrices: ``(N, ...)``.
    """
    if len(matrices) < SMALL_CHUNK:
        return function(matrices)
    parts = np.array_split(matrices, THREADS)
    with ThreadPoolExecutor(len(parts)) as pool:
        return np.concatenate(list(pool.map(function, parts)))


def indexed_in_threads(function, matrices, label, progress):
    """What a compiled function finds in matrices, on all cores.

    Args:
        function: of some matrices; gives the index of one of them, and what was found in it, in
            two arrays of equal length.
        matrices: ``(N, 16, 20)``.
        label: of the bar.
        progress: whether to show it.

    Returns:
        the two arrays for all matrices.
    """
    starts = range(0, len(matrices), SMALL_CHUNK)
    with ThreadPoolExecutor(THREADS) as pool:
        parts = pool.map(lambda i: function(matrices[i : i + SMALL_CHUNK]), starts)
        bar = tqdm(parts, label, len(starts), unit="chunk", disable=not progress)
        indices, found = zip(*bar, strict=True)
    index = np.concatenate([i + index for i, index in zip(starts, indices, strict=True)])
    return index, np.concatenate(found)
