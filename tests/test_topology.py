"""Published numbers, and the index theorem, which shares no code with the counts of sections."""

import numpy as np
import pytest

from cicy4 import euler_number, hodge_numbers, line_bundle_cohomology, obvious_fibrations, topology
from cicy4.__main__ import main
from cicy4.geometry.configuration import unpad
from cicy4.geometry.topology import count_fibrations


def pairing(numbers, *classes):
    for one in classes:
        numbers = np.tensordot(one, numbers, 1)
    return numbers


def test_published_threefolds():
    """Quintic, bicubic and tetraquadric (Huebsch, Calabi-Yau Manifolds)."""
    quintic, bicubic, tetraquadric = map(topology, ([[5]], [[3], [3]], [[2]] * 4))
    assert quintic.intersection.tolist() == [[[5]]] and quintic.c2.tolist() == [50]
    assert (quintic.c3, quintic.euler) == (-200, -200)
    one, other = np.eye(2, dtype=int)
    assert [pairing(bicubic.intersection, one, one, x) for x in (one, other)] == [0, 3]
    assert bicubic.c2.tolist() == [36, 36] and bicubic.euler == -162
    assert tetraquadric.intersection[0, 1].tolist() == [0, 0, 2, 2]
    assert tetraquadric.c2.tolist() == [24] * 4 and tetraquadric.euler == -128


def test_surfaces_and_the_sextic():
    quartic, sextic = topology([[4]]), topology([[6]])
    assert quartic.intersection.tolist() == [[4]] and quartic.c2 == quartic.euler == 24
    # c = (1 + J)^6 / (1 + 6 J) = 1 + 15 J^2 - 70 J^3 + 435 J^4 in degree 6
    assert sextic.intersection.item() == 6 and sextic.c2.item() == 90
    assert (sextic.c3.item(), sextic.c2_squared, sextic.euler) == (-420, 1350, 2610)


@pytest.fixture(scope="module")
def some(cicy4):
    matrices = cicy4[0]
    return [unpad(q) for q in matrices[np.random.default_rng(3).choice(len(matrices), 40)]]


def test_holomorphic_euler_number_is_two(some):
    """Hirzebruch: (3 c2^2 - c4) / 720."""
    for q in some:
        found = topology(q)
        assert found.euler == euler_number(q)
        assert 3 * found.c2_squared - found.euler == 2 * 720


def test_cohomology_of_line_bundles_has_the_index(some):
    """L^4 / 24 + c2 L^2 / 24 + 2, for line bundles that need not be ample."""
    rng = np.random.default_rng(4)
    kinds = set()
    for q in some:
        numbers = topology(q)
        for _ in range(5):
            degrees = rng.integers(1, 4, len(q)) * (rng.random(len(q)) < 0.4)
            h = line_bundle_cohomology(q, degrees)
            index = pairing(numbers.intersection, *[degrees] * 4)
            index += pairing(numbers.c2, degrees, degrees)
            assert sum((-1) ** k * value for k, value in enumerate(h)) == index / 24 + 2
            assert line_bundle_cohomology(q, -degrees) == (h[::-1] if degrees.any() else h)
            kinds.add(tuple(np.flatnonzero(h)))
    assert len(kinds) > 3  # not only h^0


def test_threefolds_have_the_index(threefolds):
    rng = np.random.default_rng(5)
    for q in map(unpad, threefolds[rng.choice(len(threefolds), 30)]):
        numbers = topology(q)
        degrees = rng.integers(0, 3, len(q))
        h = line_bundle_cohomology(q, degrees)
        index = pairing(numbers.intersection, *[degrees] * 3) / 6 + degrees @ numbers.c2 / 12
        assert h[0] - h[1] + h[2] - h[3] == index
        assert numbers.euler == numbers.c3 == 2 * np.subtract(*hodge_numbers(q))


def test_the_order_of_rows_and_columns_only_renames(some):
    rng = np.random.default_rng(6)
    for q in some[:10]:
        rows, columns = (rng.permutation(size) for size in q.shape)
        here, there = topology(q), topology(q[rows][:, columns])
        assert np.array_equal(here.intersection[np.ix_(rows, rows, rows, rows)], there.intersection)
        assert np.array_equal(here.c2[np.ix_(rows, rows)], there.c2)
        assert len(obvious_fibrations(q)) == len(obvious_fibrations(q[rows][:, columns]))


def test_obvious_fibrations():
    assert obvious_fibrations([[6]]) == []
    # All pairs of the five projective lines are alike.
    assert obvious_fibrations([[2]] * 5) == [(0, 1)]
    assert obvious_fibrations([[2]] * 5, fibre=2) == [(0, 1, 2)]
    assert obvious_fibrations([[3], [3], [2]]) == [(0,)]


def test_most_threefolds_have_an_obvious_fibration(threefolds):
    """99.3 per cent of 7,890, of which 22 are products (Anderson et al., arXiv:1608.07555)."""
    counts = count_fibrations(threefolds)
    assert round(((counts > 0).sum() + 22) / 7890, 3) == 0.993
    for q, count in zip(threefolds[::500], counts[::500], strict=True):
        assert len(obvious_fibrations(unpad(q))) == count


@pytest.mark.parametrize(
    ("degrees", "message"),
    [
        ([1, -1], "both signs"),
        ([1], "an integer for each of 2 rows"),
        ([0.5, 1], "an integer for each"),
        ([10**9, 1], "too many sections"),
    ],
)
def test_line_bundles_beyond_the_count_are_refused(degrees, message):
    with pytest.raises(ValueError, match=message):
        line_bundle_cohomology([[3], [3]], degrees)


def test_matrices_beyond_the_formulas_are_refused():
    with pytest.raises(ValueError, match="connected matrix"):
        line_bundle_cohomology([[4, 0], [0, 4]], [1, 1])
    with pytest.raises(ValueError, match="connected matrix"):
        line_bundle_cohomology([[6, 0], [1, 1]], [1, 1])
    with pytest.raises(ValueError, match="dimension 5"):
        topology([[7]])
    with pytest.raises(ValueError, match="fibre of dimension 4"):
        obvious_fibrations([[6]], 4)


def test_the_command_prints_it(capsys):
    assert main(["topology", "[[3],[3]]", "--bundle", "[1,0]"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "J1 J1 J2 = 3" and "c2 J1 = 36" in lines and lines[-1].endswith("3 0 0 0")
    assert "Euler number -162" in lines and "elliptic fibre: rows 1" in lines
