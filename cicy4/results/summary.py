"""What a training came to, in words; the training notebooks hold the text of these functions."""

import platform
from pathlib import Path


def cpu_name():
    """The model of this machine's CPU, as far as the system says."""
    info = Path("/proc/cpuinfo")
    names = [x for x in info.read_text().splitlines() if "model name" in x] if info.exists() else []
    return names[0].partition(": ")[2] if names else platform.machine()


def progress(epoch):
    """The line that is printed after an epoch, given its row of the history."""
    error, in_validation = epoch["hodge_loss"], epoch["val_hodge_loss"]
    return f"{int(epoch['epoch']) + 1}: {error:.4f}, in validation {in_validation:.4f}"


def summary(record, history):
    """Sentences about a finished training, written from its numbers.

    Args:
        record: as in ``NAME.json``, with or without the test and training splits.
        history: as in ``NAME.csv``, a line an epoch.
    """
    known = [split for split in ("test", "validation", "training") if split in record]
    right = {split: record[split]["accuracy"] for split in known}
    shares = [f"{a['h31']:.2%} and {a['h22']:.2%} of the {s} split" for s, a in right.items()]
    valid, end = history["val_hodge_loss"], history.iloc[-1]
    return f"""{record["samples"]:,} samples in {record["seconds"] / 3600:.2f} hours
The curves: the weighted error ends at {end["hodge_loss"]:.3f} in training and at \
{end["val_hodge_loss"]:.3f} in validation, where it was {valid.iloc[len(valid) // 2]:.3f} half-way.
The table: rounded alone, h31 and h22 are right for {", ".join(shares)}. With the Euler number all \
four are right for {record[known[0]]["accuracy_with_euler"]["all"]:.2%} of the {known[0]} split."""
