"""Columns that only rewrite a manifold, and the smaller configurations that they stand for.

A configuration is *allowed* when no row is a point and no column is one of the identities below.
With P^n in a row, and where nothing is said of its other columns they keep their degrees:

==========================  =====================================================================
a row of degree 1           P^0 is a point, its row is left out
a column of degree 1        a hyperplane of P^n is P^(n-1)
2 on P^2                    a conic is P^1, on which the degrees of the other columns double
2 on P^3                    a quadric is P^1 x P^1, both with the degrees of P^3
1 on P^1 and 1 on P^1       the graph of an isomorphism: P^1, on which the degrees add up
2 on P^1 and 1 on P^2       P^1 x P^1 in P^1 x P^2, both with the degrees of P^2
(1, 2) and (1, 1) on two    the del Pezzo surface of degree 2 with the anticanonical class of the
P^2                         first P^2; it is (2, 2) in P^1 x P^2, too
==========================  =====================================================================

(Candelas, Dale, Lutken, Schimmrigk, Nucl. Phys. B 298 (1988) 493, section 3; the surfaces have one
deformation class each, so that they can be exchanged where all moduli are generic.)
"""

import numpy as np
from numba import njit

from cicy4.geometry.canonical_form import canonical_kernel
from cicy4.geometry.configuration import ambient

NONE, POINT, HYPERPLANE, CONIC, QUADRIC, GRAPH, SCROLL, DEL_PEZZO = range(8)


def simplify(q):
    """Apply identities until a configuration is allowed.

    Args:
        q: uint8 ``(m, K)``, connected and of dimension 1 at least.

    Returns:
        uint8 matrix, and the steps: pairs of words and the matrix after that step, in canonical
        order.
    """
    steps = []
    while True:
        kind, r, s, a, b = find_identity(q)
        if kind == NONE:
            return q, steps
        words = WORDS[kind].format(r=r + 1, s=s + 1, a=a + 1, b=b + 1, n=int(q[r].sum()) - 1)
        q = canonical_kernel(np.ascontiguousarray(_apply(q, kind, r, s, a, b)))
        steps.append((words, q))


# Rows and columns are counted from 1, in the matrix before the step.
WORDS = {
    POINT: "row {r} is a point",
    HYPERPLANE: "column {a} is a hyperplane in the P^{n} of row {r}",
    CONIC: "column {a} is a conic in the P^2 of row {r}, a P^1: its degrees double",
    QUADRIC: "column {a} is a quadric in the P^3 of row {r}: P^1 x P^1",
    GRAPH: "column {a} identifies the P^1 of row {r} with that of row {s}: their degrees add up",
    SCROLL: "column {a} of degrees (2, 1) in P^1 x P^2, rows {r} and {s}, is P^1 x P^1",
    DEL_PEZZO: "columns {a} and {b} in P^2 x P^2, rows {r} and {s}, are a del Pezzo surface of "
    "degree 2: (2, 2) in P^1 x P^2",
}


def _apply(q, kind, r, s, a, b):
    if kind == POINT:
        return np.delete(q, r, axis=0)
    rest = np.delete(q, [a, b] if kind == DEL_PEZZO else a, axis=1)
    if kind == CONIC:
        rest[r] *= 2
    elif kind == QUADRIC:
        rest = np.insert(rest, r, rest[r], axis=0)
    elif kind == GRAPH:
        rest[r] += rest[s]
        rest = np.delete(rest, s, axis=0)
    elif kind == SCROLL:
        rest[r] = rest[s]
    elif kind == DEL_PEZZO:
        column = np.zeros((len(q), 1), np.uint8)
        column[[r, s]] = 2
        rest = np.hstack([rest, column])
    return rest


@njit(cache=True, nogil=True)
def find_identity(q):
    """The first identity: its kind, rows ``r`` and ``s``, columns ``a`` and ``b``.

    Rows and columns that the kind does not have are 0, and all are where there is no identity.
    """
    m, k = q.shape
    n = ambient(q)
    for r in range(m):
        if n[r] == 0:
            return POINT, r, 0, 0, 0
    for a in range(k):
        total = q[:, a].sum()
        if total > 3:
            continue
        rows = np.flatnonzero(q[:, a])
        r, s = rows[0], rows[-1]
        if total == 1:
            return HYPERPLANE, r, 0, a, 0
        if r == s:
            if total == 2 and n[r] == 2:
                return CONIC, r, 0, a, 0
            if total == 2 and n[r] == 3:
                return QUADRIC, r, 0, a, 0
        elif total == 2:
            if n[r] == 1 and n[s] == 1:
                return GRAPH, r, s, a, 0
        elif len(rows) == 2:
            if q[r, a] == 1:
                r, s = s, r
            if n[r] == 1 and n[s] == 2:
                return SCROLL, r, s, a, 0
            if n[r] == 2 and n[s] == 2:
                for b in range(k):
                    if q[r, b] == 1 and q[s, b] == 1 and q[:, b].sum() == 2:
                        return DEL_PEZZO, s, r, a, b
    return NONE, 0, 0, 0, 0
