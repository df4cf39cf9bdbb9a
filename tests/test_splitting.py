import numpy as np
import pytest

from cicy4.geometry.classification import contract
from cicy4.geometry.configuration import canonical, unpad
from cicy4.geometry.hodge import euler_from_hodge, euler_number_batch
from cicy4.geometry.splitting import ineffective_splittings, random_splitting


@pytest.fixture(scope="module")
def parents(cicy4):
    matrices, hodge, _ = cicy4
    return matrices[::400], hodge[::400]


@pytest.fixture(scope="module")
def splittings(parents):
    return ineffective_splittings(*parents, seed=1, progress=False)


def test_a_splitting_contracts_to_its_matrix(parents):
    rng = np.random.default_rng(1)
    for q in map(unpad, parents[0]):
        child = random_splitting(q, rng)
        if child is not None:
            assert child[0].max() == 1 and child.any(axis=0).all()
            np.testing.assert_array_equal(canonical(contract(child, 0)), canonical(q))


def test_what_does_not_fit_is_not_split():
    rng = np.random.default_rng(1)
    sixteen_rows = np.ones((16, 2), np.uint8)
    twenty_columns = np.full((2, 20), 2, np.uint8)
    linear = np.eye(3, dtype=np.uint8)
    assert all(random_splitting(q, rng) is None for q in (sixteen_rows, twenty_columns, linear))
    assert random_splitting(np.full((15, 19), 2, np.uint8), rng).shape == (16, 20)


def test_splittings_of_the_sextic():
    """P^5[6] becomes P^1 P^5 with two columns, and so on: a column more for each dimension."""
    rng = np.random.default_rng(1)
    shapes = {random_splitting(np.array([[6]], np.uint8), rng).shape for _ in range(50)}
    assert shapes == {(2, 2), (2, 3), (2, 4)}


def test_ineffective_splittings_have_the_euler_number_of_their_hodge_numbers(splittings):
    found, hodge = splittings
    assert found.shape[1:] == (16, 20) and found.dtype == np.uint8 and hodge.shape[1:] == (4,)
    np.testing.assert_array_equal(euler_number_batch(found), euler_from_hodge(hodge))


def test_no_ineffective_splitting_is_on_the_list(splittings, cicy4):
    found = canonical(splittings[0])
    members = {q.tobytes() for q in cicy4[0]}
    assert len(found) > 1000 and not any(q.tobytes() in members for q in found)


def test_splittings_are_those_of_their_seed(parents, splittings):
    again = ineffective_splittings(*parents, seed=1, progress=False)
    other = ineffective_splittings(*parents, seed=2, progress=False)
    np.testing.assert_array_equal(again[0], splittings[0])
    assert not np.array_equal(other[0][:100], splittings[0][:100])
