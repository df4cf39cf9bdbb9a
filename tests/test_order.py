import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cicy4.data.connectivity import connectivity_places, pieces
from cicy4.data.order import ORDERS
from cicy4.geometry.canonical_form import canonical
from cicy4.geometry.configuration import components, dimension, pad, row_counts, unpad
from tools.studies.reading import best_pieces, reading_order, roles

INDEX = st.integers(0, 905_683)


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_only_moves_rows_and_columns_and_has_zero_rows_first(cicy4, name):
    X = cicy4[0][::3000].copy()
    ordered = ORDERS[name](X)
    assert ordered.dtype == np.uint8 and np.array_equal(canonical(ordered), X)
    first = ordered.any(axis=2).argmax(axis=1)
    assert np.array_equal(16 - first, row_counts(X))


@given(INDEX, st.integers(0, 2**32))
def test_reading_order_does_not_depend_on_the_order(cicy4, index, seed):
    rng = np.random.default_rng(seed)
    X = cicy4[0][index : index + 1]
    other = X[:, rng.permutation(16)][:, :, rng.permutation(20)]
    read = reading_order(canonical(other))
    assert np.array_equal(read, reading_order(X))
    assert np.array_equal(canonical(read), X)


@given(INDEX)
def test_connectivity_knows_only_which_rows_meet_which_columns(cicy4, index):
    """With all degrees equal to one the places are the same; the first column leaves least."""
    q = unpad(cicy4[0][index])
    rows, columns, piece = connectivity_places(q)
    same = connectivity_places((q > 0).astype(np.uint8))
    assert all(map(np.array_equal, (rows, columns, piece), same))
    sizes = [(np.bincount(pieces(q, a))[1:] ** 2).sum() for a in range(q.shape[1])]
    assert sizes[columns[0]] == min(sizes) and piece[columns[0]] == 0
    assert (np.bincount(piece)[1:2] == np.bincount(piece)[1:].max(initial=0)).all()


@given(INDEX, st.data())
def test_pieces_are_the_components_that_one_column_leaves(cicy4, index, data):
    q = unpad(cicy4[0][index])
    separator = data.draw(st.integers(0, q.shape[1] - 1))
    piece = pieces(q, separator)
    role = roles(q, piece)
    left = q[:, separator] == 0
    expected = components(np.delete(q[left], separator, axis=1)) if left.any() else []
    found = []
    for number in range(1, len(role) + 1):
        columns = q[:, piece == number]
        part = columns[left & columns.any(axis=1)]
        found += [part] if len(part) else []
        fits = (columns.sum(axis=1) <= q[:, separator])[~left].all()
        d = dimension(part) if len(part) else -1
        assert role[number - 1] == (fits and {1: 3, 2: 2}.get(d, 1))
    found, expected = ([part[:, part.any(axis=0)] for part in parts] for parts in (found, expected))
    assert sorted(map(str, found)) == sorted(map(str, expected))


def test_an_equation_with_a_piece_of_role_3_is_what_h21_needs(cicy4):
    matrices, hodge, _ = cicy4
    for padded, (_, h21, _, _) in zip(matrices[::300], hodge[::300], strict=True):
        q = unpad(padded)
        found = [roles(q, pieces(q, a)) for a in range(q.shape[1])]
        assert any((role == 3).any() for role in found) == (h21 > 0)


@given(INDEX)
def test_separator_has_the_most_to_say(cicy4, index):
    q = unpad(cicy4[0][index])

    def rank(separator):
        piece = pieces(q, separator)
        role = roles(q, piece)
        return 3 not in role, (np.bincount(piece)[1:] ** 2).sum(), 2 not in role

    piece, strongest = best_pieces(q)
    separator = piece.argmin()
    assert rank(separator) == min(map(rank, range(q.shape[1])))
    found = [roles(q, pieces(q, a)) for a in range(q.shape[1])]
    assert strongest.tolist() == [max(1, *role) if len(role) else 1 for role in found]


@given(INDEX)
def test_further_separators_come_first_in_their_piece(cicy4, index):
    q = unpad(cicy4[0][index])
    piece, strongest = best_pieces(q)

    def part(row):
        met = row > 0
        nearest = piece[met].min()
        return -nearest if nearest != 1 else 1 if 3 in strongest[met] else 2

    columns = sorted(range(q.shape[1]), key=lambda a: (piece[a], -strongest[a]))
    left = (piece < 2).sum()
    read = reading_order(cicy4[0][index : index + 1])[0]
    assert not read[:, left : 20 - q.shape[1] + left].any()
    found = np.delete(read, np.s_[left : 20 - q.shape[1] + left], axis=1)[16 - len(q) :]
    assert np.array_equal(found, np.array(sorted(q, key=part))[:, columns])


@given(INDEX)
def test_further_separators_cut_off_what_is_right_of_piece_1(cicy4, index):
    q = unpad(cicy4[0][index])
    piece, strongest = best_pieces(q)
    further = [b for b in range(q.shape[1]) if piece[b] == 1 and strongest[b] == 3]
    for a in np.flatnonzero((piece == 1) | (piece == 2)):
        apart = [pieces(q, b) for b in further]
        apart = any(other[a] != other[piece.argmin()] for other in apart)
        assert (piece[a] == 2) == (apart and strongest[a] < 3)


def test_pieces_by_hand():
    # Without its first column and the three rows that this meets, the columns 4 and 5 are
    # joined by the last row, and the columns 1 (with the row before), 2 and 3 stay alone.
    # The columns 1 and 2 have a larger degree than the first one has in its second row.
    q = [[1, 1, 1, 1, 1, 0], [1, 0, 2, 0, 0, 1], [1, 0, 0, 1, 0, 0], [0, 2, 0, 0, 0, 0]]
    q.append([0, 0, 0, 0, 1, 1])
    q = np.array(q, np.uint8)
    piece = pieces(q, 0)
    role = roles(q, piece)
    assert piece.tolist() == [0, 1, 2, 3, 4, 4] and role.tolist() == [1, 0, 1, 1]


def test_places_by_hand():
    # Without the second column and its rows there remain a cubic curve, of degree 1 on the
    # second row and the last one, and the third column.
    q = [[3, 0, 0], [1, 1, 1], [0, 2, 1], [1, 1, 0]]
    assert np.array_equal(canonical(q), q)
    assert best_pieces(np.array(q, np.uint8))[0].tolist() == [1, 0, 3]
    read = reading_order(pad(q)[None])[0]
    assert np.array_equal(read[12:, [0, 1, 19]], [[1, 1, 1], [2, 0, 1], [1, 1, 0], [0, 3, 0]])
    assert not read[:12].any() and not read[:, 2:19].any()


def test_rows_of_the_other_pieces_come_first():
    # Two cubic curves hang on the first column; the first of the largest pieces is at the left.
    q = [[0, 3, 0], [0, 0, 3], [2, 0, 0], [1, 1, 0], [1, 0, 1]]
    q = canonical(q)
    read = reading_order(pad(q)[None])[0]
    assert read[11, 19] == 3 and not read[11, :19].any()
