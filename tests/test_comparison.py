import pytest

from cicy4 import comparison, load_splits


@pytest.fixture(autouse=True)
def small(small_splits, monkeypatch):
    splits = load_splits(small_splits)
    monkeypatch.setattr(comparison, "load_splits", splits.copy)


def test_a_comparison_is_a_line_of_a_table():
    changes = {"oversampling": 0, "batch_size": 256, "swapped": 0.5, "split": 0.5}
    line = comparison.compare(changes, samples=1, model="LSTM-8", matrices=2000)
    label, *numbers = line.strip("| ").split(" | ")
    assert label == "oversampling 0, batch_size 256, swapped 0.5, split 0.5"
    assert len(numbers) == 7 and all(float(number) >= 0 for number in numbers)


@pytest.mark.parametrize("field", ["epochs", "start", "start_share", "momentums"])
def test_what_a_comparison_cannot_change_is_refused(field):
    with pytest.raises(ValueError, match=r"can be changed is batch_size, .*peak_rate"):
        comparison.compare({field: 3})
