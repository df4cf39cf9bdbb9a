import json
import shutil

import numpy as np
import pandas as pd
import pytest

from cicy4.networks.architectures import ARCHITECTURES, ENSEMBLES, TRAINED
from cicy4.networks.rounding import HODGE
from cicy4.results.figures import (
    FIGURES,
    draw_accuracies,
    draw_distributions,
    draw_failures,
    draw_hours,
    draw_widths,
    errors_table,
)
from cicy4.results.published import PUBLISHED, PUBLISHED_HOURS
from cicy4.results.records import LARGER, read_records, read_results
from cicy4.results.tables import differences_table, results_table, update_table


def scores(share):
    shares = dict.fromkeys([*HODGE, "all"], share)
    related = {**shares, "all": share / 2}
    return {"accuracy": shares, "accuracy_with_relation": related, "accuracy_with_euler": shares}


@pytest.fixture
def three_trained(tmp_path):
    """Records of the members of Ensemble 2, and of the ensemble."""
    for i, name in enumerate(ENSEMBLES["Ensemble 2"]):
        record = {"model": name, "samples": 8_140_800, "seconds": 7200}
        record |= {"test": scores(0.25 + i / 100), "hardware": "a GPU"}
        if name == "CNN-LSTM-400":
            record["branch"] = {"on": 0.07, "accuracy_without": {"h22": 0.125}}
        (tmp_path / f"{name}.json").write_text(json.dumps(record))
    (tmp_path / "ensembles.json").write_text(json.dumps({"Ensemble 2": {"test": scores(0.125)}}))
    return tmp_path


def test_the_table_shows_what_there_is_beside_the_published(three_trained):
    shutil.copytree(three_trained, three_trained / LARGER)
    head, _, *lines = results_table(three_trained).splitlines()
    lines = {line.split(" |")[0].removeprefix("| "): line for line in lines}
    assert list(lines) == [
        *PUBLISHED,
        "best published ensemble",
        *("CNN-LSTM-400, 80 %", "LSTM-424, 80 %", "LSTM-448, 80 %"),
        *("Ensemble 1, 80 %", "Ensemble 2, 80 %"),
    ]
    assert set(PUBLISHED) == {*ARCHITECTURES, *ENSEMBLES}
    assert lines["LSTM-448"].startswith("| LSTM-448 | 25.00 (99.74) | 25.00 (97.51) |")
    assert lines["LSTM-448"].endswith("| 12.50 | 25.00 | 8.1 M | 2.0 |  |")
    assert lines["CNN-LSTM-400"].endswith("| 8.1 M | 2.0 | 12.50, 7 % on |")
    assert lines["LSTM-400"].startswith("| LSTM-400 | – (99.38) |")
    assert lines["Ensemble 2"].endswith("| 12.50 (83.02) | 6.25 | 12.50 |  |  |  |")
    assert lines["LSTM-448, 80 %"].startswith("| LSTM-448, 80 % | 25.00 (99.85) |")
    assert lines["CNN-LSTM-400, 80 %"].startswith("| CNN-LSTM-400, 80 % | 27.00 | 27.00 |")
    assert {line.count("|") for line in [head, *lines.values()]} == {11}


def test_differences_are_between_networks_that_saw_as_many_samples(three_trained):
    lines = differences_table(three_trained).splitlines()[2:]
    assert lines == [
        "| LSTM-424 | LSTM-448 | 8.1 M | -1.00 | -1.00 | -1.00 | -1.00 |",
        "| LSTM-424 | CNN-LSTM-400 | 8.1 M | +1.00 | +1.00 | +1.00 | +1.00 |",
    ]
    path = three_trained / "LSTM-424.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"samples": 1}))
    assert len(differences_table(three_trained).splitlines()) == 2


def test_readme_and_recipe_show_the_records():
    assert f"<!-- results -->\n{results_table()}<!--" in (TRAINED.parent / "README.md").read_text()
    recipe = (TRAINED / "recipe.md").read_text()
    assert f"<!-- differences -->\n{differences_table()}<!--" in recipe


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
    points = draw_distributions({"some": hodge}).axes[0].collections[0].get_offsets()
    values, counts = np.unique(hodge[:, 0], return_counts=True)
    assert np.array_equal(points, np.stack([values, counts], axis=1))
    outputs = np.stack([hodge, hodge]).astype(float)
    rounded = hodge + (hodge[:, 1:2] > 0)
    shares = draw_failures(outputs, rounded, matrices, hodge, "").axes[0].lines[0].get_ydata()
    assert shares[0] == 0 and (shares[1:] == 100).all()


def test_figures_show_records_beside_the_published(three_trained):
    ours, theirs = draw_hours(read_records(three_trained)).axes[0].lines
    assert np.allclose(ours.get_xydata(), [(2, 100 - h22) for h22 in (27, 26, 25)])
    assert list(theirs.get_xdata()) == list(PUBLISHED_HOURS.values())
    assert set(PUBLISHED_HOURS) == set(ARCHITECTURES)
    panel = draw_widths(read_records(three_trained)).axes[0]
    points = {line.get_label(): line.get_xydata().tolist() for line in panel.lines}
    none = {"CNN-GRU": [], "ResNet-GRU": []}
    assert points == {"CNN-LSTM": [[400, 27]], "LSTM": [[424, 26], [448, 25]], **none}
    assert panel.get_title() == "8.1 million samples"
    alone = {"LSTM-448": read_records(three_trained)["LSTM-448"]}
    assert draw_widths(alone).axes[0].lines[-1].get_xydata().tolist() == [[448, 25]]
    axis = draw_accuracies(read_results(three_trained), {"LSTM-448": PUBLISHED["LSTM-448"]}).axes[3]
    assert axis.get_yticklabels()[0].get_text() == "Ensemble 2"
    assert axis.lines[-1].get_xdata() == [100 - PUBLISHED["LSTM-448"][3]]
    assert axis.xaxis.get_major_formatter()(0.1) == "99.9"
