import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cicy4.geometry.colours import colours
from cicy4.geometry.configuration import pad


@given(st.integers(0, 905_683), st.integers(0, 2**32))
def test_colours_do_not_depend_on_the_order(cicy4, index, seed):
    rng = np.random.default_rng(seed)
    X = cicy4[0][index : index + 1]
    other = X[:, rng.permutation(16)][:, :, rng.permutation(20)]
    assert np.array_equal(colours(X), colours(other))


def test_rounds_tell_more_and_more_apart(cicy4):
    X = cicy4[0][::30]
    distinct = [len(np.unique(colours(X, rounds))) for rounds in range(5)]
    sizes = np.column_stack([X.any(axis=2).sum(axis=1), X.any(axis=1).sum(axis=1)])
    assert distinct[0] == len(np.unique(sizes, axis=0))
    assert distinct[0] < distinct[1] < distinct[2] < distinct[3] <= distinct[4] <= len(X)


def test_a_hexagon_and_two_triangles_have_the_same_colours():
    """The classical pair that no number of rounds tells apart; a path is told apart at once."""
    hexagon, triangles, path = (np.zeros((6, 6), int) for _ in range(3))
    for i in range(6):
        hexagon[[i, (i + 1) % 6], i] = 1
        triangles[[i, i // 3 * 3 + (i + 1) % 3], i] = 1
        path[[i, min(i + 1, 5)], i] = 1
    one, other, third = colours(np.stack([pad(q) for q in (hexagon, triangles, path)]), 6)
    assert one == other != third
