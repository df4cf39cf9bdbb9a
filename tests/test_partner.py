import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cicy4 import load_splits
from cicy4.inference import raw_predictions
from cicy4.partner import LARGEST_ERROR, targets_beside
from cicy4.training import Recipe, train


def of(elements):
    return arrays(float, (5, 4), elements=elements)


hodge = of(st.integers(0, 500))
error = of(st.floats(-1, 1))


@given(hodge, error, of(st.floats(-9, 9)))
def test_the_error_against_the_targets_is_twice_that_of_the_mean(hodge, error, other):
    partner, network = hodge + error * LARGEST_ERROR, hodge + other
    mean = (partner + network) / 2
    error = abs(network - targets_beside(partner, hodge))
    np.testing.assert_allclose(error, 2 * abs(mean - hodge), atol=1e-3)


@given(hodge, error)
def test_a_partner_that_is_far_off_asks_for_no_more_than_the_largest_error(hodge, error):
    targets = targets_beside(hodge + 100 * error, hodge)
    assert (abs(targets - hodge) <= np.array(LARGEST_ERROR) + 1e-3).all()
    assert ((targets - hodge) * error <= 0).all()


@given(hodge)
def test_a_perfect_partner_leaves_the_truth(hodge):
    assert targets_beside(hodge, hodge) == pytest.approx(hodge)


def test_a_network_learns_its_targets(small_splits, tmp_path):
    splits = load_splits(small_splits)
    matrices, hodge = splits["train"]
    splits["targets"] = hodge + 3.0
    model, _ = train("LSTM-8", splits, Recipe(20, batch_size=50), tmp_path)
    error = raw_predictions(model, matrices) - hodge
    assert np.median(error, axis=0)[:2] == pytest.approx(3, abs=0.5)
