"""Every figure, from files in ``data/`` and in the folders of the results."""

from functools import cached_property
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from cicy4.data.archive import load_cicy4
from cicy4.data.splits import load_euler, load_splits
from cicy4.files import replacing
from cicy4.geometry.canonical_form import canonical
from cicy4.networks.architectures import DEFAULT_ENSEMBLE, NETWORKS
from cicy4.networks.models import default_members, load_models, member_outputs
from cicy4.networks.reliability import probability
from cicy4.networks.rounding import HODGE, combine, round_with_euler
from tools.drawings import (
    COLOURS,
    draw_accuracies,
    draw_errors,
    draw_failures,
    draw_order,
    draw_overview,
    draw_reliability,
    draw_widths,
    errors_table,
)
from tools.plots import (
    LABELS,
    plot_distributions,
    plot_groups,
    plot_learning,
    plot_residuals,
    plot_variants,
)
from tools.published import PUBLISHED
from tools.records import TRAINED, read_history, read_records, read_results
from tools.studies.results import ablation_steps, learning_curve, power_laws, read_analysis, scores

FIGURES = TRAINED.parent / "Results_p1_Figures"


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


class Sources:
    """What figures are drawn from, each read or computed when it is first asked for."""

    @cached_property
    def cicy4(self):
        return load_cicy4()[:2]

    @cached_property
    def splits(self):
        return load_splits()

    @cached_property
    def test(self):
        """Canonical matrices and Hodge numbers of the test split."""
        matrices, hodge = self.splits["test"]
        return canonical(matrices), np.asarray(hodge)

    @cached_property
    def networks(self):
        return load_models(default_members())

    @cached_property
    def name(self):
        return DEFAULT_ENSEMBLE if len(self.networks) > 1 else self.networks[0].name

    @cached_property
    def outputs(self):
        """Of the default ensemble on the test split: of its members, together, and rounded."""
        outputs = member_outputs(self.networks, self.test[0])
        together, error = combine(outputs, [network.error for network in self.networks])
        return outputs, together, round_with_euler(together, load_euler("test"), error)


def hodge_numbers_of_the_list(sources):
    return plot_distributions({"list": sources.cicy4[1]})


def hodge_numbers_of_the_splits(sources):
    return plot_distributions({name: hodge for name, (_, hodge) in sources.splits.items()})


def the_list(sources):
    return draw_overview(*sources.cicy4)


def connectivity_order(sources):
    return draw_order(*(array[:4] for array in sources.test))


def Train_test_accuracies_all(sources):
    return draw_accuracies(read_results(), PUBLISHED)


def errors(sources):
    return draw_errors(errors_table(read_results()))


def widths(sources):
    return draw_widths(read_records())


def predicted_against_exact(sources):
    return plot_residuals(sources.outputs[1], sources.test[1], sources.name)


def where_it_fails(sources):
    outputs, _, rounded = sources.outputs
    return draw_failures(outputs, rounded, *sources.test, sources.name)


def reliability(sources):
    outputs, _, rounded = sources.outputs
    claimed = probability(sources.networks, outputs, rounded)
    return draw_reliability(claimed, (rounded == sources.test[1]).all(axis=1), sources.name)


def orders(sources):
    return plot_variants(scores("orders").query("samples < 1e7"))


def ablation(sources):
    return plot_variants(ablation_steps())


def learning(sources):
    curve = learning_curve()
    return plot_learning(curve, power_laws(curve))


def small_and_large(sources):
    return plot_groups(read_analysis(), "rows", "h31")


def training_curves(sources):
    """Validation accuracy of every trained network after each epoch of its run."""
    records = read_records()
    columns = 3
    rows = -(-len(records) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(11, 2.6 * rows), sharey=True, squeeze=False)
    for axis, name in zip(axes.flat, records, strict=False):
        history = read_history(name)
        x = np.arange(1, len(history) + 1)
        for h, label in LABELS.items():
            axis.plot(x, 100 * history[f"val_{h}"], color=COLOURS[h], label=label)
        for h, published in zip(HODGE, PUBLISHED.get(name, ()), strict=False):
            axis.axhline(published, color=COLOURS[h], linestyle=":", linewidth=1)
        axis.set_title(name, fontsize=9)
        axis.set(ylim=(0, 101))
    for axis in axes.flat[len(records) :]:
        axis.axis("off")
    for axis in axes[:, 0]:
        axis.set_ylabel("validation (%)")
    axes[0, 0].legend(ncols=2, fontsize=8, loc="lower right")
    figure.supxlabel("epochs (dotted: published, test)", fontsize=9)
    return figure


def losses(sources):
    """Errors in training (thin) and validation of every trained network, by family."""
    records = read_records()
    hybrids = [name for name in records if NETWORKS[name].branch]
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
    axes[0, 0].set_ylabel("weighted error (thin: training)")
    return figure


DRAWINGS = [
    hodge_numbers_of_the_list,
    hodge_numbers_of_the_splits,
    the_list,
    connectivity_order,
    Train_test_accuracies_all,
    errors,
    widths,
    training_curves,
    losses,
    predicted_against_exact,
    where_it_fails,
    reliability,
    orders,
    ablation,
    learning,
    small_and_large,
]


def draw_all(only=(), directory=FIGURES) -> list[Path]:
    """Draw every figure as PNG and PDF, and write the errors as a table, too.

    Args:
        only: names of figures, if not all are to be drawn.
        directory: where to.

    Returns:
        the paths written.

    Raises:
        ValueError: there is no figure of that name.
    """
    plt.switch_backend("Agg")
    drawings = {draw.__name__: draw for draw in DRAWINGS}
    for name in only:
        if name not in drawings:
            raise ValueError(f"no figure {name!r}; there are {', '.join(drawings)}")
    sources, paths = Sources(), []
    for name in only or drawings:
        with plt.rc_context(STYLE):
            figure = drawings[name](sources)
        for kind, dates in (("png", {"Software": None}), ("pdf", {"CreationDate": None})):
            paths.append(Path(directory) / f"{name}.{kind}")
            with replacing(paths[-1]) as path:
                figure.savefig(path, metadata=dates, dpi=STYLE["savefig.dpi"])
        plt.close(figure)
        if name == "errors":
            paths.append(Path(directory) / "errors.csv")
            with replacing(paths[-1]) as path:
                errors_table(read_results()).to_csv(path, float_format="%.6g")
    return paths
