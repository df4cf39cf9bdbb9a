"""Twins: members of the list that are the same manifold; ``write_twins`` finds them all.

A matrix can contract, by different rows and each time ineffectively, to two members of the list.
:func:`find_twins` looks at every matrix that contracts ineffectively to a member, its one-step
*ineffective splittings*, and at all their other ineffective rows.  Members that are found to be the
same manifold make a *class*; the number of classes is an upper bound for that of different
manifolds, since members may be the same for other reasons.
"""

import numpy as np
from numba import njit

from cicy4.data.archive import TWINS, load_cicy4, write_npz
from cicy4.data.identification import places
from cicy4.files import replacing
from cicy4.geometry.canonical_form import canonical_kernel
from cicy4.geometry.chunks import in_chunks, indexed_in_threads
from cicy4.geometry.classification import splittings
from cicy4.geometry.configuration import COLUMNS, ROWS, ambient, compact, incidence, pad_all
from cicy4.geometry.contraction import contract, is_ineffective
from cicy4.geometry.reduction import reduce_all


@njit(cache=True, nogil=True)
def other_contractions(members):
    """What the ineffective splittings of members contract to by their other ineffective rows.

    Args:
        members: uint8 ``(N, 16, 20)``, canonical.

    Returns:
        ``index``, int64 ``(M,)``, of the member that was split, and uint8 ``(M, 16, 20)``,
        canonical, other matrices of the same manifold; they need not be members.
    """
    index = np.zeros(1024, np.int64)
    found = np.zeros((1024, ROWS, COLUMNS), np.uint8)
    count = 0
    for i in range(len(members)):
        q = compact(members[i])
        m = len(q)
        first = count
        for a in range(q.shape[1]):
            for child in splittings(q, a, q[:, a].sum()):
                n = ambient(child)
                _, column_rows = incidence(child)
                if not is_ineffective(child, m, n, column_rows):
                    continue
                for row in range(m):
                    if child[row].max() > 1 or not is_ineffective(child, row, n, column_rows):
                        continue
                    other = canonical_kernel(contract(child, row))
                    k = other.shape[1]
                    if k > COLUMNS:
                        raise ValueError("a contraction has more columns than any member")
                    if count == len(found):
                        found = np.concatenate((found, np.zeros_like(found)))
                        index = np.concatenate((index, np.zeros_like(index)))
                    found[count] = 0
                    found[count, :m, :k] = other
                    index[count] = i
                    known = np.array_equal(found[count], members[i])
                    for j in range(first, count):
                        known = known or np.array_equal(found[count], found[j])
                    count += not known
    return index[:count].copy(), found[:count].copy()


def find_twins(matrices: np.ndarray, progress: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Classes of members that are the same manifold, by ineffective splittings of one step.

    Args:
        matrices: the list, uint8 ``(N, 16, 20)``; all members that are met have to be in it.
        progress: whether to show bars.

    Returns:
        ``number``, int32 ``(M,)``, of the members that have a twin, from 1 and increasing, and
        ``twin_class``, int32 ``(M,)``, the least number in the class of each.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    label = "ineffective splittings"
    one, others = indexed_in_threads(other_contractions, matrices, label, progress)
    distinct, index = np.unique(others.reshape(len(others), -1), axis=0, return_inverse=True)
    distinct = distinct.reshape(-1, ROWS, COLUMNS)
    other = in_chunks(_reduced_places, distinct, "reductions to the list", progress)[index]
    n = len(matrices)
    pairs = coo_array((np.ones(len(one), bool), (one, other)), (n, n))
    _, label = connected_components(pairs, directed=False)
    _, first, size = np.unique(label, return_index=True, return_counts=True)
    place = np.flatnonzero(size[label] > 1)
    return (place + 1).astype(np.int32), (first[label[place]] + 1).astype(np.int32)


def _reduced_places(matrices):
    """Places in the list of what matrices reduce to."""
    return places(pad_all(reduction.matrix for reduction in reduce_all(matrices)))


def write_twins() -> None:
    """Find the twins in the list and write them beside it, see :func:`find_twins`.

    Raises:
        RuntimeError: the Hodge numbers in a class differ.
    """
    matrices, hodge, _ = load_cicy4()
    number, twin_class = find_twins(matrices)
    differ = (hodge[number - 1] != hodge[twin_class - 1]).any(axis=1)
    if differ.any():
        one, other = number[differ.argmax()], twin_class[differ.argmax()]
        raise RuntimeError(f"numbers {other} and {one} are twins with different Hodge numbers")
    with replacing(TWINS) as temporary:
        write_npz(temporary, {"number": number, "twin_class": twin_class})
