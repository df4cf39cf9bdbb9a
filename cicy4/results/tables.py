"""The tables of the README and of ``recipe.md``, from the records."""

import re
from pathlib import Path

from cicy4.files import replacing
from cicy4.networks.architectures import ARCHITECTURES
from cicy4.networks.rounding import HODGE
from cicy4.results.published import PUBLISHED, PUBLISHED_BEST, PUBLISHED_LARGER
from cicy4.results.records import LARGER, TRAINED, read_records, read_results

HEAD = """\
| network | h11 | h21 | h31 | h22 | by relation | Euler | samples | hours | branch |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""
DIFFERENCES_HEAD = """\
| from | to | samples | h11 | h21 | h31 | h22 |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
"""
PAIRS = [  # as like as the twelve allow, but for the cell, the width, or the branch
    ("CNN-GRU-416", "CNN-LSTM-416"),
    ("CNN-LSTM-256", "CNN-LSTM-416"),
    ("ResNet-GRU-256", "ResNet-GRU-400"),
    ("LSTM-424", "LSTM-448"),
    ("LSTM-400", "LSTM-455"),
    ("LSTM-400", "CNN-LSTM-416"),
    ("LSTM-424", "CNN-LSTM-400"),
    ("CNN-GRU-384", "ResNet-GRU-400"),
]


def results_table(directory=TRAINED) -> str:
    """Test accuracies in per cent as Markdown, raw ones beside the published ones.

    The rows with 72 % of the list for training come first, then those with 80 %.
    """
    results, larger = read_results(directory), read_results(Path(directory) / LARGER)
    lines = [line(name, results.get(name), row) for name, row in PUBLISHED.items()]
    lines.append(line("best published ensemble", None, PUBLISHED_BEST))
    for name in PUBLISHED:
        if name in larger or name in PUBLISHED_LARGER:
            published = PUBLISHED_LARGER.get(name)
            lines.append(line(f"{name}, 80 %", larger.get(name), published))
    return HEAD + "".join(lines)


def line(name, record, published) -> str:
    """One row of the table; what is not known is a dash.

    Args:
        name: of the network or ensemble.
        record: of it, or None.
        published: four accuracies in per cent, or None.
    """
    raw, others = ["–"] * 4, [""] * 5
    if record:
        test = record["test"]
        raw = [f"{100 * test['accuracy'][h]:.2f}" for h in HODGE]
        others[0] = f"{100 * test['accuracy_with_relation']['all']:.2f}"
        others[1] = f"{100 * test['accuracy_with_euler']['all']:.2f}"
        if name.split(",")[0] in ARCHITECTURES:
            others[2] = millions(record)
            others[3] = f"{record['seconds'] / 3600:.1f}"
        if "branch" in record:
            without = 100 * record["branch"]["accuracy_without"]["h22"]
            others[4] = f"{without:.2f}, {100 * record['branch']['on']:.0f} % on"
    if published:
        raw = [f"{value} ({p:.2f})" for value, p in zip(raw, published, strict=True)]
    return joined([name, *raw, *others])


def millions(record) -> str:
    """The samples that a network saw."""
    return f"{record['samples'] / 1e6:.1f} M"


def joined(cells) -> str:
    """A line of a table in Markdown."""
    return "| " + " | ".join(cells) + " |\n"


def differences_table(directory=TRAINED) -> str:
    """What another cell, width or branch changes in the raw test accuracies, as Markdown.

    In percentage points, for the pairs of networks that saw the same number of samples.
    """
    records, lines = read_records(directory), []
    for one, other in PAIRS:
        if {one, other} <= set(records) and records[one]["samples"] == records[other]["samples"]:
            before, after = (records[name]["test"]["accuracy"] for name in (one, other))
            gains = [f"{100 * (after[h] - before[h]):+z.2f}" for h in HODGE]
            lines.append(joined([one, other, millions(records[one]), *gains]))
    return DIFFERENCES_HEAD + "".join(lines)


def update_table(path, mark, table) -> None:
    """Replace what stands between ``<!-- mark -->`` and ``<!-- end of mark -->`` in a file.

    Raises:
        ValueError: the marks are not there.
    """
    marks = re.compile(f"(<!-- {mark} -->\n).*(<!-- end of {mark} -->)", re.DOTALL)
    text = Path(path).read_text()
    if not marks.search(text):
        raise ValueError(f"{path} has no marks for the table of {mark}")
    with replacing(path) as temporary:
        temporary.write_text(marks.sub(lambda found: found[1] + table + found[2], text))
