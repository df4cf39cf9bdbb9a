"""Reduction undoes splittings and identities; members of the list stay what they are."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cicy4 import euler_number, hodge_numbers, identify, load_splits, reduce
from cicy4.data.identification import places
from cicy4.geometry.canonical_form import canonical
from cicy4.geometry.classification import classify_padded
from cicy4.geometry.configuration import block_diagonal, dimension, pad_all, unpad
from cicy4.geometry.contraction import contract, ineffective_row
from cicy4.geometry.identities import NONE, find_identity
from cicy4.geometry.reduction import are_members


def split(q, rng):
    """Replace a column by parts that are linear in a new factor, or return None."""
    a = rng.integers(q.shape[1])
    units = rng.permutation(np.repeat(np.arange(len(q)), q[:, a]))
    length = min(rng.choice([2, 2, 2, 3, 3, 4]), len(units))
    if length < 2:
        return None
    # The first units of degree go to different parts, so that none of these is zero.
    part = np.concatenate([np.arange(length), rng.integers(0, length, len(units) - length)])
    parts = np.zeros((len(q) + 1, length), np.uint8)
    parts[-1] = 1
    np.add.at(parts, (units, part), 1)
    rest = np.delete(q, a, axis=1)
    return np.hstack([np.vstack([rest, np.zeros_like(rest[:1])]), parts])


def split_ineffectively(q, rng):
    child = split(q, rng)
    return child if child is not None and hodge_numbers(child) == hodge_numbers(q) else None


def with_column(q, entries):
    column = np.zeros((len(q), 1), np.uint8)
    for row, degree in entries.items():
        column[row] = degree
    return np.hstack([q, column])


def with_point(q, rng):
    point = np.zeros((1, q.shape[1]), np.uint8)
    point[0, rng.integers(q.shape[1])] = 1
    return np.vstack([q, point])


def with_hyperplane(q, rng):
    return with_column(q, {rng.integers(len(q)): 1})


def with_conic(q, rng):
    for r in np.flatnonzero((q.sum(axis=1) == 2) & (q.max(axis=1) == 2)):
        q = q.copy()
        q[r] //= 2
        return with_column(q, {r: 2})


def with_graph(q, rng):
    for r in np.flatnonzero(q.sum(axis=1) == 2):
        q = np.vstack([q, np.zeros_like(q[:1])])
        a = q[r].argmax()
        q[r, a] -= 1
        q[-1, a] = 1
        return with_column(q, {r: 1, len(q) - 1: 1})


def equal_lines(q):
    for r in np.flatnonzero(q.sum(axis=1) == 2):
        for s in range(r):
            if (q[r] == q[s]).all():
                return r, s


def with_quadric(q, rng):
    if rows := equal_lines(q):
        return np.delete(with_column(q, {rows[0]: 2}), rows[1], axis=0)


def with_two_rulings(q, rng):
    if rows := equal_lines(q):
        q = with_column(q, {rows[0]: 1, rows[1]: 2})
        q[rows[1], :-1] = 0
        return q


def with_del_pezzo(q, rng):
    for a in np.flatnonzero(q.sum(axis=0) == 4):
        rows = np.flatnonzero(q[:, a] == 2)
        if sorted(q[rows].sum(axis=1)) == [2, 3]:
            plane = rows[q[rows].sum(axis=1).argmax()]
            line = rows.sum() - plane
            q = np.delete(q, a, axis=1)
            return with_column(with_column(q, {plane: 1, line: 2}), {plane: 1, line: 1})


REWRITINGS = [
    split_ineffectively,
    with_point,
    with_hyperplane,
    with_conic,
    with_quadric,
    with_graph,
    with_two_rulings,
    with_del_pezzo,
]


def rewritten(q, rng, length):
    """A larger matrix of the same manifold, in any order, and the names of what was done."""
    names = []
    for rewrite in rng.choice(REWRITINGS, length):
        larger = rewrite(q, rng)
        if larger is not None:
            q = larger[rng.permutation(len(larger))][:, rng.permutation(larger.shape[1])]
            names.append(rewrite.__name__)
    return q, names


@pytest.mark.parametrize("dimension", [3, 4])
def test_rewritten_members_come_back(cicy4, threefolds, dimension):
    members = threefolds if dimension == 3 else cicy4[0]
    rng = np.random.default_rng(dimension)
    done, back = set(), []
    for i in rng.integers(len(members), size=2000):
        q = unpad(members[i])
        larger, names = rewritten(q, rng, rng.integers(1, 6))
        reduction = reduce(larger)
        assert hodge_numbers(reduction.matrix) == hodge_numbers(q) == hodge_numbers(larger)
        back.append(reduction.matrix)
        done.update(names)
    assert done >= {rewrite.__name__ for rewrite in REWRITINGS if rewrite is not with_del_pezzo}
    assert (places(pad_all(back), dimension) >= 0).all()


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_contractions_are_ineffective_when_no_hodge_number_changes(cicy4, threefolds, dimension):
    lists = {2: classify_padded(2, progress=False), 3: threefolds, 4: cicy4[0]}
    rng = np.random.default_rng(dimension)
    seen = set()
    for i in rng.integers(len(lists[dimension]), size=1000):
        q = split(unpad(lists[dimension][i]), rng)
        if q is not None and find_identity(q)[0] == NONE:
            rows = np.flatnonzero(q.max(axis=1) == 1)
            same = [hodge_numbers(contract(q, row)) == hodge_numbers(q) for row in rows]
            assert ineffective_row(q) == (rows[same.index(True)] if any(same) else -1)
            seen.add(any(same))
    assert seen == ({True} if dimension == 2 else {True, False})


def test_a_del_pezzo_surface_of_degree_2():
    """P^1 x P^2 with (2, 2) times what makes it a fourfold, and the same in P^2 x P^2."""
    q = np.array([[2, 0], [2, 1], [0, 4]], np.uint8)
    larger = with_del_pezzo(q, None)
    assert sorted(larger.sum(axis=0)) == [2, 3, 5]
    reduction = reduce(larger)
    assert np.array_equal(reduction.matrix, canonical(q))
    assert "del Pezzo" in reduction.steps[-1][0]
    assert euler_number(larger) == euler_number(q)


def test_members_reduce_to_themselves(cicy4, threefolds):
    assert are_members(cicy4[0][::5].copy()).all()
    for q in map(unpad, [*threefolds[::5], *cicy4[0][::2000]]):
        assert np.array_equal(reduce(q).matrix, q) and not reduce(q).steps


@given(st.integers(0, 905_683), st.integers(0, 2**32))
def test_the_representative_does_not_depend_on_the_order(cicy4, i, seed):
    rng = np.random.default_rng(seed)
    larger, _ = rewritten(unpad(cicy4[0][i]), rng, 3)
    other = larger[rng.permutation(len(larger))][:, rng.permutation(larger.shape[1])]
    assert np.array_equal(reduce(larger).matrix, reduce(other).matrix)


def test_every_step_keeps_dimension_and_euler_number(cicy4):
    rng = np.random.default_rng(1)
    for q in map(unpad, cicy4[0][rng.integers(len(cicy4[0]), size=100)]):
        for _, matrix in reduce(rewritten(q, rng, 4)[0]).steps:
            assert dimension(matrix) == 4
            assert euler_number(matrix) == euler_number(q)


def test_steps_can_be_checked_by_hand():
    reduction = reduce([[0, 2, 1], [3, 0, 1], [1, 0, 0]])
    assert [(words, q.tolist()) for words, q in reduction.steps] == [
        ("in canonical order", [[3, 1, 0], [0, 1, 2], [1, 0, 0]]),
        ("row 3 is a point", [[3, 1, 0], [0, 1, 2]]),
        (
            "column 3 is a conic in the P^2 of row 2, a P^1: its degrees double",
            [[3, 1], [0, 2]],
        ),
    ]


def test_products_reduce_factor_by_factor():
    quintic, torus = [[5, 1]], [[1, 1, 0], [1, 1, 1], [0, 0, 2]]
    both = reduce(block_diagonal([np.array(quintic, np.uint8), np.array(torus, np.uint8)]))
    assert [q.tolist() for q in both.factors] == [[[5]], [[2], [2]]]
    assert both.matrix.tolist() == [[5, 0], [0, 2], [0, 2]]


def test_members_are_identified(cicy4):
    splits = load_splits()
    for i in range(3, len(cicy4[0]), 30_000):
        found = identify(unpad(cicy4[0][i])[::-1])
        assert found.members[0].number == i + 1
        assert tuple(found.hodge) == tuple(cicy4[1][i])
        assert found.favourable == (found.hodge.h11 == len(found.reduction.matrix))
    for name, (matrices, _) in splits.items():
        found = [identify(unpad(q)).members[0] for q in matrices[:5]]
        assert all(member.split in (name, member.twins and "train (twin)") for member in found)
        assert name in {member.split for member in found}


def test_what_is_too_large_for_the_solver_is_identified():
    """The sextic, with 26 projective lines that are cut down to points."""
    q = np.diag([6, *[1] * 26])
    q[1:, 0] = 1
    with pytest.raises(ValueError, match=r"of this 27 x 27 matrix is too large .* reduces it"):
        hodge_numbers(q)
    found = identify(q)
    assert found.hodge == (1, 0, 426, 1752) and found.members[0].number == 1


def test_a_notebook_shows_a_configuration_with_its_spaces():
    """Above it the Hodge numbers, below it the Euler number, as papers do."""
    shown = identify([[2, 1], [1, 2], [0, 3]])._repr_latex_()
    spaces = re.findall(r"mathbb{P}\^{(\d)} & (\d) & (\d)", shown)
    rows = sorted(sorted((int(a), int(b))) for n, a, b in spaces if int(n) == int(a) + int(b) - 1)
    assert rows == [[0, 3], [1, 2], [1, 2]]
    assert shown.count(r" \\ ") == 2 and shown.endswith(r"\right]^{3, 0, 172, 744}_{1098}$")
    assert r"\mathbb{P}^{5} & 6\end" in reduce([[6]])._repr_latex_()


def test_factors_are_identified():
    found = identify([[5, 0, 1], [0, 3, 0]])
    assert [(m.dimension, m.split) for m in found.members] == [(1, None), (3, None)]
    assert tuple(found.hodge) == (2, 102, 102, 204) and found.favourable is None
    assert identify([[3]]).hodge is None and identify([[4]]).hodge.h11 == 20


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[2, 0], [0, 6]], r"\[\[2\]\] is two points"),
        ([[1, 1, 0], [0, 0, 7]], r"\[\[1, 1\]\] is no solution"),
        ([[7]], "dimension 5"),
        ([[1]], "no solution"),
    ],
)
def test_what_is_no_manifold_is_refused(matrix, message):
    for function in (reduce, identify, hodge_numbers):
        with pytest.raises(ValueError, match=message):
            function(matrix)


def summary(matrices):
    """What the exact side says of matrices, as text."""
    return repr([(q.tolist(), hodge_numbers(q), reduce(q).matrix.tolist()) for q in matrices])


def test_threads_and_hash_seeds_agree(cicy4, tmp_path):
    rng = np.random.default_rng(11)
    shuffled = [rewritten(unpad(cicy4[0][i]), rng, 2)[0] for i in rng.integers(905_684, size=300)]
    expected = summary(shuffled)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(summary, [shuffled] * 8)) == {expected}
    (tmp_path / "matrices.json").write_text(json.dumps([q.tolist() for q in shuffled]))
    script = (
        "import json, numpy as np\n"
        "from test_reduction import summary\n"
        "print(summary([np.array(q) for q in json.load(open('matrices.json'))]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parent)}
    run = [sys.executable, "-c", script]
    found = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert found.stdout.strip() == expected, found.stderr
