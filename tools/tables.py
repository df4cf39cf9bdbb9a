"""The tables in the texts of the repository, from the records."""

import re
from pathlib import Path

import numpy as np

from cicy4.files import ROOT, replacing
from cicy4.networks.architectures import ENSEMBLES, NETWORKS
from cicy4.networks.rounding import HODGE
from tools.published import BEST, CICYMINER, PUBLISHED, PUBLISHED_BEST
from tools.records import TRAINED, read_records, read_results
from tools.studies.results import STUDIED, at_scale, read_baselines, scores, table

HEAD = """\
| network | h11 | h21 | h31 | h22 | by relation | Euler | samples |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""
BEST_HEAD = """\
| test split, per cent right | h11 | h21 | h31 | h22 |
| --- | ---: | ---: | ---: | ---: |
"""
RUNS_HEAD = """\
| network | epochs | batch | rate | seed | samples | h22 without branch | ReLUs on |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""
DIFFERENCES_HEAD = """\
| from | to | samples | h11 | h21 | h31 | h22 |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
"""
ORDERS_HEAD = """\
| order | samples | weighted error | h11 | h21 | h31 | h22 | Euler | trees, AUC |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""
CONTROL_HEAD = """\
| CNN-LSTM-256 | seeds | h11 | h21 | h31 | h22 | Euler | h22 in training |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
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

    Networks and ensembles here come first, then what was published without a counterpart.
    """
    results = read_results(directory)
    names = [name for name in (*NETWORKS, *ENSEMBLES) if name in results or name in PUBLISHED]
    lines = [line(name, results.get(name), PUBLISHED.get(name)) for name in names]
    others = {**PUBLISHED_BEST, **CICYMINER}
    lines += [line(name, None, accuracies) for name, accuracies in others.items()]
    return HEAD + "".join(lines)


def best_table(directory=TRAINED) -> str:
    """The best that was published, and the best network and ensemble here, by h22, as Markdown."""
    results = read_results(directory)
    lines = [joined([BEST, *map("{:.2f}".format, PUBLISHED_BEST[BEST])])]
    for names in (NETWORKS, ENSEMBLES):
        there = [name for name in names if name in results]
        if there:
            best = max(there, key=lambda name: results[name]["test"]["accuracy"]["h22"])
            lines.append(joined([f"{best} here", *raw(results[best])]))
    return BEST_HEAD + "".join(lines)


def line(name, record, published) -> str:
    """One row of the table; what is not known is a dash.

    Args:
        name: of the network or ensemble.
        record: of it, or None.
        published: four accuracies in per cent, or None.
    """
    cells, others = ["-"] * 4, [""] * 3
    if record:
        cells, test = raw(record), record["test"]
        others[0] = f"{100 * test['accuracy_with_relation']['all']:.2f}"
        others[1] = f"{100 * test['accuracy_with_euler']['all']:.2f}"
        others[2] = millions(record) if "samples" in record else ""
    if published:
        theirs = [str(p) if isinstance(p, int) else f"{p:.2f}" for p in published]
        cells = [f"{cell} ({p})" for cell, p in zip(cells, theirs, strict=True)]
    return joined([name, *cells, *others])


def raw(record) -> list:
    """Raw test accuracies in per cent, as text."""
    return [f"{100 * record['test']['accuracy'][h]:.2f}" for h in HODGE]


def runs_table(directory=TRAINED) -> str:
    """How each network was trained, and what its branch is worth, as Markdown."""
    lines = []
    for name, record in read_records(directory).items():
        keys = [record["parameters"][key] for key in ("EPOCHS", "BATCH", "RATE", "SEED")]
        branch = ["", ""]
        if "branch" in record:
            branch[0] = f"{100 * record['branch']['accuracy_without']['h22']:.2f}"
            branch[1] = f"{100 * record['branch']['on']:.0f} %"
        lines.append(joined([name, *map(str, keys), millions(record), *branch]))
    return RUNS_HEAD + "".join(lines)


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


def orders_table() -> str:
    """What networks and boosted trees make of each order of rows and columns, as Markdown."""
    signs = read_baselines()["sign of h21"]
    trees = {name: f"{sign['AUC']:.2f}" for name, sign in signs.items()}
    lines = []
    for name, row in table(scores("orders")).iterrows():
        cells = [str(name), f"{row['samples'] / 1e6:.1f} M", f"{row['weighted']:.3f}"]
        cells[-1] += f" ± {row['±']:.3f}" if row["seeds"] > 1 else ""
        cells += [f"{row[h]:.1f}" for h in (*HODGE, "Euler")]
        lines.append(joined([*cells, trees.get(name, "")]))
    return ORDERS_HEAD + "".join(lines)


def control_table() -> str:
    """A network of the paper on the published input and on ours, as Markdown."""
    lines = []
    for name, row in at_scale().iterrows():
        shares = ["" if np.isnan(share) else f"{share:.2f}" for share in row.drop("seeds")]
        lines.append(joined([name, f"{row['seeds']:.0f}", *shares]))
    return CONTROL_HEAD + "".join(lines)


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


def update_all() -> str:
    """Write every table of the texts.

    Returns:
        that of the results.
    """
    for (path, mark), written in TABLES.items():
        update_table(path, mark, written())
    return results_table()


TABLES = {
    (ROOT / "README.md", "best"): best_table,
    (ROOT / "README.md", "results"): results_table,
    (TRAINED / "recipe.md", "runs"): runs_table,
    (TRAINED / "recipe.md", "differences"): differences_table,
    (STUDIED / "README.md", "orders"): orders_table,
    (STUDIED / "README.md", "control"): control_table,
}
