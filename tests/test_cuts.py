import numpy as np
import pytest

from cicy4.data.splits import split_indices
from cicy4.geometry.canonical_form import canonical
from cicy4.geometry.configuration import pad_all, row_counts, unpad
from cicy4.geometry.contraction import contract
from tools.studies import cuts
from tools.studies.cuts import CUTS


@pytest.fixture(scope="module")
def few(cicy4):
    """A few thousand members in a row, many of them relatives, cut in two at random."""
    matrices, hodge = (array[400_000:404_000] for array in cicy4[:2])
    places = np.random.default_rng(0).permutation(len(matrices))
    return matrices, hodge, {"train": places[1000:], "valid": places[:1000], "test": places[:0]}


@pytest.mark.parametrize("name", ["few_rows", "many_rows", "small_h31", "large_h31"])
def test_training_and_score_are_on_both_sides(cicy4, name):
    matrices, hodge, _ = cicy4
    chosen = split_indices()
    found = CUTS[name](matrices, hodge, chosen)
    value = row_counts(matrices) if name.endswith("rows") else hodge[:, 2]
    train, valid = value[found["train"]], value[found["valid"]]
    low, high = (train, valid) if name[:5] in ("few_r", "small") else (valid, train)
    assert low.max() < high.min()
    assert set(found["train"]) <= set(chosen["train"])
    assert set(found["valid"]) <= set(chosen["valid"])
    control = CUTS[f"{name}_control"](matrices, hodge, chosen)
    both = value[control["train"]]
    assert len(both) == len(train) and both.min() <= low.max() < both.max()
    assert np.array_equal(control["valid"], found["valid"])


def test_the_smallest_are_drawn_as_often_as_it_says(cicy4):
    matrices, hodge, _ = cicy4
    chosen = split_indices()
    rows, found = row_counts(matrices), CUTS["smallest_often"](matrices, hodge, chosen)
    times = np.bincount(found["train"], minlength=len(rows))
    train = np.isin(np.arange(len(rows)), chosen["train"])
    assert (times[train & (rows <= 3)] == 10).all() and (times[train & (rows > 3)] == 1).all()
    assert not times[~train].any()
    assert np.array_equal(found["valid"], chosen["valid"][rows[chosen["valid"]] <= 3])
    control = CUTS["smallest_often_control"](matrices, hodge, chosen)
    assert np.array_equal(control["train"], chosen["train"])


def contractions(q):
    """The canonical contractions of a matrix by its linear rows, as bytes."""
    rows = [row for row in range(len(q)) if q[row].max() == 1 and len(q) > 1]
    return {one.tobytes() for one in canonical(pad_all([contract(q, r) for r in rows]))}


def test_nothing_in_training_is_related_to_what_is_scored(few, monkeypatch):
    matrices, hodge, chosen = few
    monkeypatch.setattr(cuts, "SCORED", 50)
    found = CUTS["no_relatives"](matrices, hodge, chosen)
    assert np.array_equal(found["valid"], chosen["valid"][:50])
    parents = [contractions(unpad(q)) for q in matrices]
    own = [q.tobytes() for q in matrices]

    def related(a, b):
        return bool(parents[a] & parents[b]) or own[a] in parents[b] or own[b] in parents[a]

    far = set(found["train"].tolist())
    for a in chosen["train"].tolist():
        assert (a in far) == (not any(related(a, b) for b in found["valid"].tolist()))
    assert 0 < len(far) < len(chosen["train"])
