from dataclasses import replace

import numpy as np
import pytest

from cicy4 import load_splits, queue, splitting
from cicy4.__main__ import main
from cicy4.inference import LARGER, load_models, raw_predictions
from cicy4.models import ARCHITECTURES, build_model, model_input
from cicy4.partner import LARGEST_ERROR
from cicy4.queue import ORDER, first_weights, recipe_for, status_table, train_and_record
from cicy4.skipping import SkipLeadingZeros
from cicy4.training import Recipe, read_history


@pytest.fixture
def small_queue(small_splits, tmp_path, monkeypatch):
    """A folder for trained models, with the twelve made narrow and quick to compile."""
    monkeypatch.setattr(SkipLeadingZeros, "BLOCK", 256)
    for name, published in ARCHITECTURES.items():
        narrow = replace(published, width=published.width // 40)
        monkeypatch.setitem(ARCHITECTURES, name, narrow)
    splits = load_splits(small_splits)
    monkeypatch.setattr(queue, "load_splits", lambda: splits)
    monkeypatch.setattr(queue, "CHECKPOINTS", tmp_path / "checkpoints")
    return tmp_path


def status_of(name, folder):
    lines = dict(line.split(maxsplit=1) for line in status_table(folder).splitlines())
    assert list(lines) == ORDER and sorted(ORDER) == sorted(ARCHITECTURES)
    return lines[name]


def test_a_run_and_a_network_grown_from_it(small_queue):
    assert status_of("LSTM-400", small_queue) == "not yet"
    first = train_and_record("LSTM-400", 1, directory=small_queue)
    assert status_of("LSTM-400", small_queue).startswith("trained on 0.00 million")
    assert not (small_queue / "checkpoints" / "LSTM-400").exists()
    assert train_and_record("LSTM-400", 1, directory=small_queue) == first

    grown = train_and_record("LSTM-455", 1, start="LSTM-400", directory=small_queue, oversampling=0)
    assert grown["recipe"]["oversampling"] == 0
    assert grown["inherited_samples"] == first["samples"] > 0
    assert grown["recipe"]["start"] == "LSTM-400"
    assert [model.name for model in load_models(["LSTM-455"], small_queue)] == ["LSTM-455"]
    histories = [read_history(small_queue / f"{name}.csv") for name in ("LSTM-400", "LSTM-455")]
    assert histories[1][0] == histories[0][0] and len(histories[1]) == 2
    assert [row["samples"] for row in histories[1]] == [first["samples"], 2 * first["samples"]]


def test_a_run_with_splittings(small_queue, monkeypatch):
    calls = []

    def no_splittings(matrices, hodge, seed, progress):
        calls.append((len(matrices), seed))
        return matrices[:100], hodge[:100]

    monkeypatch.setattr(splitting, "ineffective_splittings", no_splittings)
    record = train_and_record("LSTM-400", 1, directory=small_queue, split=0.5, seed=7)
    assert record["recipe"]["split"] == 0.5 and calls == [(3000, 7)]
    train_and_record("LSTM-400", 1, directory=small_queue, seed=7)
    assert len(calls) == 1


def test_a_run_beside_a_partner(small_queue, monkeypatch):
    train_and_record("LSTM-400", 1, directory=small_queue)
    seen = []
    monkeypatch.setattr(queue, "train", lambda name, splits, *_: seen.append(splits) or 1 / 0)
    for _ in range(2):  # the second time with what the first has left
        with pytest.raises(ZeroDivisionError):
            train_and_record("LSTM-448", 1, directory=small_queue, partner="LSTM-400")
    matrices, hodge = seen[0]["train"]
    (partner,) = load_models(["LSTM-400"], small_queue)
    outputs = raw_predictions(partner, matrices)
    helped = abs(hodge - outputs) < LARGEST_ERROR
    assert helped.any()
    for splits in seen:
        mean = (splits["targets"] + outputs) / 2
        np.testing.assert_allclose(mean[helped], hodge[helped], rtol=1e-4)


def in_scale(hodge):
    return build_model("CNN-LSTM-8", hodge.mean(axis=0), hodge.std(axis=0))


def test_a_network_goes_on_from_itself_as_it_is(cicy4):
    matrices, hodge, _ = cicy4
    start = in_scale(hodge[::500])
    for variable in start.get_layer("cnn").weights:
        variable.assign(-1.0 + 0 * variable)  # a dead branch, which another network would not take
    kept = first_weights(start.name, start, Recipe(1), {"train": (None, hodge[::500])})
    for new, old in zip(kept, start.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    larger = in_scale(hodge[::3])
    larger.set_weights(first_weights(start.name, start, Recipe(1), {"train": (None, hodge[::3])}))
    x = model_input(start.name, matrices[::50_000])
    outputs = (model.predict(x, verbose=0) for model in (larger, start))
    np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-3)


def test_a_share_needs_a_start():
    with pytest.raises(ValueError, match="share of the start"):
        recipe_for(1, start_share=0.5)


@pytest.mark.parametrize("name", ["start_share", "swapped", "split", "plain_end"])
def test_a_share_is_at_most_everything(name):
    with pytest.raises(ValueError, match=f"{name} is between 0 and 1, not 1.5"):
        recipe_for(1, "LSTM-400", **{name: 1.5})


def test_a_swapped_sample_has_a_swap():
    with pytest.raises(ValueError, match="swaps is at least 1, not 0"):
        recipe_for(1, swapped=0.5, swaps=0)


def test_a_narrow_network_is_a_step_and_no_result(small_queue):
    narrow = train_and_record("LSTM-8", 1, directory=small_queue)
    assert (small_queue / "checkpoints" / "LSTM-8.keras").exists()
    assert not (small_queue / "LSTM-8.keras").exists()
    wide = train_and_record("LSTM-400", 1, "LSTM-8", peak_rate=0.01, directory=small_queue)
    assert wide["inherited_samples"] == narrow["samples"]
    assert wide["recipe"]["peak_rate"] == 0.01


def test_a_run_on_80_percent_is_kept_apart(small_queue):
    first = train_and_record("LSTM-400", 1, directory=small_queue)
    more = train_and_record("LSTM-400", 1, "LSTM-400", directory=small_queue, larger=True)
    # 3,000 for training and 40 % of 500; an epoch is a quarter, in batches of 512.
    assert more["inherited_samples"] == first["samples"] == 512
    assert [model.name for model in load_models(["LSTM-400"], small_queue / LARGER)] == ["LSTM-400"]
    assert train_and_record("LSTM-400", 1, directory=small_queue) == first
    again = train_and_record("LSTM-400", 1, "LSTM-400", directory=small_queue, larger=True)
    assert again == more != first
    assert "LSTM-400        with 80 %: trained on 0.00 million" in status_table(small_queue)


def test_all_are_brought_to_as_many_samples(small_queue, monkeypatch):
    seen = {"LSTM-448": 300, "CNN-GRU-384": 50}
    records = {name: {"samples": n - 10, "inherited_samples": 10} for name, n in seen.items()}
    monkeypatch.setattr(queue, "read_records", lambda directory: records)
    monkeypatch.setattr(queue, "train_and_record", lambda *run, seed: (*run[:3], seed))
    runs = list(queue.train_all(300, directory=small_queue, seed=7))
    assert [name for name, *_ in runs] == [name for name in ORDER if name != "LSTM-448"]
    assert ("CNN-GRU-384", 250, "CNN-GRU-384", 7) in runs and ("LSTM-400", 300, None, 7) in runs


def test_status_tells_how_far_a_run_is(small_queue, monkeypatch):
    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(queue, "save_run", killed)
    with pytest.raises(KeyboardInterrupt):
        train_and_record("LSTM-424", 1, directory=small_queue)
    assert status_of("LSTM-424", small_queue).startswith("epoch   1 of   1, validation loss")


def test_unknown_names_and_missing_parents_are_refused(small_queue):
    with pytest.raises(ValueError, match="no architecture 'LSTM-0'"):
        train_and_record("LSTM-0", 1, directory=small_queue)
    with pytest.raises(FileNotFoundError, match=r"LSTM-448\.keras"):
        train_and_record("LSTM-400", 1, start="LSTM-448", directory=small_queue)
    assert np.all([not path.suffix for path in small_queue.iterdir()])


@pytest.mark.parametrize(
    "option",
    [
        ["--start", "LSTM-400"],
        ["--start-share", "0.5"],
        ["--partner", "LSTM-400"],
        ["--larger"],
        ["LSTM-400"],
    ],
)
def test_what_concerns_one_network_is_refused_for_all(option, monkeypatch, capsys):
    monkeypatch.setattr(queue, "train_all", lambda *args, **changes: pytest.fail("trained"))
    assert main(["train", "--all", *option]) == 1
    assert "use --all without --start, --start-share" in capsys.readouterr().err
