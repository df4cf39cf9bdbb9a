"""Orders that connectivity is compared with; no network of the repository reads them.

Each gives the places of the rows and columns of one matrix as
:func:`cicy4.data.connectivity.connectivity_places` does, and knows which rows meet which columns,
and nothing else.  The graph of a matrix has its rows and columns as vertices, and an edge for each
entry that is not zero.
"""

import zlib
from itertools import chain

import numpy as np

from cicy4.data.connectivity import part_of_rows, put, smallest_pieces
from cicy4.geometry.configuration import compact


def nested(q):
    """Connectivity, and every piece by a separator of its own, all the way down."""
    piece = smallest_pieces(q)
    columns = np.array(_dissected(q, np.arange(q.shape[1])))
    place = np.argsort(columns)
    nearest = [place[row > 0].min() for row in q]
    return np.lexsort((nearest, part_of_rows(q, piece))), columns, piece


def _dissected(q, columns):
    """The separator, the largest piece dissected, and the other pieces dissected."""
    if len(columns) < 2:
        return list(columns)
    part = q[:, columns]
    piece = smallest_pieces(part[part.any(axis=1)])
    pieces = [_dissected(q, columns[piece == p]) for p in range(piece.max() + 1)]
    return list(chain(*pieces))


def breadth_first(q):
    """Connectivity, and rows and columns of a piece by their distance from the separator."""
    from scipy.sparse.csgraph import shortest_path

    piece, m = smallest_pieces(q), len(q)
    distance = shortest_path(_graph(q), unweighted=True, indices=m + piece.argmin())
    part = part_of_rows(q, piece)
    return np.lexsort((distance[:m], part)), np.lexsort((distance[m:], piece)), piece


def cuthill_mckee(q):
    """Rows and columns by the reverse Cuthill-McKee order of the graph (SciPy)."""
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    found = reverse_cuthill_mckee(_graph(q), symmetric_mode=True).astype(int)
    return found[found < len(q)], found[found >= len(q)] - len(q), np.zeros(q.shape[1], int)


def fiedler(q):
    """Rows and columns by the second eigenvector of the Laplacian of the graph.

    Its sign is such that the sum of the cubes is positive.
    """
    graph = _graph(q).toarray()
    _, vectors = np.linalg.eigh(np.diag(graph.sum(axis=0)) - graph)
    vector = vectors[:, 1].round(8)
    vector *= np.sign((vector**3).sum()) or 1
    rows, columns = np.split(vector, [len(q)])
    return rows.argsort(kind="stable"), columns.argsort(kind="stable"), np.zeros(len(columns), int)


def random(q):
    """Rows and columns at random, the same for the same matrix."""
    rng = np.random.default_rng(zlib.crc32(q.tobytes()))
    return rng.permutation(len(q)), rng.permutation(q.shape[1]), np.zeros(q.shape[1], int)


def _graph(q):
    from scipy.sparse import csr_array

    m, k = q.shape
    graph = np.zeros((m + k, m + k))
    graph[:m, m:] = q > 0
    return csr_array(graph + graph.T)


def _order(places):
    def order(matrices):
        out = np.zeros_like(matrices)
        for matrix, ordered in zip(matrices, out, strict=True):
            q = compact(matrix)
            put(q, places(q), ordered)
        return out

    return order


ORDERS = {
    "nested": _order(nested),
    "breadth-first": _order(breadth_first),
    "fiedler": _order(fiedler),
    "cuthill-mckee": _order(cuthill_mckee),
    "random": _order(random),
}
