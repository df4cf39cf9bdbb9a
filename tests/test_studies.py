import json

import numpy as np
import pandas as pd
import pytest

from cicy4 import hodge_numbers
from cicy4.geometry.configuration import unpad
from cicy4.networks.rounding import HODGE
from tools.__main__ import main
from tools.studies import results as studies
from tools.studies import run as study
from tools.studies.analysis import ineffective_splitting
from tools.studies.probes import probe
from tools.studies.results import power_laws, scores, table
from tools.studies.variants import CONSTANT_RATE, STUDIES, Variant, runs

TINY = {"NAME": "LSTM-8", "WIDTH": 8, "EPOCHS": 1, "BATCH": 64}


@pytest.mark.parametrize("name", STUDIES)
def test_every_variant_can_be_made_from_its_notebook(name):
    """What it edits is there, and its parameters are parameters."""
    for variant in STUDIES[name]:
        cells = study.cells_of(study.edited(variant), "code")
        text = "\n".join(cell.source for cell in cells)
        assert all(new in text for _, new in variant.edits)
        assert all(f"\n{key} = " in f"\n{cells[0].source}" for key in variant.parameters)
    assert len(runs(name)) == sum(len(variant.seeds) for variant in STUDIES[name])


def test_a_study_keeps_records_and_goes_on_where_it_stopped(monkeypatch, small_splits, tmp_path):
    plain = ("PREFIX_SHARING = True", "PREFIX_SHARING = False")  # compiles in half the time
    edits = (CONSTANT_RATE, plain)
    broken = (("import math\n", "1 / 0\n"),)
    variants = [Variant("constant", "connectivity", TINY, edits, seeds=(1,))]
    monkeypatch.setitem(
        STUDIES, "tiny", [*variants, Variant("broken", "connectivity", TINY, broken, seeds=(1,))]
    )
    monkeypatch.setattr(study, "splits_with", lambda *_: small_splits)
    # What was begun with other edits is not gone on with.
    begun = tmp_path / "tiny" / "unfinished" / "broken-1"
    (begun / "checkpoints").mkdir(parents=True)
    (begun / "notebook.ipynb").write_text("of another variant")
    failed = study.make_study("tiny", 2, tmp_path)
    assert list(failed) == ["broken-1"] and "ZeroDivisionError" in failed["broken-1"]
    assert not (begun / "checkpoints").exists()
    record = json.loads((tmp_path / "tiny" / "constant-1.json").read_text())
    assert record["edits"] == [list(edit) for edit in edits] and record["parameters"]["SEED"] == 1
    assert "test" not in record
    history = pd.read_csv(tmp_path / "tiny" / "constant-1.csv")
    monkeypatch.setattr(studies, "STUDIED", tmp_path)
    found = scores("tiny")
    assert (
        len(found) == 1 and 0 <= found[HODGE].min(axis=None) <= found[HODGE].max(axis=None) <= 100
    )
    assert found["weighted"].item() == pytest.approx(history["val_hodge_loss"].item(), rel=0.01)

    made = (tmp_path / "tiny" / "constant-1.json").stat().st_mtime_ns
    monkeypatch.setitem(STUDIES, "tiny", variants)
    assert study.make_study("tiny", 1, tmp_path) == {}
    assert (tmp_path / "tiny" / "constant-1.json").stat().st_mtime_ns == made


def test_an_edit_that_is_not_found_is_refused():
    with pytest.raises(ValueError, match="which typo edits: EPOHCS"):
        study.edited(Variant("typo", edits=(("EPOHCS", "EPOCHS"),)))


def test_unknown_studies_are_refused(capsys):
    assert main(["study", "order"]) == 1
    assert "no study 'order'; there are orders" in capsys.readouterr().err


def test_a_table_has_means_and_standard_errors_of_what_the_records_say(monkeypatch, tmp_path):
    monkeypatch.setitem(STUDIES, "two", [Variant("x"), Variant("y", seeds=(1,))])
    monkeypatch.setattr(studies, "STUDIED", tmp_path)
    (tmp_path / "two").mkdir()
    for seed, error in ((1, 0.1), (2, 0.3)):
        accuracy = dict.fromkeys([*HODGE, "all"], 0.9 + error / 10)
        valid = {"mae": [error] * 4, "accuracy": accuracy, "accuracy_with_euler": accuracy}
        record = {"samples": 1000, "validation": valid, "parameters": {"SEED": seed}}
        record |= {"splits": {"order": "connectivity"}, "edits": [], "notebook": "lstm-448"}
        (tmp_path / "two" / f"x-{seed}.json").write_text(json.dumps(record))
    [line] = table(scores("two")).itertuples()
    assert line.Index == "x" and line.seeds == 2
    # 4 + 4 + 1 + 1/4 times the error, over four; half the difference is the standard error
    assert line.weighted == pytest.approx(9.25 / 4 * 0.2)
    assert line[4] == pytest.approx(9.25 / 4 * 0.1)
    assert line.h31 == pytest.approx(92)
    monkeypatch.setitem(STUDIES, "two", [Variant("x", "reading")])
    with pytest.raises(ValueError, match=r"x-1\.json is of another variant than the table has"):
        scores("two")


def test_a_power_law_is_found():
    parts = np.array([2.5, 10, 20, 50])
    errors = 3 * parts**-0.4 + np.array([1, 0, 0, 0])  # a line from 10 per cent on
    curve = pd.DataFrame({"order": "canonical", "part": parts, "weighted": errors})
    single = pd.DataFrame({"order": "connectivity", "part": [72], "weighted": [0.3]})
    assert power_laws(pd.concat([curve, single])) == {"canonical": pytest.approx((-0.4, 3))}


def test_a_row_more_is_another_matrix_of_the_same_manifold(cicy4):
    rng, found = np.random.default_rng(0), 0
    for q, hodge in zip(map(unpad, cicy4[0][::10_000]), cicy4[1][::10_000].tolist(), strict=True):
        larger = ineffective_splitting(q, rng)
        if larger is not None:
            found += 1
            assert len(larger) == len(q) + 1 and list(hodge_numbers(larger)) == hodge
    assert found > 80
    assert ineffective_splitting(np.ones((16, 17), np.uint8), rng) is None  # no room for a row


def test_a_probe_finds_what_is_linear_and_nothing_else():
    rng = np.random.default_rng(0)
    x, other = rng.normal(size=(2, 3000, 10))
    counts = rng.integers(0, 4, (2, 3000, 20))
    weights = rng.normal(size=(10, 20))
    linear = probe(x, other, x @ weights + 7, other @ weights + 7)
    assert linear["r2"] == pytest.approx(1) and linear["features"] == 10
    unrelated = probe(x, other, *counts)
    assert abs(unrelated["r2"]) < 0.02 and unrelated["right"] < 0.5
