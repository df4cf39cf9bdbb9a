import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from cicy4 import canonical, euler_number, hodge_numbers, hodge_numbers_batch
from cicy4.__main__ import _compilation_said
from cicy4.files import ROOT
from cicy4.geometry.configuration import pad, unpad
from cicy4.geometry.euler import euler_number_batch
from cicy4.geometry.hodge import euler_from_hodge, hodge_diamond


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[4]], (20,)),
        ([[5]], (1, 101)),
        ([[3, 3]], (1, 73)),
        ([[2, 2, 2, 2]], (1, 65)),
        ([[3], [3]], (2, 83)),  # bicubic
        ([[2], [2], [2], [2]], (4, 68)),  # tetraquadric
        ([[1, 1], [3, 0], [0, 3]], (19, 19)),  # Schoen
        ([[1, 1, 1], [2, 1, 0], [0, 0, 3]], (9, 27)),
        ([[6]], (1, 0, 426, 1752)),
        ([[3, 0], [0, 5]], (2, 102, 102, 204)),  # torus x quintic
        ([[4, 0], [0, 4]], (40, 0, 40, 404)),  # K3 x K3
    ],
)
def test_known_manifolds(matrix, expected):
    assert tuple(hodge_numbers(matrix)) == expected


def test_products_follow_kuenneth():
    # T^4 x K3: h11 = 4 + 20, and b_3 = 4 * 22 + 4 + 4 fixes the rest.
    diamond = hodge_diamond([[3, 0, 0], [0, 3, 0], [0, 0, 4]])
    betti = [int(np.trace(diamond[:, ::-1], offset=4 - k)) for k in range(9)]
    torus, k3 = [1, 4, 6, 4, 1], [1, 0, 22, 0, 1]
    assert betti == np.convolve(torus, k3).tolist()


@pytest.fixture(scope="module")
def some_fourfolds(cicy4):
    matrices, hodge, _ = cicy4
    chosen = np.random.default_rng(1).permutation(len(matrices))[:2000]
    return matrices[chosen], hodge[chosen].astype(int)


def test_euler_number_by_two_routes(some_fourfolds):
    matrices, _ = some_fourfolds
    hodge = hodge_numbers_batch(matrices)
    assert (euler_number_batch(matrices) == euler_from_hodge(hodge)).all()


@pytest.mark.parametrize(
    "matrix", [[[3, 0, 0], [0, 3, 0], [0, 0, 4]], [[4, 0], [0, 4]], [[5]], [[4]], [[3]]]
)
def test_euler_number_is_the_alternating_sum_of_the_diamond(matrix):
    diamond = hodge_diamond(matrix)
    signs = (-1) ** np.add.outer(range(len(diamond)), range(len(diamond)))
    assert euler_number(matrix) == (signs * diamond).sum()


@given(st.integers(0, 1999), st.integers(0, 2**32))
def test_hodge_numbers_do_not_depend_on_the_order(some_fourfolds, i, seed):
    q, expected = unpad(some_fourfolds[0][i]), some_fourfolds[1][i]
    rng = np.random.default_rng(seed)
    q = q[rng.permutation(len(q))][:, rng.permutation(q.shape[1])]
    assert tuple(hodge_numbers(q)) == tuple(expected)
    assert np.array_equal(canonical(q), unpad(some_fourfolds[0][i]))
    assert euler_number(q) == euler_from_hodge(expected)


def test_identities_leave_hodge_numbers_unchanged():
    """P^1[2] x ... rewritten: a quadric in P^3 is P^1 x P^1, and P^1[1] is a point."""
    assert hodge_numbers([[2, 2], [0, 3]]) == hodge_numbers([[2], [2], [3]])
    assert hodge_numbers([[5, 1]]) == hodge_numbers([[5]])


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[3]], "dimension 1"),
        ([[7]], "dimension 5"),
        ([[2, 0], [0, 6]], "two points"),
        ([[1, -1]], "entry"),
    ],
)
def test_what_has_no_hodge_numbers_is_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        hodge_numbers(matrix)


def test_batch_names_the_matrix_that_is_no_connected_fourfold():
    with pytest.raises(ValueError, match="matrix 1 "):
        hodge_numbers_batch(np.array([pad([[6]]), pad([[5]])]))
    with pytest.raises(ValueError, match="matrix 2 "):
        hodge_numbers_batch(np.array([pad([[6]]), pad([[6]]), pad([[4, 0], [0, 4]])]))
    with pytest.raises(ValueError, match=r"matrix 1 .* dimension 4"):
        euler_number_batch(np.array([pad([[6]]), pad([[5]])]))


def test_a_command_says_once_that_it_compiles(capsys):
    with _compilation_said():
        for summand in (1, 2):
            assert njit(lambda n, summand=summand: n + summand)(1) == 1 + summand
    assert capsys.readouterr().err == "compiling once, some seconds ...\n"


def test_what_was_compiled_is_found_in_the_cache_by_the_next_command():
    assert hodge_numbers([[6]]) == (1, 0, 426, 1752) and euler_number([[6]]) == 2610
    words = [sys.executable, "-m", "cicy4", "hodge", "[[6]]"]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    assert ran.stdout.endswith("(h11=1, h21=0, h31=426, h22=1752)\nEuler number 2610\n")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_pool_of_forked_processes_can_use_the_solver_after_it_was_used():
    """It hung while Numba's own threads shared the work."""
    code = """
import multiprocessing, sys
from cicy4 import load_cicy4
from cicy4.geometry.euler import euler_number_batch
matrices = load_cicy4()[0][:4096]
first = euler_number_batch(matrices)
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert (pool.map_async(euler_number_batch, [matrices]).get(60)[0] == first).all()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
