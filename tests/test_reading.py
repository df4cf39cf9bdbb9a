import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cicy4.configuration import canonical, components, incidence, pad, unpad
from cicy4.reading import best_pieces, reading_order

INDEX = st.integers(0, 905_683)


def sizes_without(q, column):
    """How many columns the pieces have that are left without a column and its rows."""
    rest = np.delete(q[q[:, column] == 0], column, axis=1)
    alone = (~rest.any(axis=0)).sum()
    return [1] * int(alone) + [part.shape[1] for part in components(rest)]


@given(INDEX, st.integers(0, 2**32))
def test_reading_order_does_not_depend_on_the_order(cicy4, index, seed):
    rng = np.random.default_rng(seed)
    X = cicy4[0][index : index + 1]
    other = X[:, rng.permutation(16)][:, :, rng.permutation(20)]
    read = reading_order(canonical(other))
    assert np.array_equal(read, reading_order(X))
    assert np.array_equal(canonical(read), X)


@given(INDEX)
def test_pieces_are_the_best_that_one_column_leaves(cicy4, index):
    q = unpad(cicy4[0][index])
    sizes = np.bincount(best_pieces(*incidence(q))).tolist()
    assert sizes.pop(0) == 1
    possible = [sizes_without(q, a) for a in range(q.shape[1])]
    squares = [sum(size**2 for size in each) for each in possible]
    assert sorted(sizes) == sorted(possible[np.argmin(squares)])
    assert sizes[:1] == [max(sizes)] if sizes else q.shape[1] == 1


def test_places_by_hand():
    # Without its first column and the three rows that this meets, the columns 4 and 5 are
    # joined by the last row, and the columns 1 (with the row before), 2 and 3 stay alone.
    q = [[1, 1, 1, 1, 1, 0], [2, 0, 1, 0, 0, 1], [1, 0, 0, 1, 0, 0], [0, 2, 0, 0, 0, 0]]
    q.append([0, 0, 0, 0, 1, 1])
    assert np.array_equal(canonical(q), q)
    read = reading_order(pad(q)[None])[0]
    left = [[0, 0, 0], [1, 1, 0], [2, 0, 1], [1, 0, 0], [0, 1, 1]]
    right = [[2, 0, 0], [1, 1, 1], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert np.array_equal(read[11:, :3], left) and np.array_equal(read[11:, 17:], right)
    assert not read[:11].any() and not read[:, 3:17].any()
