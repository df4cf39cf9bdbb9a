import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from cicy4 import training
from cicy4.configuration import canonical, pad
from cicy4.dataset import load_splits
from cicy4.models import build_model
from cicy4.reading import reading_order
from cicy4.training import (
    LOSS_WEIGHTS,
    PARTS,
    Epochs,
    HodgeAccuracy,
    Recipe,
    draw_weights,
    load_arrays,
    read_history,
    steps_per_epoch,
    swap_neighbours,
    train,
    weighted_absolute_error,
)

ROOT = Path(__file__).resolve().parent.parent
RUN = """
import sys
from cicy4.dataset import load_splits
from cicy4.training import Recipe, train
recipe = Recipe(epochs=int(sys.argv[3]), batch_size=50)
train("LSTM-8", load_splits(sys.argv[1]), recipe, sys.argv[2], on_cpu=True)
"""
EPOCHS = 12


def start(splits, directory):
    command = [sys.executable, "-c", RUN, str(splits), str(directory), str(EPOCHS)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_a_killed_training_resumes_where_it_was(small_splits, tmp_path):
    whole = start(small_splits, tmp_path / "whole")
    killed = start(small_splits, tmp_path / "killed")
    while not (tmp_path / "killed" / "state.npz").exists():
        assert killed.poll() is None, killed.stderr.read()
        time.sleep(0.005)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    done = len(read_history(tmp_path / "killed" / "history.csv"))
    assert 1 <= done < EPOCHS
    assert start(small_splits, tmp_path / "killed").wait() == 0
    assert whole.wait() == 0

    histories = [read_history(tmp_path / run / "history.csv") for run in ("whole", "killed")]
    assert [row["epoch"] for row in histories[1]] == list(range(1, EPOCHS + 1))
    for a, b in zip(*histories, strict=True):
        assert a["val_loss"] == pytest.approx(b["val_loss"], rel=1e-3)
    final = [load_arrays(tmp_path / run / "state.npz", "weights") for run in ("whole", "killed")]
    for a, b in zip(*final, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-3)


def test_a_run_with_another_recipe_is_not_gone_on_with(small_splits, tmp_path):
    splits = load_splits(small_splits)
    train("LSTM-8", splits, Recipe(1), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=f"{tmp_path} holds a run with another recipe"):
        train("LSTM-8", splits, Recipe(2), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_half_of_the_first_weights_can_be_kept(small_splits, tmp_path):
    splits, first = load_splits(small_splits), build_model("LSTM-8").get_weights()
    kept = {}
    for share in (0, 0.5, 1):  # the first call trains, the others find its checkpoints
        recipe = Recipe(1, start_share=share)
        kept[share] = train("LSTM-8", splits, recipe, tmp_path, start=first)[0].get_weights()
        (tmp_path / "recipe.json").unlink()
    for start, trained, half, all_of_it in zip(first, *kept.values(), strict=True):
        np.testing.assert_array_equal(all_of_it, start)
        np.testing.assert_allclose(half, (start + trained) / 2, atol=1e-6)
    assert not np.array_equal(trained, start)


def test_matrices_with_few_rows_can_be_drawn_more_often():
    matrices = np.stack([pad(q) for q in ([[6]], [[2, 1], [1, 2], [0, 3]], [[2]] * 5)])
    plain, more = (draw_weights(matrices, Recipe(1, few_rows=power)) for power in (0, 2))
    np.testing.assert_allclose(plain / more, [1, 9, 25])
    assert plain[0] == 1  # a single equation leaves no pieces


def test_epochs_draw_by_weight_and_seed():
    X = np.arange(6000)[:, None, None]
    weights = np.where(np.arange(6000) < 1000, 3.0, 1.0)
    recipe = Recipe(1, batch_size=50)
    batches = Epochs(X, X, weights, recipe)
    drawn = []
    for epoch in range(20 * PARTS):
        batches.draw(epoch)
        drawn.append(np.concatenate([batches[i][1] for i in range(len(batches))]).ravel())
        assert len(drawn[-1]) == 6000 // PARTS
    count = np.bincount(np.concatenate(drawn).astype(int), minlength=6000)
    assert 2.8 < count[:1000].mean() / count[1000:].mean() < 3.2 and count.all()
    assert not np.array_equal(drawn[0], drawn[1])
    batches.draw(3)
    assert np.array_equal(batches[0][1].ravel(), drawn[3][:50])


@pytest.mark.parametrize("axis", [1, 2])
def test_swapped_matrices_describe_the_same_manifolds(axis, cicy4):
    matrices = reading_order(np.concatenate([pad([[6]])[None], cicy4[0][::2000]]))
    swapped = swap_neighbours(matrices, axis, np.random.default_rng(1))
    np.testing.assert_array_equal(canonical(swapped), canonical(matrices))
    np.testing.assert_array_equal(swapped.any(axis=2), matrices.any(axis=2))  # zero rows first
    moved = (swapped != matrices).any(axis=3 - axis).sum(axis=1)
    assert set(moved) <= {0, 2} and (moved == 2).mean() > 0.5


def first_batch(X, epoch, **changes):
    batches = Epochs(X, X, np.ones(len(X)), Recipe(4, batch_size=1000, **changes))
    batches.draw(epoch)
    return batches[0][0]


def test_a_share_of_the_samples_is_swapped(cicy4):
    X = reading_order(cicy4[0][::100])
    plain, swapped, again = (first_batch(X, 0, swapped=share) for share in (0, 0.25, 0.25))
    assert 0.2 < (plain != swapped).any(axis=(1, 2)).mean() < 0.28
    np.testing.assert_array_equal(swapped, again)


def test_two_swaps_go_further_than_one(cicy4):
    X = reading_order(cicy4[0][::100])
    plain, once, twice = (
        first_batch(X, 0, swapped=share, swaps=n) for share, n in ((0, 1), (1, 1), (1, 2))
    )
    places = [(plain != swapped).any(axis=2).sum(axis=1).mean() for swapped in (once, twice)]
    assert places[1] > 1.1 * places[0]


def test_a_share_of_the_samples_is_split(cicy4):
    members, splittings = np.split(reading_order(cicy4[0][:8000]), 2)
    weights = np.ones(len(members))
    batches = Epochs(
        members, members, weights, Recipe(4, batch_size=1000, split=0.3), (splittings, splittings)
    )
    of_splittings = {q.astype("float32").tobytes() for q in splittings}
    for epoch, share in enumerate((0.3, 0.3, 0.3, 0)):
        batches.draw(epoch)
        X, y = batches[0]
        np.testing.assert_array_equal(X, y)
        found = np.mean([q.tobytes() in of_splittings for q in X])
        assert found == pytest.approx(share, abs=0.05 if share else 0)


@pytest.mark.parametrize(("plain_end", "swapping"), [(0, 4), (0.25, 3), (1, 0)])
def test_nothing_is_swapped_in_the_last_epochs(plain_end, swapping, cicy4):
    X = reading_order(cicy4[0][::100])
    for epoch in range(4):
        swapped = first_batch(X, epoch, swapped=1, plain_end=plain_end)
        assert np.array_equal(first_batch(X, epoch), swapped) == (epoch >= swapping)


def test_a_run_swaps_until_its_last_epochs(small_splits, tmp_path, monkeypatch):
    numbers = []

    def count(matrices, axis, rng):
        numbers.append(len(matrices))
        return matrices

    monkeypatch.setattr(training, "swap_neighbours", count)
    splits = load_splits(small_splits)
    train("LSTM-8", splits, Recipe(4, batch_size=50, swapped=1.0), tmp_path)
    last = 2 * steps_per_epoch(len(splits["train"][0]), 50)  # rows and columns
    assert all(numbers[:-last]) and not any(numbers[-last:])


def test_loss_and_metric_by_hand():
    true = np.array([[1, 0, 20, 204], [2, 1, 30, 240]], "float32")
    predicted = true + np.array([[0.4, -2, 1, 4], [-0.6, 0, 0, 0]], "float32")
    loss = keras.ops.convert_to_numpy(weighted_absolute_error(true, predicted))
    assert LOSS_WEIGHTS == (4.0, 4.0, 1.0, 0.25)
    np.testing.assert_allclose(loss, [(1.6 + 8 + 1 + 1) / 4, 2.4 / 4], rtol=1e-4)
    metric = HodgeAccuracy(0, "h11")
    metric.update_state(true, predicted)
    assert float(metric.result()) == 0.5
