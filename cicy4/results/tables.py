"""The table of the README, from the records."""

import re
from pathlib import Path

from cicy4.files import replacing
from cicy4.networks.architectures import ARCHITECTURES
from cicy4.networks.rounding import HODGE
from cicy4.results.published import PUBLISHED, PUBLISHED_BEST, PUBLISHED_LARGER
from cicy4.results.records import LARGER, TRAINED, read_results

MARKED = re.compile(r"(<!-- results -->\n).*(<!-- end of results -->)", re.DOTALL)
HEAD = """\
| network | h11 | h21 | h31 | h22 | by relation | Euler | samples | hours |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def results_table(directory=TRAINED, published=PUBLISHED) -> str:
    """Test accuracies in per cent as Markdown, raw ones beside the published ones.

    A star marks networks that no command makes again.
    """
    results = read_results(directory)
    return HEAD + "".join(_line(name, results.get(name), row) for name, row in published.items())


def _line(name, record, published):
    if record is None:
        missing = [f"– ({p:.2f})" for p in published]
        return f"| {name} | " + " | ".join(missing) + " | | | | |\n"
    test = record["test"]
    cells = [
        f"{100 * test['accuracy'][h]:.2f} ({p:.2f})" for h, p in zip(HODGE, published, strict=True)
    ]
    cells += [
        f"{100 * test[way]['all']:.2f}" for way in ("accuracy_with_relation", "accuracy_with_euler")
    ]
    if name in ARCHITECTURES:
        cells += [f"{record['samples'] / 1e6:.1f} M", f"{record['seconds'] / 3600:.1f}"]
        name += "" if record.get("repeatable", True) else " *"
    else:
        cells += ["", ""]
    return f"| {name} | " + " | ".join(cells) + " |\n"


def all_tables(directory=TRAINED) -> str:
    """:func:`results_table` with 72 % of the list for training, and with 80 %."""
    best = " | ".join(f"– ({p:.2f})" for p in PUBLISHED_BEST)
    best = f"| best published ensemble | {best} | | | | |\n"
    larger = results_table(Path(directory) / LARGER, PUBLISHED_LARGER)
    between = "\nWith 80 % of the list for training, and 108,682 manifolds left to test:\n\n"
    return results_table(directory) + best + between + larger


def update_readme(path, directory=TRAINED) -> None:
    """Replace the tables between the two comments that mark them in the README.

    Raises:
        ValueError: the marks are not there.
    """
    text = Path(path).read_text()
    if not MARKED.search(text):
        raise ValueError(f"{path} has no marks for the tables of results")
    tables = all_tables(directory)
    with replacing(path) as temporary:
        temporary.write_text(MARKED.sub(lambda found: found[1] + tables + found[2], text))
