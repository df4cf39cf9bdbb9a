"""Plots that notebooks and figures share; notebooks hold the text of these functions."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm

LABELS = {"h11": "$h^{1,1}$", "h21": "$h^{2,1}$", "h31": "$h^{3,1}$", "h22": "$h^{2,2}$"}


def plot_distributions(splits):
    """How often each Hodge number occurs.

    Args:
        splits: Hodge numbers ``(N, 4)`` by name.
    """
    figure, axes = plt.subplots(1, 4, figsize=(12, 3), sharey=True, constrained_layout=True)
    for name, hodge in splits.items():
        for axis, label, values in zip(axes, LABELS.values(), np.transpose(hodge), strict=True):
            points = np.unique(values, return_counts=True)
            axis.scatter(*points, s=4, label=f"{name}: {len(hodge):,}", rasterized=True)
            axis.set(xlabel=label, yscale="log")
    axes[0].set_ylabel("manifolds")
    axes[-1].legend(fontsize=8, markerscale=2)
    return figure


def plot_residuals(outputs, hodge, title):
    """How far raw outputs are from the exact Hodge numbers; darker means more manifolds.

    Outside of the dashed lines an output is rounded to a wrong integer.

    Args:
        outputs, hodge: ``(N, 4)``.
        title: of the figure.
    """
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.4), sharey=True, constrained_layout=True)
    sizes = np.append(0, np.geomspace(0.01, 100, 41))
    edges = np.append(-sizes[:0:-1], sizes)
    for i, (axis, label) in enumerate(zip(axes, LABELS.values(), strict=True)):
        exact, far = hodge[:, i], outputs[:, i] - hodge[:, i]
        places = np.linspace(exact.min() - 0.5, exact.max() + 0.5, min(np.ptp(exact) + 2, 60))
        counts, x, y = np.histogram2d(exact, far.clip(-99, 99), (places, edges))
        shade = axis.pcolormesh(x, y, counts.T, cmap="Blues", norm=LogNorm(0.3, 1e5, clip=False))
        shade.set_rasterized(True)
        for side in (-0.5, 0.5):
            axis.axhline(side, color="black", linewidth=0.6, linestyle="--")
        axis.set_yscale("symlog", linthresh=0.01)
        axis.set(xlabel=f"exact {label}", xlim=(x[0], x[-1]))
        axis.grid(False)
    axes[0].set_ylabel("predicted less exact")
    figure.colorbar(shade, ax=axes, label="manifolds")
    figure.suptitle(title)
    return figure


def plot_variants(scores):
    """Weighted error and shares right of the variants of a study: a dot a run, a line at the mean.

    Args:
        scores: of the runs, see :func:`tools.studies.results.scores`; variants from the top.
    """
    names = list(dict.fromkeys(scores["variant"]))
    panels = {
        "weighted": "weighted error",
        **{h: f"{LABELS[h]} right, %" for h in list(LABELS)[1:]},
    }
    size = (12, 1 + 0.32 * len(names))
    figure, axes = plt.subplots(1, 4, figsize=size, sharey=True, constrained_layout=True)
    for axis, (column, label) in zip(axes, panels.items(), strict=True):
        for place, name in enumerate(names):
            values = scores.loc[scores["variant"] == name, column]
            axis.plot([values.mean()] * 2, [place - 0.3, place + 0.3], color="#0072B2")
            axis.scatter(values, [place] * len(values), s=14, color="#D55E00", zorder=3)
        axis.set(xlabel=label)
        axis.grid(alpha=0.3)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_xscale("log")
    ticks = [0.1, 0.2, 0.4, 0.8, 1.6]
    axes[0].set_xticks(ticks, ticks)
    axes[0].minorticks_off()
    axes[0].invert_yaxis()
    return figure


def plot_learning(curve, fits):
    """Errors against the part of the list in training, both axes logarithmic.

    Args:
        curve: see :func:`tools.studies.results.learning_curve`.
        fits: exponent and factor of the weighted error, by order where there are some.
    """
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.4), constrained_layout=True)
    colours = {"connectivity": "#D55E00", "canonical": "#0072B2"}
    for order, points in curve.groupby("order"):
        shown = {"weighted error": points["weighted"]}
        shown |= {f"{LABELS[h]} wrong, %": 100 - points[h] for h in ("h31", "h22")}
        for axis, (label, values) in zip(axes, shown.items(), strict=True):
            axis.loglog(points["part"], values, "o-", color=colours[order], label=order)
            axis.set(xlabel="of the list in training, %", ylabel=label)
        if order in fits:
            (exponent, factor), x = fits[order], np.array([10, 100])
            power = f"{order}: part$^{{{exponent:.2f}}}$"
            axes[0].loglog(x, factor * x**exponent, "--", color=colours[order], label=power)
    for axis in axes:
        axis.set_xticks([2.5, 5, 10, 20, 50, 100], [2.5, 5, 10, 20, 50, 100])
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter("{x:g}")
        axis.grid(alpha=0.3, which="both")
    axes[0].legend(fontsize=8)
    return figure


def plot_groups(analysis, *kinds):
    """Per cent wrong of h31 and h22 by what manifolds are, in groups of twenty and more.

    Args:
        analysis: shares right by kind, Hodge number and group, see ``tools.studies.analysis``.
        kinds: a panel each, such as "rows".
    """
    figure, axes = plt.subplots(1, len(kinds), figsize=(10, 3.4), sharey=True)
    figure.set_layout_engine("constrained")
    for axis, kind in zip(axes, kinds, strict=True):
        for ending, style in (("", "-"), (", with the Euler number", ":")):
            groups = analysis[f"by {kind}{ending}"].items()
            shown = {int(key): group for key, group in groups if group["manifolds"] >= 20}
            for h, colour in (("h31", "#009E73"), ("h22", "#CC79A7")):
                wrong = [100 - 100 * group[h] for group in shown.values()]
                axis.plot(list(shown), wrong, style, color=colour, label=f"{LABELS[h]}{ending}")
        axis.set(xlabel=LABELS.get(kind, kind))
        axis.set_yscale("symlog", linthresh=0.1)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("wrong, %")
    axes[-1].legend(fontsize=8)
    return figure
