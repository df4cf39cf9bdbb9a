import numpy as np
import pytest

from cicy4 import classify, hodge_numbers
from cicy4.geometry.canonical_form import canonical
from cicy4.geometry.classification import base, breadth_first, products
from cicy4.geometry.configuration import unpad
from cicy4.geometry.contraction import contract


@pytest.fixture(scope="module")
def threefolds():
    return classify(3, progress=False)


@pytest.mark.parametrize(("dimension", "by_columns"), [(1, [2]), (2, [3, 7, 9])])
def test_tori_and_k3_surfaces(dimension, by_columns):
    columns = np.array([q.shape[1] for q in classify(dimension, progress=False)])
    assert [(columns <= k + 1).sum() for k in range(len(by_columns))] == by_columns


@pytest.mark.parametrize(
    ("dimension", "by_columns"),
    [(3, [5, 22, 43, 52, 54]), (4, [7, 61, 185, 311, 369, 381])],
)
def test_base_matrices(dimension, by_columns):
    columns = np.array([unpad(q).shape[1] for q in base(dimension)])
    assert [(columns <= k + 1).sum() for k in range(len(by_columns))] == by_columns


def test_threefolds(threefolds):
    """7,868 irreducible ones, Euler numbers -200 to 0 (Nucl. Phys. B 298 (1988) 493)."""
    assert len(threefolds) == 7868
    assert len({q.tobytes() + bytes(q.shape) for q in threefolds}) == 7868
    euler = [2 * (h.h11 - h.h21) for h in map(hodge_numbers, threefolds)]
    assert (min(euler), max(euler)) == (-200, 0)


def test_first_generations_of_fourfolds():
    generations = breadth_first(4, progress=False)
    assert [len(next(generations)) for _ in range(2)] == [381, 5173 - 381]
    generations.close()


def test_products():
    assert len(products(2)) == 3
    assert len(products(3, progress=False)) == 22


def test_no_contraction_of_a_threefold_is_ineffective(threefolds):
    for q in threefolds[::50]:
        for row in np.flatnonzero(q.max(axis=1) == 1):
            assert hodge_numbers(contract(q, row)) != hodge_numbers(q)


def test_the_list_is_canonical_and_sorted(threefolds):
    assert all(np.array_equal(q, canonical(q)) for q in threefolds[::20])
    keys = [(*q.shape, np.pad(q, ((0, 16 - len(q)), (0, 20 - q.shape[1]))).tobytes())
            for q in threefolds]  # fmt: skip
    assert keys == sorted(keys)


def test_other_dimensions_are_refused():
    with pytest.raises(ValueError, match="not 5"):
        classify(5)
