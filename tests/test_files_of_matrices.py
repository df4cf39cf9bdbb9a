import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cicy4 import hodge_numbers
from cicy4.data.matrix_files import read_matrices
from cicy4.data.textformat import published_list, write_list
from cicy4.geometry.configuration import unpad
from cicy4.networks.prediction import predict_file

ROOT = Path(__file__).resolve().parent.parent
HODGE = ["h11", "h21", "h31", "h22"]


def test_every_format_gives_the_same(cicy4, tmp_path):
    rng = np.random.default_rng(5)
    X, hodge, direct = (array[7::90_000] for array in cicy4)
    other = X[:, rng.permutation(16)][:, :, rng.permutation(20)]
    write_list(tmp_path / "published.txt", published_list(X, hodge, direct))
    lines = [str(unpad(q).tolist()) for q in other]
    (tmp_path / "brackets.txt").write_text("\n".join(lines) + "\n")
    braces = "\n".join(lines).replace("[", "{").replace("]", "}")
    (tmp_path / "braces.txt").write_text(braces)
    np.save(tmp_path / "integers.npy", other)
    np.save(tmp_path / "kaggle.npy", (other / 6).astype(np.float32)[..., None])
    tables = [predict_file(path, ["LSTM-400"], exact=True) for path in sorted(tmp_path.iterdir())]
    assert len(tables) == 5
    for table in tables:
        pd.testing.assert_frame_equal(table, tables[0])
        assert (table["error"] == "").all()
        assert table[[f"exact_{h}" for h in HODGE]].to_numpy(int).tolist() == hodge.tolist()


def test_one_model_agrees_with_itself(cicy4, tmp_path):
    np.save(tmp_path / "X.npy", cicy4[0][:5])
    assert predict_file(tmp_path / "X.npy", ["LSTM-424"])["agree"].all()


BAD = {
    "[[1, 1], [3]]": "different lengths",
    "[[5]]": "dimension 3, not 4",
    "[[6, 0]]": "column 1 of the matrix is zero",
    "[[-6]]": "entry (0, 0) is -6",
    "[[3, 0], [0, 5]]": "product of smaller manifolds",
    "sextic": "not a matrix: 'sextic'",
    "6": "rows and columns",
}


def test_a_bad_matrix_does_not_lose_the_good_ones(tmp_path):
    path = tmp_path / "matrices.txt"
    path.write_text("[[6]]\n" + "\n".join(BAD) + "\n\n[[2, 1], [1, 2], [0, 3]]\n")
    table = predict_file(path, ["LSTM-400"], exact=True)
    assert table.index[table["error"] == ""].tolist() == [1, len(table)]
    for error, expected in zip(table["error"].iloc[1:-1], BAD.values(), strict=True):
        assert expected in error
    good = table[[f"exact_{h}" for h in HODGE]].iloc[[0, -1]].to_numpy(int).tolist()
    assert good == [[1, 0, 426, 1752], list(hodge_numbers([[2, 1], [1, 2], [0, 3]]))]
    assert table[HODGE].iloc[1:-1].isna().all(axis=None)


def test_a_file_that_is_no_list_is_refused(tmp_path):
    (tmp_path / "X.npy").write_bytes(b"\x93NUMPY and no more")
    with pytest.raises(ValueError, match=r"X\.npy is not an npy file"):
        read_matrices(tmp_path / "X.npy")
    np.save(tmp_path / "Y.npy", np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"shape \(3, 4\)"):
        read_matrices(tmp_path / "Y.npy")


def test_the_command_writes_csv_and_says_what_was_refused(tmp_path):
    (tmp_path / "matrices.txt").write_text("[[6]]\n[[5]]\n")
    run = subprocess.run(
        [sys.executable, "-m", "cicy4", "predict", tmp_path / "matrices.txt", "--exact"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1 and "1 predicted, 1 refused" in run.stderr
    lines = run.stdout.splitlines()
    assert lines[0].startswith("matrix,h11,h21,h31,h22,agree,exact_h11")
    assert lines[1].endswith(",1,0,426,1752,") and "dimension 3, not 4" in lines[2]
