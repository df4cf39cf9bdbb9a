"""Drawings of what records, predictions and the list say, for :mod:`tools.figures`."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cicy4.data.connectivity import connectivity_places
from cicy4.geometry.configuration import column_counts, row_counts, unpad
from cicy4.geometry.hodge import euler_from_hodge
from cicy4.networks.architectures import NETWORKS
from cicy4.networks.rounding import HODGE
from tools.plots import LABELS

# Okabe and Ito's palette, told apart by colour-blind readers too.
COLOURS = {"h11": "#0072B2", "h21": "#D55E00", "h31": "#009E73", "h22": "#CC79A7"}


def draw_overview(matrices, hodge):
    """h31 against h11, the Euler numbers, and the sizes of the matrices of a list."""
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.2))
    pairs = np.histogram2d(*hodge[:, [0, 2]].T, (np.arange(0.5, 25), np.arange(18, 430, 6)))
    _shade(figure, axes[0], *pairs, LABELS["h11"], LABELS["h31"])
    euler = euler_from_hodge(hodge.astype(int))
    axes[1].hist(euler, bins=np.arange(288, 2620, 24), color=COLOURS["h11"], log=True)
    axes[1].set(xlabel="Euler number", ylabel="manifolds")
    rows, columns = row_counts(matrices), column_counts(matrices)
    sizes = np.histogram2d(columns, rows, (np.arange(0.5, 21), np.arange(0.5, 17)))
    _shade(figure, axes[2], *sizes, "columns", "rows")
    return figure


def _shade(figure, axis, counts, x, y, xlabel, ylabel):
    shade = axis.pcolormesh(x, y, np.where(counts, counts, np.nan).T, cmap="Blues", norm="log")
    shade.set_rasterized(True)
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.grid(False)
    figure.colorbar(shade, ax=axis, label="manifolds")


def draw_order(matrices, hodge):
    """Matrices in canonical order, and below them ordered by connectivity, by pieces.

    Args:
        matrices, hodge: a few, ``(N, 16, 20)`` and ``(N, 4)``.
    """
    shape = {"figsize": (3 * len(matrices), 5.4), "squeeze": False}
    figure, axes = plt.subplots(2, len(matrices), **shape)
    for line, h, padded in zip(axes.T, hodge, matrices, strict=True):
        q = unpad(padded)
        rows, columns, piece = connectivity_places(q)
        _draw_pieces(line[0], q, piece)
        _draw_pieces(line[1], q[rows][:, columns], piece[columns])
        line[0].set_title("$h$ = " + ", ".join(map(str, h)), fontsize=9)
    axes[0, 0].set_ylabel("canonical order")
    axes[1, 0].set_ylabel("by connectivity")
    figure.supxlabel("orange: separator, blue: largest piece, green: other pieces", fontsize=9)
    return figure


def _draw_pieces(axis, q, piece):
    """A matrix, its columns in the colours of their pieces."""
    colours = [COLOURS["h21"], COLOURS["h11"], COLOURS["h31"]]
    shades = [plt.matplotlib.colors.to_rgb(colours[min(p, 2)]) for p in piece]
    image = 1 - (q > 0)[..., None] * 0.6 * (1 - np.array(shades)[None])
    axis.imshow(image, aspect="auto")
    for r, a in zip(*np.nonzero(q), strict=True):
        axis.text(a, r, q[r, a], ha="center", va="center", fontsize=7)
    axis.set(xticks=[], yticks=[])
    axis.grid(False)


def draw_accuracies(results, published):
    """Accuracies of networks and ensembles, one panel per Hodge number.

    All panels have the same order, that of h22.  Those on the training split are shown where a
    record has them.  The scale is that of the share of wrong predictions, logarithmic.

    Args:
        results: as ``read_results`` gives them.
        published: accuracies in per cent by name, of some of them.
    """
    shape = {"figsize": (11, 2.4 + 0.4 * len(results)), "sharey": True}
    figure, axes = plt.subplots(2, 2, **shape)
    ranked = sorted(results, key=lambda name: results[name]["test"]["accuracy"]["h22"])
    y = np.arange(len(ranked))
    for i, (axis, (h, label)) in enumerate(zip(axes.flat, LABELS.items(), strict=True)):
        raw = [100 - 100 * results[name]["test"]["accuracy"][h] for name in ranked]
        exact = [100 - 100 * results[name]["test"]["accuracy_with_euler"][h] for name in ranked]
        axis.hlines(y, raw, exact, color="#bbbbbb", linewidth=1)
        axis.plot(raw, y, "o", color=COLOURS[h], label="raw")
        axis.plot(exact, y, "o", markerfacecolor="white", color=COLOURS[h], label="Euler number")
        known = [k for k in y if ranked[k] in published]
        rows = [100 - published[ranked[k]][i] for k in known]
        axis.plot(rows, known, "|", color="black", markersize=9, label="published, raw")
        known = [k for k in y if "training" in results[ranked[k]]]
        training = [100 - 100 * results[ranked[k]]["training"]["accuracy"][h] for k in known]
        if known:
            axis.plot(training, known, "x", markersize=5, color=COLOURS[h], label="raw, training")
        axis.set_yticks(y, ranked, fontsize=8)
        axis.set(title=label, xlabel="accuracy (%), on the test split unless said", xscale="log")
        axis.set_ylim(-0.6, len(ranked) - 0.4)
        axis.invert_xaxis()
        axis.xaxis.set_major_formatter(right_label)
        axis.xaxis.set_minor_formatter("")
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, fontsize=8, ncols=4, loc="outside upper center")
    return figure


def right_label(wrong, position=None) -> str:
    """What a tick says on a scale of wrong predictions in per cent: how many are right."""
    return f"{100 - wrong:g}"


def errors_table(results) -> pd.DataFrame:
    """Errors of h11, h21, h31, h22 on the test split, for records that have all three kinds.

    Args:
        results: as ``read_results`` gives them.

    Returns:
        a row per network or ensemble, the best last; mean absolute errors ``mae_h11`` to
        ``mae_h22``, mean squared errors ``mse_h11`` to ``mse_h22``, and ``r2_h11`` to ``r2_h22``.
    """
    tests = {name: r["test"] for name, r in results.items() if "mse" in r["test"]}
    columns = [f"{kind}_{h}" for kind in ("mae", "mse", "r2") for h in HODGE]
    rows = [test["mae"] + test["mse"] + test["r2"] for test in tests.values()]
    table = pd.DataFrame(rows, pd.Index(tests, name="network"), columns)
    return table.sort_values("mae_h22", ascending=False)


def draw_errors(table):
    """The three kinds of errors of :func:`errors_table`."""
    figure, axes = plt.subplots(1, 3, figsize=(11, 1.2 + 0.3 * len(table)), sharey=True)
    panels = {"mae": "mean absolute error", "mse": "mean squared error", "r2": "1 - R$^2$"}
    for axis, (kind, label) in zip(axes, panels.items(), strict=True):
        for h in HODGE:
            values = 1 - table[f"r2_{h}"] if kind == "r2" else table[f"{kind}_{h}"]
            axis.plot(values, table.index, "o", color=COLOURS[h], label=LABELS[h])
        axis.set(xlabel=label, xscale="log")
        axis.margins(y=0.1 + 0.3 / len(table))
    axes[0].legend(fontsize=8)
    return figure


def draw_widths(records):
    """Accuracy of h22 against width, by family; a panel for each number of samples.

    Only networks that have another of their family with as many samples are shown.

    Args:
        records: as ``read_records`` gives them.
    """
    lines = {}
    for name, record in records.items():
        point = NETWORKS[name].width, 100 * record["test"]["accuracy"]["h22"]
        line = lines.setdefault((record["samples"], name.rpartition("-")[0]), [])
        line.append(point)
    lines = {key: sorted(points) for key, points in lines.items() if len(points) > 1}
    samples = sorted({number for number, _ in lines})
    families = sorted({family for _, family in lines})
    shape = {"figsize": (1 + 4.5 * max(len(samples), 1), 3.8), "squeeze": False}
    figure, axes = plt.subplots(1, max(len(samples), 1), sharex=True, sharey=True, **shape)
    for (number, family), points in lines.items():
        axis = axes[0, samples.index(number)]
        axis.plot(*np.transpose(points), f"C{families.index(family)}o-", label=family)
        axis.set(title=f"{number / 1e6:.1f} million samples", xlabel="width")
        axis.legend(fontsize=8)
    axes[0, 0].set_ylabel(f"{LABELS['h22']} right, test split, raw (%)")
    return figure


def draw_failures(outputs, rounded, matrices, hodge, title):
    """Share of manifolds with a wrong Hodge number, the Euler number used, by what they are.

    Args:
        outputs: raw outputs of the members, ``(members, N, 4)``; the last panel sorts by
            how far they are apart.
        rounded: the ensemble's prediction with the Euler number, ``(N, 4)``.
        matrices, hodge: exact test split.
        title: of the figure.
    """
    wrong = 100 * (rounded != hodge).any(axis=1)
    rows = row_counts(matrices)
    favourable = hodge[:, 0] == rows
    figure, axes = plt.subplots(1, 4, figsize=(11, 3), sharey=True)
    _shares(axes[0], np.minimum(hodge[:, 1], 12), wrong, f"{LABELS['h21']} (12: or more)")
    _shares(axes[1], euler_from_hodge(hodge.astype(int)) // 120 * 120, wrong, "Euler number")
    for chosen, label in ((favourable, "favourable"), (~favourable, "not favourable")):
        _shares(axes[2], rows[chosen], wrong[chosen], "rows", label)
    axes[2].legend(fontsize=8)
    apart = outputs[:, :, :2].std(axis=0).sum(axis=1)
    decile = np.argsort(np.argsort(apart)) * 20 // len(apart)
    _shares(axes[3], 5 * decile, wrong, "percentile of disagreement")
    axes[0].set_ylabel("wrong (%)")
    figure.suptitle(f"{title}, with the Euler number")
    return figure


def _shares(axis, groups, wrong, xlabel, label=None):
    """Share wrong of each group of thirty or more, with its standard error."""
    values, index, counts = np.unique(groups, return_inverse=True, return_counts=True)
    shares = np.bincount(index, wrong) / counts
    error = np.sqrt(shares * (100 - shares) / counts)
    shown = counts >= 30
    axis.errorbar(values[shown], shares[shown], error[shown], fmt="o-", markersize=3, label=label)
    axis.locator_params(axis="x", integer=True)
    axis.set(xlabel=xlabel)


def draw_reliability(claimed, right, title):
    """How many predictions are wrong, against the probability that they came with.

    Args:
        claimed: probabilities from the validation split, ``(N,)``.
        right: whether the prediction of the test split is right, ``(N,)``.
        title: of the figure.
    """
    levels, index, counts = np.unique(claimed, return_inverse=True, return_counts=True)
    shares = (np.bincount(index, ~right) + 1) / (counts + 2)
    error = np.sqrt(shares * (1 - shares) / counts)
    figure, axis = plt.subplots(figsize=(5.5, 4.5))
    low, high = min(1 - levels.max(), shares.min()) / 2, min(1, 2 * (1 - levels.min()))
    axis.plot([low, high], [low, high], color="black", linewidth=0.6)
    axis.errorbar(1 - levels, shares, error, fmt="o", markersize=4, color=COLOURS["h11"])
    for level, share, count in zip(levels, shares, counts, strict=True):
        place = {"xytext": (7, -9), "textcoords": "offset points", "fontsize": 7}
        axis.annotate(f"{count:,}", (1 - level, share), **place)
    axis.set(xscale="log", yscale="log")
    axis.set(xlabel="probability to be wrong, from the validation split")
    axis.set(ylabel="share that is wrong, test split")
    axis.set_title(f"{title}, with the Euler number; labels: manifolds", fontsize=9)
    return figure
