"""Ineffective splittings: further configuration matrices of known manifolds.

A splitting replaces a column by ``n + 1`` columns that add up to it, each of them linear in
a new factor P^n (:mod:`cicy4.geometry.classification`).  Where all Hodge numbers stay as they
were, the manifold does, too.  The list has no such matrix.
"""

from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

import numpy as np
from tqdm.auto import tqdm

from cicy4.geometry.configuration import COLUMNS, ROWS, pad_all, unpad
from cicy4.geometry.hodge import hodge_numbers_batch

DIMENSIONS = (1, 1, 1, 2, 2, 3)  # of the new factor; one of these is drawn

_CHUNK = 2048


def ineffective_splittings(matrices, hodge, seed, progress=True):
    """Split a column of every matrix at random, and keep what is ineffective.

    Args:
        matrices: uint8 ``(N, 16, 20)``, connected fourfolds.
        hodge: their Hodge numbers ``(N, 4)``.
        seed: of columns, factors and parts.
        progress: whether to show a bar.

    Returns:
        uint8 ``(M, 16, 20)`` and ``(M, 4)``; at most one for each matrix.
    """
    starts = range(0, len(matrices), _CHUNK)

    def split_chunk(start):
        chunk, known = (array[start : start + _CHUNK] for array in (matrices, hodge))
        rng = np.random.default_rng([seed, start])
        children = [random_splitting(unpad(q), rng) for q in chunk]
        split = [i for i, child in enumerate(children) if child is not None]
        padded = pad_all(children[i] for i in split)
        same = (hodge_numbers_batch(padded) == known[split]).all(axis=1)
        return padded[same], known[split][same]

    with ThreadPoolExecutor(cpu_count()) as pool:
        chunks = pool.map(split_chunk, starts)
        bar = tqdm(chunks, "splitting", len(starts), disable=not progress)
        found, labels = zip(*bar, strict=True)
    return np.concatenate(found), np.concatenate(labels)


def random_splitting(q, rng):
    """Replace a column of a matrix by parts that meet a new factor, its first row.

    Args:
        q: uint8 ``(m, k)``.
        rng: NumPy generator.

    Returns:
        uint8 ``(m + 1, k + n)``, or None if no column has degree 2 or it does not fit into
        16 x 20.
    """
    m, k = q.shape
    degrees = q.sum(axis=0, dtype=int)
    candidates = np.flatnonzero(degrees >= 2)
    if not candidates.size or m == ROWS or k == COLUMNS:
        return None
    a = rng.choice(candidates)
    n = min(rng.choice(DIMENSIONS), degrees[a] - 1, COLUMNS - k)
    # The first n + 1 units of degree go to different parts, so that none of these is zero.
    units = rng.permutation(np.repeat(np.arange(m), q[:, a]))
    part = np.concatenate([np.arange(n + 1), rng.integers(0, n + 1, degrees[a] - n - 1)])
    child = np.zeros((m + 1, k + n), np.uint8)
    child[0, : n + 1] = 1
    np.add.at(child, (1 + units, part), 1)
    child[1:, n + 1 :] = np.delete(q, a, axis=1)
    return child
