"""The table of the README, from the records."""

import re
from pathlib import Path

from cicy4.files import replacing
from cicy4.networks.architectures import ARCHITECTURES
from cicy4.networks.rounding import HODGE
from cicy4.results.published import PUBLISHED, PUBLISHED_BEST, PUBLISHED_LARGER
from cicy4.results.records import LARGER, TRAINED, made_by_notebook, read_results

MARKED = re.compile(r"(<!-- results -->\n).*(<!-- end of results -->)", re.DOTALL)
HEAD = """\
| network | h11 | h21 | h31 | h22 | by relation | Euler | samples | hours | branch |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def results_table(directory=TRAINED) -> str:
    """Test accuracies in per cent as Markdown, raw ones beside the published ones.

    The rows with 72 % of the list for training come first, then those with 80 %.  A star marks
    networks that no command makes again.
    """
    results, larger = read_results(directory), read_results(Path(directory) / LARGER)
    lines = [line(name, results.get(name), row) for name, row in PUBLISHED.items()]
    lines.append(line("best published ensemble", None, PUBLISHED_BEST))
    for name, row in PUBLISHED_LARGER.items():
        lines.append(line(f"{name}, 80 %", larger.get(name), row))
    return HEAD + "\n".join(lines) + "\n"


def line(name, record, published) -> str:
    """One row of the table; what is not known is a dash."""
    raw, others = ["–"] * 4, [""] * 5
    if record:
        test = record["test"]
        raw = [f"{100 * test['accuracy'][h]:.2f}" for h in HODGE]
        others[0] = f"{100 * test['accuracy_with_relation']['all']:.2f}"
        others[1] = f"{100 * test['accuracy_with_euler']['all']:.2f}"
        if name.split(",")[0] in ARCHITECTURES:
            others[2] = f"{record['samples'] / 1e6:.1f} M"
            repeatable = made_by_notebook(record)
            others[3] = f"{record['seconds'] / 3600:.1f}" if repeatable else "–"
            name += "" if repeatable else " *"
        if "branch" in record:
            without = 100 * record["branch"]["accuracy_without"]["h22"]
            others[4] = f"{without:.2f}, {100 * record['branch']['on']:.0f} % on"
    cells = [f"{value} ({p:.2f})" for value, p in zip(raw, published, strict=True)]
    return "| " + " | ".join([name, *cells, *others]) + " |"


def update_readme(path, directory=TRAINED) -> None:
    """Replace the table between the two comments that mark it in the README.

    Raises:
        ValueError: the marks are not there.
    """
    text = Path(path).read_text()
    if not MARKED.search(text):
        raise ValueError(f"{path} has no marks for the table of results")
    table = results_table(directory)
    with replacing(path) as temporary:
        temporary.write_text(MARKED.sub(lambda found: found[1] + table + found[2], text))
