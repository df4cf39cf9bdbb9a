import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cicy4.geometry.canonical_form import canonical, canonical_batch, canonical_kernel
from cicy4.geometry.configuration import as_batch, as_matrix, components, pad, pad_all, unpad

shapes = st.tuples(st.integers(1, 7), st.integers(1, 7))
matrices = arrays(np.uint8, shapes, elements=st.integers(0, 2)).filter(
    lambda q: q.any(axis=0).all() and q.any(axis=1).all()
)


def shuffled(q, seed):
    rng = np.random.default_rng(seed)
    return q[rng.permutation(len(q))][:, rng.permutation(q.shape[1])]


def certificate(q):
    """What nauty says of the graph of rows, columns and entries coloured by degree."""
    pynauty = pytest.importorskip("pynauty", reason="it has no wheel for Windows")
    m, k = q.shape
    edges = list(zip(*np.nonzero(q), strict=True))
    adjacency = {m + k + i: [r, m + a] for i, (r, a) in enumerate(edges)}
    kinds = [set(range(m)), set(range(m, m + k))]
    for degree in range(1, 3):
        kinds.append({m + k + i for i, (r, a) in enumerate(edges) if q[r, a] == degree})
    sizes = tuple(len(kind) for kind in kinds)
    graph = pynauty.Graph(
        m + k + len(edges), adjacency_dict=adjacency, vertex_coloring=[s for s in kinds if s]
    )
    return sizes, pynauty.certificate(graph)


@given(matrices, st.integers(0, 99))
def test_canonical_form_does_not_depend_on_the_order(q, seed):
    assert np.array_equal(canonical(q), canonical(shuffled(q, seed)))


@given(matrices)
def test_canonical_form_is_a_permutation(q):
    assert certificate(canonical(q)) == certificate(q)


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_canonical_forms_agree_exactly_when_nauty_says_so(seed):
    rng = np.random.default_rng(seed)
    batch = rng.integers(0, 2, (40, 3, 4), dtype=np.uint8)
    batch = [q for q in batch if q.any(axis=0).all() and q.any(axis=1).all()]
    ours = [canonical(q).tobytes() for q in batch]
    theirs = [certificate(q) for q in batch]
    for i in range(len(batch)):
        for j in range(i):
            assert (ours[i] == ours[j]) == (theirs[i] == theirs[j])


@pytest.mark.parametrize("size", [6, 8])
def test_canonical_form_of_symmetric_matrices(size):
    cycle = np.eye(size, dtype=np.uint8) + np.roll(np.eye(size, dtype=np.uint8), 1, axis=1)
    half = size // 2
    two = np.kron(
        np.eye(2, dtype=np.uint8),
        np.eye(half, dtype=np.uint8) + np.roll(np.eye(half, dtype=np.uint8), 1, axis=1),
    )
    for seed in range(5):
        assert np.array_equal(canonical(cycle), canonical(shuffled(cycle, seed)))
        assert np.array_equal(canonical(two), canonical(shuffled(two, seed)))
    # Refinement alone cannot tell one cycle from two.
    assert not np.array_equal(canonical(cycle), canonical(two))


def test_canonical_order_is_natural():
    q = canonical([[0, 1, 1], [4, 0, 1], [0, 2, 0]])
    assert q.sum(axis=1).tolist() == sorted(q.sum(axis=1), reverse=True)
    assert q.sum(axis=0).tolist() == sorted(q.sum(axis=0), reverse=True)


def test_canonical_batch_ignores_where_the_padding_is():
    q = np.array([[1, 1, 0], [2, 0, 1], [0, 1, 3]], np.uint8)
    scattered = np.zeros((1, 16, 20), np.uint8)
    scattered[np.ix_([0], [3, 7, 15], [2, 9, 19])] = q
    assert np.array_equal(canonical(scattered)[0], pad(canonical(q)))
    assert np.array_equal(unpad(scattered[0]), q)


def test_no_layout_is_compiled_for_anew():
    """A column-major matrix, a slice, an array that cannot be written."""
    q = np.asfortranarray([[2, 1], [1, 2], [0, 3]])
    batch = np.array([pad(q)] * 4)
    canonical(q), canonical(batch)
    before = len(canonical_kernel.signatures), len(canonical_batch.signatures)
    batch.flags.writeable = False
    canonical(unpad(batch[0])), canonical(batch), canonical(batch[::2]), canonical(batch[:, ::-1])
    assert before == (len(canonical_kernel.signatures), len(canonical_batch.signatures))


def test_components():
    q = np.array([[3, 0, 0], [0, 1, 1], [0, 0, 2]])
    assert sorted(part.tolist() for part in components(q)) == [[[1, 1], [0, 2]], [[3]]]


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, -1]], r"entry \(0, 1\) is -1"),
        ([[1, 0.5]], r"entry \(0, 1\) is 0.5"),
        ([[1, float("nan")]], r"entry \(0, 1\) is nan"),
        ([[1, 1], [0, 0]], "row 1 of the matrix is zero"),
        ([[1, 0], [1, 0]], "column 1 of the matrix is zero"),
        ([[1, 1], [1]], r"different lengths: \[2, 1\]"),
        ([[1, 300]], r"entry \(0, 1\) is 300"),
        ([], "rows and columns"),
        ([["a"]], "integers"),
        ([1, 2], "rows and columns"),
    ],
)
def test_bad_matrices_are_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        as_matrix(matrix)


def test_too_large_matrices_and_wrong_batches_are_refused():
    with pytest.raises(ValueError, match="17 x 1 matrix does not fit"):
        pad(np.ones((17, 1), int))
    with pytest.raises(ValueError, match=r"shape \(N, 16, 20\)"):
        as_batch(np.zeros((2, 15, 20)))
    with pytest.raises(ValueError, match=r"entry \(0, 1, 2\) is -3"):
        bad = np.zeros((1, 16, 20))
        bad[0, 1, 2] = -3
        as_batch(bad)
    assert pad_all([]).shape == (0, 16, 20)
