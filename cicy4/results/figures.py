"""Every figure, from files in ``data/`` and ``Results_p2_Trained_models/``."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.transforms import Bbox

from cicy4.data.archive import load_cicy4
from cicy4.data.order import reading_order
from cicy4.data.splits import load_euler, load_splits, split_indices
from cicy4.files import replacing
from cicy4.geometry.configuration import canonical
from cicy4.geometry.hodge import euler_from_hodge
from cicy4.networks.architectures import ARCHITECTURES, DEFAULT_ENSEMBLE
from cicy4.networks.models import default_members, load_models, member_outputs
from cicy4.networks.reliability import probability
from cicy4.networks.rounding import HODGE, combine, round_with_euler
from cicy4.results.published import PUBLISHED, PUBLISHED_HOURS, PUBLISHED_LARGER
from cicy4.results.records import LARGER, TRAINED, read_history, read_records, read_results

FIGURES = TRAINED.parent / "Results_p1_Figures"

# Okabe and Ito's palette, told apart by colour-blind readers too.
COLOURS = {"h11": "#0072B2", "h21": "#D55E00", "h31": "#009E73", "h22": "#CC79A7"}
STYLE = {
    "axes.prop_cycle": plt.cycler(color=COLOURS.values()),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "font.size": 10,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 150,
}


def draw_all(directory=FIGURES) -> list[Path]:
    """Draw every figure as PNG, and write the errors as a table, too.

    Returns:
        the paths written.
    """
    matrices, hodge, _ = load_cicy4()
    splits = load_splits()
    test, exact = canonical(splits["test"][0]), splits["test"][1]
    members = default_members()
    models = load_models(members)
    name = DEFAULT_ENSEMBLE if len(members) > 1 else members[0]
    outputs = member_outputs(models, test)
    together, error = combine(outputs, [model.validation_error for model in models])
    rounded = round_with_euler(together, load_euler("test"), error)
    results = read_results()
    errors = errors_table(results)
    drawings = {
        "hodge_numbers_of_the_list": lambda: draw_distributions({"list": hodge}),
        "hodge_numbers_of_the_splits": lambda: draw_distributions(
            {name: y for name, (_, y) in splits.items()}
        ),
        "hodge_numbers_of_the_80_percent_splits": lambda: draw_distributions(
            {name: hodge[chosen] for name, chosen in split_indices(larger=True).items()}
        ),
        "the_list": lambda: draw_overview(matrices, hodge, euler_from_hodge(hodge.astype(int))),
        "reading_order": lambda: draw_reading(test[:4], exact[:4]),
        "Train_test_accuracies_all": lambda: draw_accuracies(results, PUBLISHED),
        "Train_test_accuracies_80_percent": lambda: draw_accuracies(
            read_results(TRAINED / LARGER), PUBLISHED_LARGER
        ),
        "errors": lambda: draw_errors(errors),
        "hours": lambda: draw_hours(read_records()),
        "widths": lambda: draw_widths(read_records()),
        "training_curves": training_curves,
        "losses": draw_losses,
        "predicted_against_exact": lambda: draw_predictions(together, exact, name),
        "where_it_fails": lambda: draw_failures(outputs, rounded, test, exact, name),
        "reliability": lambda: draw_reliability(
            probability(models, outputs, rounded), (rounded == exact).all(axis=1), name
        ),
    }
    paths = []
    for file, draw in drawings.items():
        with plt.rc_context(STYLE):
            figure = draw()
            with replacing(Path(directory) / f"{file}.png") as path:
                figure.savefig(path, metadata={"Software": None})
            plt.close(figure)
        paths.append(Path(directory) / f"{file}.png")
    with replacing(Path(directory) / "errors.csv") as path:
        errors.to_csv(path, float_format="%.6g")
    return [*paths, Path(directory) / "errors.csv"]


def draw_distributions(splits):
    """How often each Hodge number occurs, for each of ``{name: hodge (N, 4)}``."""
    figure, axes = plt.subplots(1, 4, figsize=(11, 2.7), sharey=True)
    for name, split_colour in zip(splits, COLOURS.values(), strict=False):
        hodge = splits[name]
        for i, (axis, h) in enumerate(zip(axes, HODGE, strict=True)):
            values, counts = np.unique(hodge[:, i], return_counts=True)
            colour = COLOURS[h] if len(splits) == 1 else split_colour
            axis.scatter(values, counts, s=8 if i < 2 else 3, color=colour, label=name)
            axis.set(xlabel=h, yscale="log")
    axes[0].set_ylabel("manifolds")
    figure.suptitle(", ".join(f"{name}: {len(hodge):,}" for name, hodge in splits.items()))
    if len(splits) > 1:
        axes[-1].legend(fontsize=8, markerscale=2)
    return figure


def draw_overview(matrices, hodge, euler):
    """h31 against h11, the Euler numbers, and the sizes of the matrices."""
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), constrained_layout=True)
    axes[0].hexbin(hodge[:, 0], hodge[:, 2], bins="log", gridsize=(23, 60), cmap="Blues")
    axes[0].set(xlabel="h11", ylabel="h31")
    axes[1].hist(euler, bins=np.arange(288, 2620, 24), color=COLOURS["h11"], log=True)
    axes[1].set(xlabel="Euler number", ylabel="manifolds")
    rows, columns = matrices.any(axis=2).sum(axis=1), matrices.any(axis=1).sum(axis=1)
    sizes = np.zeros((17, 21))
    np.add.at(sizes, (rows, columns), 1)
    shown = axes[2].imshow(np.where(sizes, np.log10(np.maximum(sizes, 1)), np.nan), cmap="Blues",
                           origin="lower")  # fmt: skip
    axes[2].set(xlabel="columns", ylabel="rows", xlim=(0.5, 20.5), ylim=(0.5, 16.5))
    axes[2].grid(False)
    figure.colorbar(shown, ax=axes[2], label="log10 manifolds")
    return figure


def draw_reading(matrices, hodge):
    """Matrices in canonical order, and below them as networks read them.

    Args:
        matrices, hodge: a few, ``(N, 16, 20)`` and ``(N, 4)``.
    """
    orders = {"canonical": matrices, "reading order": reading_order(matrices)}
    shape = {"figsize": (2.8 * len(matrices), 2.5 * len(orders)), "constrained_layout": True}
    figure, axes = plt.subplots(len(orders), len(matrices), squeeze=False, **shape)
    for line, (label, ordered) in zip(axes, orders.items(), strict=True):
        line[0].set_ylabel(label)
        for axis, matrix in zip(line, ordered, strict=True):
            axis.imshow(matrix, cmap="Blues", vmax=3)
            axis.set(xticks=[], yticks=[])
            axis.grid(False)
    for axis, h in zip(axes[0], hodge, strict=True):
        axis.set_title("h = " + ", ".join(map(str, h)), fontsize=9)
    return figure


def draw_accuracies(results, published):
    """Accuracies of networks and ensembles, ranked, one panel per Hodge number.

    Those on the training split are shown where a record has them. The scale is that of the share
    of wrong predictions, logarithmic.

    Args:
        results: as ``read_results`` gives them.
        published: accuracies in per cent by name, of some of them.
    """
    figure, axes = plt.subplots(2, 2, figsize=(11, 2.4 + 0.4 * len(results)))
    for i, (axis, h) in enumerate(zip(axes.flat, HODGE, strict=True)):
        ranked = sorted(results, key=lambda name: results[name]["test"]["accuracy"][h])
        y = np.arange(len(ranked))
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
        axis.set(title=h, xlabel="accuracy (%), on the test split unless said", xscale="log")
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
            errors = 1 - table[f"r2_{h}"] if kind == "r2" else table[f"{kind}_{h}"]
            axis.plot(errors, table.index, "o", color=COLOURS[h], label=h)
        axis.set(xlabel=label, xscale="log")
        axis.margins(y=0.1 + 0.3 / len(table))
    axes[0].legend(fontsize=8)
    return figure


def draw_hours(records):
    """Accuracy of h22 against hours of training, of networks here and of the published ones.

    Both scales are logarithmic, that of the accuracy in the share of wrong predictions.

    Args:
        records: as ``read_records`` gives them.
    """
    figure, axis = plt.subplots(figsize=(8, 6))
    hours = [r["seconds"] / 3600 for r in records.values()]
    wrong = [100 - 100 * r["test"]["accuracy"]["h22"] for r in records.values()]
    hardware = ", ".join(sorted({r["hardware"] for r in records.values()}))
    axis.plot(hours, wrong, "o", color=COLOURS["h11"], label=f"here, {hardware}")
    their_hours = [*PUBLISHED_HOURS.values()]
    their_wrong = [100 - PUBLISHED[name][HODGE.index("h22")] for name in PUBLISHED_HOURS]
    theirs = {"color": COLOURS["h21"], "markerfacecolor": "white"}
    axis.plot(their_hours, their_wrong, "o", label="published, a P100 GPU", **theirs)
    axis.set(xlabel="hours of training", ylabel="h22 right, test split, raw (%)")
    axis.set(xscale="log", yscale="log", xlim=(1, 12), ylim=(100, 5))
    axis.set(xticks=[1, 2, 4, 8], yticks=[80, 40, 20, 10, 5])
    axis.xaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_major_formatter(right_label)
    axis.minorticks_off()
    axis.legend(fontsize=8, loc="lower left")
    figure.draw_without_rendering()  # fixes the size of the axes
    label_apart(axis, [*records, *PUBLISHED_HOURS], hours + their_hours, wrong + their_wrong)
    return figure


def label_apart(axis, names, x, y):
    """Write a name beside each point, on the first side that is free."""
    places = axis.transData.transform(np.transpose([x, y]))
    radius = 3.5 / 72 * axis.figure.dpi  # of a marker
    taken = [Bbox([place - radius, place + radius]) for place in places]
    above, below = [("left", 4, 3), ("right", -4, 3)], [("left", 3, -12), ("right", -3, -12)]
    beside = [("left", 7, -3), ("right", -7, -3)]
    for name, *point in zip(names, x, y, strict=True):
        label = axis.annotate(name, point, (0, 0), textcoords="offset points", fontsize=7)
        for align, *offset in above + below + beside:
            label.set(ha=align, position=offset)
            box = label.get_window_extent()
            if not any(map(box.overlaps, taken)):
                break
        taken.append(box)


def draw_widths(records):
    """Accuracy of h22 against width, by family; a panel for each number of samples.

    Args:
        records: as ``read_records`` gives them.
    """
    samples = sorted({r["samples"] for r in records.values()})
    families = dict.fromkeys(name.rpartition("-")[0] for name in ARCHITECTURES)
    shape = {"figsize": (1 + 4.5 * len(samples), 3.8), "sharey": True, "squeeze": False}
    figure, axes = plt.subplots(1, len(samples), **shape)
    for axis, number in zip(axes[0], samples, strict=True):
        for family in families:
            points = [
                (ARCHITECTURES[name].width, 100 * r["test"]["accuracy"]["h22"])
                for name, r in records.items()
                if name.rpartition("-")[0] == family and r["samples"] == number
            ]
            axis.plot(*np.reshape(points, (-1, 2)).T, "o-", label=family)
        axis.set(title=f"{number / 1e6:.1f} million samples", xlabel="width", xlim=(240, 470))
    axes[0, 0].set_ylabel("h22 right, test split, raw (%)")
    axes[0, 0].legend(fontsize=8)
    return figure


def training_curves():
    """Validation accuracy of every trained network after each epoch of its run."""
    records = read_records()
    columns = 3
    rows = -(-len(records) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(11, 2.6 * rows), sharey=True, squeeze=False)
    for axis, name in zip(axes.flat, records, strict=False):
        history = read_history(name)
        x = np.arange(1, len(history) + 1)
        for h, published in zip(HODGE, PUBLISHED[name], strict=True):
            axis.plot(x, 100 * history[f"val_{h}"], ".-", markersize=4, color=COLOURS[h], label=h)
            axis.axhline(published, color=COLOURS[h], linestyle=":", linewidth=1)
        axis.set_title(name, fontsize=9)
        axis.set(ylim=(0, 101))
    for axis in axes.flat[len(records) :]:
        axis.axis("off")
    for axis in axes[:, 0]:
        axis.set_ylabel("validation (%)")
    axes[0, 0].legend(ncols=2, fontsize=8, loc="lower right")
    figure.supxlabel("epochs (dotted: published)", fontsize=9)
    return figure


def draw_losses():
    """Errors in training (thin) and validation of every trained network, by family."""
    records = read_records()
    hybrids = [name for name in records if ARCHITECTURES[name].convolutional]
    families = {"LSTM-based": [n for n in records if n not in hybrids], "CNN-RNN hybrids": hybrids}
    families = {family: names for family, names in families.items() if names}
    figure, axes = plt.subplots(1, len(families), figsize=(11, 4), sharey=True, squeeze=False)
    for axis, (family, names) in zip(axes[0], families.items(), strict=True):
        for i, name in enumerate(names):
            history, samples = read_history(name), records[name]["samples"]
            x = samples / 1e6 * np.arange(1, len(history) + 1) / len(history)
            style = {"color": f"C{i}", "linestyle": "-" if i < len(COLOURS) else "--"}
            axis.plot(x, history["hodge_loss"], linewidth=0.7, alpha=0.6, **style)
            axis.plot(x, history["val_hodge_loss"], label=name, **style)
        axis.set(title=family, xlabel="samples (millions)", yscale="log")
        axis.legend(fontsize=8)
    axes[0, 0].set_ylabel("weighted error")
    return figure


def draw_predictions(outputs, hodge, title):
    """Raw outputs against exact Hodge numbers; 99.9 % of the manifolds are in range."""
    figure, axes = plt.subplots(1, 4, figsize=(11, 3.1), constrained_layout=True)
    for i, (axis, name) in enumerate(zip(axes, HODGE, strict=True)):
        x, y = hodge[:, i], outputs[:, i]
        low, high = x.min(), np.quantile(x, 0.999)
        axis.hexbin(x, y, gridsize=50, bins="log", cmap="Blues", extent=(low, high, low, high))
        axis.plot([low, high], [low, high], color="black", linewidth=0.6)
        axis.set(xlabel=f"exact {name}", ylabel=f"predicted {name}", aspect="equal")
    figure.suptitle(title)
    return figure


def draw_failures(outputs, rounded, matrices, hodge, title):
    """Share of manifolds with a wrong Hodge number, the Euler number used, by what they are.

    Args:
        outputs: raw outputs of the members, ``(members, N, 4)``; the last panel sorts by
            how far they are apart.
        rounded: the ensemble's prediction with the Euler number, ``(N, 4)``.
        matrices, hodge: exact test split.
    """
    wrong = 100 * (rounded != hodge).any(axis=1)
    rows = matrices.any(axis=2).sum(axis=1)
    favourable = hodge[:, 0] == rows
    figure, axes = plt.subplots(1, 4, figsize=(11, 3), sharey=True)
    _shares(axes[0], np.minimum(hodge[:, 1], 12), wrong, "h21 (12: or more)")
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


def draw_reliability(claimed, right, title):
    """How many predictions are wrong, against the probability that they came with.

    Args:
        claimed: probabilities from the validation split, ``(N,)``.
        right: whether the prediction of the test split is right, ``(N,)``.
    """
    levels, index, counts = np.unique(claimed, return_inverse=True, return_counts=True)
    shares = (np.bincount(index, ~right) + 1) / (counts + 2)
    error = np.sqrt(shares * (1 - shares) / counts)
    figure, axis = plt.subplots(figsize=(5.5, 4.5))
    axis.plot([1e-5, 1], [1e-5, 1], color="black", linewidth=0.6)
    axis.errorbar(1 - levels, shares, error, fmt="o", markersize=4, color=COLOURS["h11"])
    for level, share, count in zip(levels, shares, counts, strict=True):
        place = {"xytext": (7, -9), "textcoords": "offset points", "fontsize": 7}
        axis.annotate(f"{count:,}", (1 - level, share), **place)
    axis.set(xscale="log", yscale="log", xlim=(5e-6, 2), ylim=(3e-6, 2))
    axis.set(xlabel="probability to be wrong, from the validation split")
    axis.set(ylabel="share that is wrong, test split")
    axis.set_title(f"{title}, with the Euler number; labels: manifolds", fontsize=9)
    return figure


def _shares(axis, groups, wrong, xlabel, label=None):
    values, index, counts = np.unique(groups, return_inverse=True, return_counts=True)
    shares = np.bincount(index, wrong) / counts
    axis.plot(values[counts >= 30], shares[counts >= 30], "o-", markersize=3, label=label)
    axis.locator_params(axis="x", integer=True)
    axis.set(xlabel=xlabel)
