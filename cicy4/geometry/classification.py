"""The list of complete intersection Calabi-Yau manifolds of a dimension, from nothing.

A connected matrix is *allowed* when none of its columns is an identity that rewrites the manifold
with a smaller or preferred matrix (:mod:`cicy4.geometry.identities`).  Contracting a linear row
deletes it and adds up the columns it meets; where that is ineffective
(:mod:`cicy4.geometry.contraction`), both matrices describe one manifold and the larger is
redundant.  The list holds the allowed matrices without an ineffective contraction.  It is reached
from the *base*, the allowed matrices without a linear row, by splitting columns, the inverse of
contraction.  (Candelas et al., Nucl. Phys. B 298 (1988) 493; Gray, Haupt, Lukas, arXiv:1303.1832
and 1405.2073.)
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement, product

import numpy as np
from numba import njit
from tqdm.auto import tqdm

from cicy4.geometry.canonical_form import canonical_kernel
from cicy4.geometry.chunks import THREADS
from cicy4.geometry.configuration import (
    COLUMNS,
    ROWS,
    block_diagonal,
    by_entries,
    column_counts,
    compact,
    components,
    row_counts,
    unpad,
)
from cicy4.geometry.contraction import ineffective_row
from cicy4.geometry.identities import NONE, find_identity

# The largest number of columns of a base matrix, by dimension.
BASE_COLUMNS = {1: 1, 2: 3, 3: 5, 4: 6}
# How many irreducible matrices there are: Nucl. Phys. B 298 (1988) 493 and arXiv:1303.1832.
IRREDUCIBLE = {1: 2, 2: 9, 3: 7_868, 4: 905_684}

_CHUNK = 512


def classify(dimension: int, progress: bool = True) -> list[np.ndarray]:
    """All irreducible configuration matrices of a dimension, each in canonical order.

    Args:
        dimension: complex dimension, 1 to 4; there are 2, 9, 7,868 and 905,684.
        progress: whether to show a progress bar.

    Returns:
        uint8 arrays of shape ``(m, K)``, sorted by ``m``, then ``K``, then entries.

    Raises:
        ValueError: another dimension.
    """
    return [unpad(q) for q in classify_padded(dimension, progress)]


def classify_padded(dimension: int, progress: bool = True) -> np.ndarray:
    """The same as :func:`classify` as a uint8 array ``(N, 16, 20)``."""
    matrices = np.concatenate(list(breadth_first(dimension, progress)))
    rows, columns = row_counts(matrices), column_counts(matrices)
    order = by_entries(matrices)
    return matrices[order[np.lexsort((columns[order], rows[order]))]]


def breadth_first(dimension: int, progress: bool = True):
    """Yield the base, then what each further generation of splittings adds.

    Each generation is a uint8 array ``(N, 16, 20)`` of canonical matrices.
    """
    if dimension not in BASE_COLUMNS:
        raise ValueError(f"the lists of dimension 1 to 4 are known, not {dimension}")
    frontier = base(dimension)
    yield frontier
    seen = {q.tobytes() for q in frontier}
    with (
        ThreadPoolExecutor(THREADS) as pool,
        tqdm(
            total=IRREDUCIBLE[dimension],
            disable=not progress,
            unit=" matrices",
            desc=f"CICY{dimension}",
        ) as bar,
    ):
        while len(frontier):
            found = []
            chunks = [frontier[i : i + _CHUNK] for i in range(0, len(frontier), _CHUNK)]
            results = pool.map(members_by_splitting, chunks)
            for chunk, children in zip(chunks, results, strict=True):
                for child in children:
                    key = child.tobytes()
                    if key not in seen:
                        seen.add(key)
                        found.append(child)
                bar.update(len(chunk))
            frontier = np.array(found, np.uint8).reshape(-1, ROWS, COLUMNS)
            if len(frontier):
                yield frontier


def base(dimension: int) -> np.ndarray:
    """Allowed connected matrices without a linear row: uint8 ``(N, 16, 20)``."""
    found = []
    for k in range(1, BASE_COLUMNS[dimension] + 1):
        for q in _matrices_without_linear_row(k, dimension + k):
            if q.any(axis=0).all() and len(components(q)) == 1 and find_identity(q)[0] == NONE:
                padded = np.zeros((ROWS, COLUMNS), np.uint8)
                padded[: q.shape[0], : q.shape[1]] = q
                found.append(padded)
    return np.array(found)


def _matrices_without_linear_row(k: int, ambient_dimension: int) -> list[np.ndarray]:
    """One matrix for each class under permutations, columns possibly empty.

    Rows are added in order of decreasing dimension, and partial matrices are told
    apart by their canonical form.
    """
    rows = {
        n: [
            np.array(row, np.uint8)
            for row in product(range(n + 2), repeat=k)
            if sum(row) == n + 1 and max(row) > 1
        ]
        for n in range(1, ambient_dimension + 1)
    }
    partial = {ambient_dimension: {(ambient_dimension, b""): np.zeros((0, k), np.uint8)}}
    complete = []
    for left in range(ambient_dimension, -1, -1):
        for (largest, _), q in partial.pop(left, {}).items():
            if left == 0:
                complete.append(q)
            for n in range(1, min(largest, left) + 1):
                for row in rows[n]:
                    child = canonical_kernel(np.vstack([q, row]))
                    partial.setdefault(left - n, {})[n, child.tobytes()] = child
    return complete


@njit(cache=True, nogil=True)
def members_by_splitting(parents):
    """All members of the list that contract to one of the parents.

    Args:
        parents: uint8 ``(N, 16, 20)``, members of the list, of one dimension.

    Returns:
        uint8 ``(M, 16, 20)``, canonical, with repetitions.
    """
    found = np.zeros((1024, ROWS, COLUMNS), np.uint8)
    count = 0
    for parent in parents:
        q = compact(parent)
        if q.shape[0] == ROWS:
            continue
        for a in range(q.shape[1]):
            for child in splittings(q, a, COLUMNS - q.shape[1] + 1):
                if find_identity(child)[0] == NONE and ineffective_row(child) < 0:
                    if count == len(found):
                        found = np.concatenate((found, np.zeros_like(found)))
                    m, k = child.shape
                    found[count, :m, :k] = canonical_kernel(child)
                    count += 1
    return found[:count].copy()


@njit(nogil=True)  # Numba cannot use a generator that it finds in its cache
def splittings(q, a, most):
    """Yield each splitting of column ``a`` into at most ``most`` parts, the new row last.

    The parts are generated in non-increasing lexicographic order, depth first; ``left[i]`` is what
    parts ``i`` and later add up to.
    """
    parts = np.zeros((most, len(q)), np.uint8)
    left = np.zeros((most, len(q)), np.uint8)
    parts[0] = left[0] = q[:, a]
    i = 0
    while True:
        while not parts[i].any():
            i -= 1
            if i < 0:
                return
            _decrement(parts[i], left[i])
        rest = left[i] - parts[i]
        if rest.any() and i + 1 < most:
            i += 1
            left[i] = rest
            _greatest_within(parts[i - 1], rest, parts[i])
            continue
        if i > 0 and not rest.any():
            yield _child(q, a, parts[: i + 1])
        _decrement(parts[i], left[i])


@njit(cache=True, nogil=True)
def _greatest_within(bound, rest, part):
    """The lexicographically greatest ``part`` up to ``bound`` with entries up to ``rest``."""
    for r in range(len(rest)):
        if bound[r] > rest[r]:
            part[r:] = rest[r:]
            return
        part[r] = bound[r]


@njit(cache=True, nogil=True)
def _decrement(part, left):
    """The lexicographically next smaller vector with entries at most those of ``left``."""
    for r in range(len(part) - 1, -1, -1):
        if part[r] > 0:
            part[r] -= 1
            return
        part[r] = left[r]


@njit(cache=True, nogil=True)
def _child(q, a, parts):
    m, k = q.shape
    length = len(parts)
    child = np.zeros((m + 1, k + length - 1), np.uint8)
    for r in range(m):
        at = 0
        for b in range(k):
            if b != a:
                child[r, at] = q[r, b]
                at += 1
        for p in range(length):
            child[r, at + p] = parts[p, r]
    child[m, k - 1 :] = 1
    return child


def products(dimension: int, progress: bool = True) -> list[np.ndarray]:
    """All products of irreducible manifolds of smaller dimension, block diagonal.

    Returns:
        uint8 arrays; 3, 22 and 15,813 of them in dimension 2, 3 and 4.
    """
    factors = {d: classify(d, progress) for d in range(1, dimension)}
    found = []
    for dimensions in _partitions(dimension, dimension - 1):
        kinds = sorted(set(dimensions), reverse=True)
        choices = (combinations_with_replacement(factors[d], dimensions.count(d)) for d in kinds)
        for choice in product(*choices):
            found.append(block_diagonal([q for group in choice for q in group]))
    return found


def _partitions(total: int, largest: int):
    if total == 0:
        yield ()
    for first in range(min(total, largest), 0, -1):
        for rest in _partitions(total - first, first):
            yield (first, *rest)
