"""Every figure, from files in ``data/`` and ``Results_p2_Trained_models/``."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from cicy4.dataset import load_cicy4
from cicy4.files import replacing
from cicy4.inference import HODGE, TRAINED
from cicy4.records import PUBLISHED, read_records
from cicy4.training import read_history

FIGURES = TRAINED.parent / "Results_p1_Figures"

# Okabe and Ito's palette, told apart by colour-blind readers too.
COLOURS = dict(zip(HODGE, ("#0072B2", "#D55E00", "#009E73", "#CC79A7"), strict=True))
STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "font.size": 10,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 150,
}


def draw_all(directory=FIGURES) -> list[Path]:
    """Draw every figure as PNG.

    Returns:
        the paths written.
    """
    paths = []
    for name, draw in (
        ("hodge_numbers_of_the_list", hodge_distributions),
        ("training_curves", training_curves),
    ):
        with plt.rc_context(STYLE):
            figure = draw()
            with replacing(Path(directory) / f"{name}.png") as path:
                figure.savefig(path, metadata={"Software": None})
            plt.close(figure)
        paths.append(Path(directory) / f"{name}.png")
    return paths


def hodge_distributions():
    """How often each Hodge number occurs among the irreducible fourfolds."""
    _, hodge, _ = load_cicy4()
    figure, axes = plt.subplots(1, 4, figsize=(11, 2.7), sharey=True)
    for i, (axis, name) in enumerate(zip(axes, HODGE, strict=True)):
        values, counts = np.unique(hodge[:, i], return_counts=True)
        axis.scatter(values, counts, s=8 if i < 2 else 3, color=COLOURS[name])
        axis.set(xlabel=name, yscale="log")
    axes[0].set_ylabel("manifolds")
    figure.suptitle(f"{len(hodge):,} irreducible CICY fourfolds")
    return figure


def training_curves():
    """Validation accuracy of every trained model by training samples seen."""
    records = read_records()
    rows = max(1, len(records))
    figure, axes = plt.subplots(rows, 1, figsize=(7, 3.2 * rows), squeeze=False)
    for axis, (name, record) in zip(axes[:, 0], records.items(), strict=True):
        history = read_history(TRAINED / f"{name}.csv")
        samples = record["samples"] / len(history) / 1e6
        x = [samples * row["epoch"] for row in history]
        for hodge, published in zip(HODGE, PUBLISHED[name], strict=True):
            accuracy = [100 * row[f"val_{hodge}"] for row in history]
            axis.plot(x, accuracy, color=COLOURS[hodge], label=hodge)
            axis.axhline(published, color=COLOURS[hodge], linestyle=":", linewidth=1)
        axis.set(title=name, ylabel="validation accuracy (%)", ylim=(0, 101))
        axis.legend(ncols=4, loc="lower right", fontsize=8)
    axes[-1, 0].set_xlabel("million training samples seen (dotted: published, about 200 million)")
    return figure
