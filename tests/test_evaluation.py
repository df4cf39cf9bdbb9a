import json
import shutil

import numpy as np
import pytest

from cicy4.evaluation import (
    PUBLISHED,
    all_tables,
    best_on_validation,
    error_measures,
    results_tables,
    update_readme,
    with_ensembles,
)
from cicy4.figures import draw_distributions, draw_failures, draw_network
from cicy4.hodge import HODGE
from cicy4.inference import LARGER, TRAINED
from cicy4.models import ARCHITECTURES, ENSEMBLES, build_model


def scores(share):
    shares = dict.fromkeys([*HODGE, "all"], share)
    related = {**shares, "all": share / 2}
    return {
        "mae": [0.1] * 4,
        "accuracy": shares,
        "accuracy_with_relation": related,
        "accuracy_with_euler": shares,
    }


@pytest.fixture
def three_trained(tmp_path):
    """Records of the members of Ensemble 2, and of the ensemble."""
    for i, name in enumerate(ENSEMBLES["Ensemble 2"]):
        both = {"validation": scores(0.5 + i / 100), "test": scores(0.25 + i / 100)}
        record = {"model": name, "samples": 1_500_000, "inherited_samples": 500_000, **both}
        (tmp_path / f"{name}.json").write_text(json.dumps(record))
    ensemble = {"members": [], "validation": scores(0.75), "test": scores(0.125)}
    (tmp_path / "ensembles.json").write_text(json.dumps({"Ensemble 2": ensemble}))
    return tmp_path


def test_an_ensemble_is_the_mean_of_its_members():
    outputs = {"LSTM-448": np.array([[1.0, 2]]), "CNN-LSTM-400": np.array([[3.0, 8]])}
    together = with_ensembles(outputs)
    assert list(together) == ["LSTM-448", "CNN-LSTM-400", "Ensemble 1"]
    assert together["Ensemble 1"].tolist() == [[2, 5]]


def test_error_measures_by_hand():
    hodge = np.array([[1, 0, 20, 204], [3, 2, 40, 240]])
    measures = error_measures(hodge + np.array([[0.5, 0, 2, -4], [-0.5, 0, -2, 4]]), hodge)
    assert measures["MAE"] == {"h11": 0.5, "h21": 0, "h31": 2, "h22": 4}
    assert measures["MSE"] == {"h11": 0.25, "h21": 0, "h31": 4, "h22": 16}
    assert measures["R2"]["h11"] == pytest.approx(1 - 0.25) and measures["R2"]["h21"] == 1


def test_tables_show_what_there_is_beside_the_published(three_trained):
    raw, exact = results_tables(three_trained).split("\n\n")
    lines = {line.split(" |")[0].removeprefix("| "): line for line in raw.splitlines()[2:]}
    assert list(lines) == list(PUBLISHED) == [*ARCHITECTURES, *ENSEMBLES]
    assert lines["LSTM-448"].startswith("| LSTM-448 | 2.00 | 25.00 (99.74) | 25.00 (97.51) |")
    assert lines["LSTM-400"].startswith("| LSTM-400 | not yet trained | (99.38) |")
    assert lines["Ensemble 2"].endswith("| 12.50 (83.02) | 12.50 | 6.25 |")
    assert "members missing" in lines["Ensemble 3"]
    assert len(exact.splitlines()) == 2 + 4


def test_models_trained_on_more_have_their_own_tables(three_trained):
    assert all_tables(three_trained) == results_tables(three_trained)
    shutil.copytree(three_trained, three_trained / LARGER)
    assert all_tables(three_trained).startswith(results_tables(three_trained))
    assert all_tables(three_trained).count("| LSTM-448 | 2.00 |") == 2
    assert all_tables(three_trained).count("| 25.00 (99.85) | 25.00 (98.66) |") == 1


def test_the_best_is_chosen_on_the_validation_split(three_trained):
    assert best_on_validation(three_trained) == ("Ensemble 2", ENSEMBLES["Ensemble 2"])
    (three_trained / "ensembles.json").unlink()
    assert best_on_validation(three_trained) == ("CNN-LSTM-400", ("CNN-LSTM-400",))
    with pytest.raises(ValueError, match="no complete ensemble"):
        best_on_validation(three_trained, ensembles_only=True)


def test_the_readme_shows_the_records():
    assert f"<!-- results -->\n{all_tables()}<!--" in (TRAINED.parent / "README.md").read_text()


def test_a_readme_without_marks_is_left_alone(tmp_path, three_trained):
    path = tmp_path / "README.md"
    path.write_text("no table here")
    with pytest.raises(ValueError, match="no marks"):
        update_readme(path, three_trained)
    path.write_text("before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n")
    update_readme(path, three_trained)
    text = path.read_text()
    assert text.startswith("before\n<!-- results -->\n| raw") and text.endswith("-->\nafter\n")
    assert "old" not in text


@pytest.mark.parametrize("name", ["LSTM-400", "CNN-GRU-384", "ResNet-GRU-256"])
def test_a_diagram_has_a_box_for_each_layer(name):
    texts = [text.get_text() for text in draw_network(build_model(name)).axes[0].texts]
    boxes = [text for text in texts if text]
    lstm = ["matrix", "LSTM", "LSTM", "Dense", "Dense", "Rescaling"]
    expected = {"LSTM-400": 6, "CNN-GRU-384": 6 + 7, "ResNet-GRU-256": 6 + 9 + 2 + 1}[name]
    assert len(boxes) == expected
    if name == "LSTM-400":
        assert sorted(box.split()[0] for box in boxes) == sorted(lstm)


def test_figures_count_what_they_are_given(cicy4):
    matrices, hodge, _ = (array[::500] for array in cicy4)
    points = draw_distributions({"some": hodge}).axes[0].collections[0].get_offsets()
    values, counts = np.unique(hodge[:, 0], return_counts=True)
    assert np.array_equal(points, np.stack([values, counts], axis=1))
    outputs = np.stack([hodge, hodge]).astype(float)
    rounded = hodge + (hodge[:, 1:2] > 0)
    shares = draw_failures(outputs, rounded, matrices, hodge, "").axes[0].lines[0].get_ydata()
    assert shares[0] == 0 and (shares[1:] == 100).all()
