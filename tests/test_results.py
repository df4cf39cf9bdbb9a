import json
import re

import numpy as np
import pandas as pd
import pytest

from cicy4.files import ROOT
from cicy4.networks.architectures import ENSEMBLES
from cicy4.networks.rounding import HODGE
from tools.drawings import draw_accuracies, draw_failures, draw_widths, errors_table
from tools.figures import DRAWINGS, FIGURES, draw_all
from tools.plots import plot_distributions, plot_residuals
from tools.published import CICYMINER, PUBLISHED, PUBLISHED_BEST
from tools.records import read_records, read_results
from tools.studies.results import read_analysis
from tools.tables import (
    TABLES,
    best_table,
    differences_table,
    results_table,
    runs_table,
    update_table,
)


def scores(share):
    shares = dict.fromkeys([*HODGE, "all"], share)
    related = {**shares, "all": share / 2}
    return {"accuracy": shares, "accuracy_with_relation": related, "accuracy_with_euler": shares}


@pytest.fixture
def three_trained(tmp_path):
    """Records of the members of Ensemble 2, and of the ensemble."""
    for i, name in enumerate(ENSEMBLES["Ensemble 2"]):
        record = {"model": name, "samples": 8_140_800, "test": scores(0.25 + i / 100)}
        record["parameters"] = {"EPOCHS": 50, "BATCH": 256, "RATE": 0.06, "SEED": 3}
        if name == "CNN-LSTM-400":
            record["branch"] = {"on": 0.07, "accuracy_without": {"h22": 0.125}}
        (tmp_path / f"{name}.json").write_text(json.dumps(record))
    (tmp_path / "ensembles.json").write_text(json.dumps({"Ensemble 2": {"test": scores(0.125)}}))
    return tmp_path


def test_the_table_shows_what_there_is_beside_the_published(three_trained):
    head, _, *lines = results_table(three_trained).splitlines()
    lines = {line.split(" |")[0].removeprefix("| "): line for line in lines}
    assert list(lines) == [*PUBLISHED, *PUBLISHED_BEST, *CICYMINER]
    assert lines["LSTM-448"].startswith("| LSTM-448 | 25.00 (99.74) | 25.00 (97.51) |")
    assert lines["LSTM-448"].endswith("| 12.50 | 25.00 | 8.1 M |")
    assert lines["LSTM-400"].startswith("| LSTM-400 | - (99.38) |")
    assert lines["Ensemble 2"].endswith("| 12.50 (83.02) | 6.25 | 12.50 |  |")
    assert lines["CICYMiner, 30 %"].startswith("| CICYMiner, 30 % | - (100) | - (97) |")
    assert {line.count("|") for line in [head, *lines.values()]} == {9}


def test_the_first_table_shows_the_best(three_trained):
    _, _, *lines = best_table(three_trained).splitlines()
    assert lines == [
        "| best published ensemble, 72 % | 99.84 | 98.71 | 96.26 | 85.03 |",
        "| CNN-LSTM-400 here | 27.00 | 27.00 | 27.00 | 27.00 |",
        "| Ensemble 2 here | 12.50 | 12.50 | 12.50 | 12.50 |",
    ]


def test_the_table_of_runs_shows_how_networks_were_trained(three_trained):
    lines = runs_table(three_trained).splitlines()[2:]
    assert lines == [
        "| CNN-LSTM-400 | 50 | 256 | 0.06 | 3 | 8.1 M | 12.50 | 7 % |",
        "| LSTM-424 | 50 | 256 | 0.06 | 3 | 8.1 M |  |  |",
        "| LSTM-448 | 50 | 256 | 0.06 | 3 | 8.1 M |  |  |",
    ]


def test_differences_are_between_networks_that_saw_as_many_samples(three_trained):
    lines = differences_table(three_trained).splitlines()[2:]
    assert lines == [
        "| LSTM-424 | LSTM-448 | 8.1 M | -1.00 | -1.00 | -1.00 | -1.00 |",
        "| LSTM-424 | CNN-LSTM-400 | 8.1 M | +1.00 | +1.00 | +1.00 | +1.00 |",
    ]
    path = three_trained / "LSTM-424.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"samples": 1}))
    assert len(differences_table(three_trained).splitlines()) == 2


@pytest.mark.parametrize("place", TABLES, ids=lambda place: place[1])
def test_texts_show_the_records(place):
    path, mark = place
    assert f"<!-- {mark} -->\n{TABLES[place]()}<!-- end of {mark} -->" in path.read_text()


def test_the_limits_are_those_that_were_measured():
    found = read_analysis()["one row more"]["one row more"]
    said = re.search(
        r"right for (\d+), (\d+), (\d+)\s+and (\d+) %", (ROOT / "README.md").read_text()
    )
    assert [int(share) for share in said.groups()] == [round(100 * found[h]) for h in HODGE]


def test_the_table_of_errors_shows_the_records():
    results = read_results()
    table = pd.read_csv(FIGURES / "errors.csv", index_col="network")
    assert {name for name in results if "r2" in results[name]["test"]} == set(table.index)
    assert np.allclose(table, errors_table(results), rtol=1e-5)
    assert np.allclose(table.loc["LSTM-448", "mae_h22"], results["LSTM-448"]["test"]["mae"][3])


def test_a_file_without_marks_is_left_alone(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("no table here")
    with pytest.raises(ValueError, match="no marks"):
        update_table(path, "results", "| new |\n")
    assert path.read_text() == "no table here"
    path.write_text("before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n")
    update_table(path, "results", "| new |\n")
    marked = "<!-- results -->\n| new |\n<!-- end of results -->"
    assert path.read_text() == f"before\n{marked}\nafter\n"


def test_figures_count_what_they_are_given(cicy4):
    matrices, hodge, _ = (array[::500] for array in cicy4)
    points = plot_distributions({"some": hodge}).axes[0].collections[0].get_offsets()
    values, counts = np.unique(hodge[:, 0], return_counts=True)
    assert np.array_equal(points, np.stack([values, counts], axis=1))
    outputs = np.stack([hodge, hodge]).astype(float)
    rounded = hodge + (hodge[:, 1:2] > 0)
    shares = draw_failures(outputs, rounded, matrices, hodge, "").axes[0].lines[0].get_ydata()
    assert shares[0] == 0 and (shares[1:] == 100).all()


def test_figures_show_records_beside_the_published(three_trained):
    results = read_results(three_trained)
    figure = draw_accuracies(results, {"LSTM-448": PUBLISHED["LSTM-448"]})
    beside, axis = figure.axes[2:]
    names = ["Ensemble 2", "LSTM-448", "LSTM-424", "CNN-LSTM-400"]
    assert [label.get_text() for label in beside.get_yticklabels()] == names
    assert axis.lines[-1].get_xdata() == [100 - PUBLISHED["LSTM-448"][3]]
    assert axis.xaxis.get_major_formatter()(0.1) == "99.9"


def test_a_width_alone_is_no_line(three_trained):
    [panel] = draw_widths(read_records(three_trained)).axes
    lines = {line.get_label(): line.get_xydata().tolist() for line in panel.lines}
    assert lines == {"LSTM": [[424, 26], [448, 25]]}
    assert panel.get_title() == "8.1 million samples"
    assert not draw_widths({"LSTM-448": read_records(three_trained)["LSTM-448"]}).axes[0].lines


def test_one_figure_can_be_drawn_alone(tmp_path):
    assert [path.name for path in draw_all(["widths"], tmp_path)] == ["widths.png", "widths.pdf"]
    with pytest.raises(ValueError, match="no figure 'width'; there are hodge_numbers_of_the_list"):
        draw_all(["width"], tmp_path)


FILES = [f"{draw.__name__}.{kind}" for draw in DRAWINGS for kind in ("png", "pdf")]


def test_every_figure_is_there():
    assert {*FILES, "errors.csv"} <= {path.name for path in FIGURES.iterdir()}


def test_no_figure_is_left_that_nothing_draws(committed):
    shown = {path for path in committed if path.startswith(f"{FIGURES.name}/")}
    assert shown == {f"{FIGURES.name}/{name}" for name in [*FILES, "errors.csv"]}


def test_residuals_out_of_range_are_counted_at_the_edge(cicy4):
    hodge = cicy4[1][::5000]
    outputs = hodge + np.array([0.1, 300, -300, 0])
    shades = [
        axis.collections[0].get_array() for axis in plot_residuals(outputs, hodge, "").axes[:4]
    ]
    assert [shade.sum() for shade in shades] == [len(hodge)] * 4
