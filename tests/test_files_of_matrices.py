import json
import re

import numpy as np
import pandas as pd
import pytest

from cicy4 import hodge_numbers
from cicy4.__main__ import main
from cicy4.data.matrix_files import parse_matrix, read_matrices
from cicy4.data.textformat import published_list, write_list
from cicy4.geometry.configuration import latex, unpad
from cicy4.networks.prediction import predict_given

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
    (tmp_path / "comments.txt").write_text("# some\n" + "  # of the list\n".join(lines))
    (tmp_path / "list.json").write_text(f"[{', '.join(lines)}]")
    (tmp_path / "pretty.json").write_text(json.dumps([unpad(q).tolist() for q in other], indent=1))
    (tmp_path / "list.m").write_text("{" + braces.replace("\n", ",\n") + "}\n")
    (tmp_path / "latex.tex").write_text("\n".join(f"$${latex(unpad(q))}$$" for q in other))
    np.save(tmp_path / "integers.npy", other)
    np.save(tmp_path / "kaggle.npy", (other / 6).astype(np.float32)[..., None])
    tables = [predict_given(path, ["LSTM-400"], exact=True) for path in sorted(tmp_path.iterdir())]
    assert len(tables) == 10
    for table in tables:
        pd.testing.assert_frame_equal(table, tables[0])
        assert (table["error"] == "").all()
        assert table[[f"exact_{h}" for h in HODGE]].to_numpy(int).tolist() == hodge.tolist()


BAD = {
    "[[1, 1], [3]]": "different lengths",
    "[[5]]": "dimension 3, not 4",
    "[[6, 0]]": "column 1 of the matrix is zero",
    "[[-6]]": "entry (0, 0) is -6",
    "[[2, 0], [0, 6]]": "two points",
    "sextic": "not a matrix: 'sextic'",
    "6": "rows and columns",
    "[]": "rows and columns",
    "{}": "rows and columns",
    "[[true, 5]]": "not true or false",
    "[[[6]]]": "rows and columns",
    "[[12345678901234567890123]]": "integers",
    "[[1e999]]": "entry (0, 0) is inf",
    "[[NaN]]": "entry (0, 0) is nan",
    "[" * 100_000: "not a matrix",
    str([[1] * 63]): "more than 62 rows and columns",
}


def test_a_bad_matrix_does_not_lose_the_good_ones(tmp_path):
    path = tmp_path / "matrices.txt"
    path.write_text("[[6]]\n" + "\n".join(BAD) + "\n\n[[2, 1], [1, 2], [0, 3]]\n", "utf-8-sig")
    table = predict_given(path, ["LSTM-400"], exact=True)
    assert table.index[table["error"] == ""].tolist() == [1, len(table)]
    for error, expected in zip(table["error"].iloc[1:-1], BAD.values(), strict=True):
        assert expected in error
    good = table[[f"exact_{h}" for h in HODGE]].iloc[[0, -1]].to_numpy(int).tolist()
    assert good == [[1, 0, 426, 1752], list(hodge_numbers([[2, 1], [1, 2], [0, 3]]))]
    assert table[HODGE].iloc[1:-1].isna().all(axis=None)


def test_one_matrix_over_several_lines_and_lists_of_one(tmp_path):
    path = tmp_path / "matrix.txt"
    path.write_text("[[2, 1],\n [1, 2],\n [0, 3]]\n")
    assert [q.tolist() for q in read_matrices(path)] == [[[2, 1], [1, 2], [0, 3]]]
    path.write_text("[[[6]], [[1, 1], [3]], [[5, 1]]]")
    sextic, ragged, quintic = read_matrices(path)
    assert sextic.tolist() == [[6]] and quintic.tolist() == [[5, 1]]
    assert "different lengths" in str(ragged)


def test_a_column_of_dimensions_is_pointed_out(tmp_path):
    """pyCICY and the papers write the dimension of each projective space before its degrees."""
    path = tmp_path / "matrices.txt"
    path.write_text("[[5, 6]]\n[[3, 4, 0], [3, 1, 3]]\n[[5]]\n")
    one, two, three = predict_given(path, ["LSTM-400"])["error"]
    assert one.endswith("are no column of a matrix, leave them out")
    assert two.endswith("are no column of a matrix, leave them out")
    assert "no column" not in three


def test_lists_of_one_record_and_lists_that_are_cut_off(cicy4, tmp_path):
    path = tmp_path / "list.txt"
    write_list(path, published_list(*(array[:1] for array in cicy4)))
    assert [q.tolist() for q in read_matrices(path)] == [[[6]]]
    write_list(path, published_list(*(array[:3] for array in cicy4)))
    path.write_text("\n".join(path.read_text().splitlines()[:2]))
    *whole, end = read_matrices(path)
    assert len(whole) == 2 and "cut off" in str(end)


def test_latex_without_spaces_and_what_is_no_number(tmp_path):
    path = tmp_path / "matrices.tex"
    path.write_text("""
        \\begin{pmatrix} 1 & 1 \\\\ 4 & 1 \\end{pmatrix} and
        \\begin{array}{c|c} \\mathbb P^5 & x \\end{array}""")
    good, bad = read_matrices(path)
    assert good.tolist() == [[1, 1], [4, 1]]
    assert "not a matrix in LaTeX" in str(bad)
    assert parse_matrix(r"\begin{matrix}6\end{matrix}") == [[6]]


def test_a_file_that_is_no_list_is_refused(tmp_path):
    (tmp_path / "X.npy").write_bytes(b"\x93NUMPY and no more")
    with pytest.raises(ValueError, match=r"X\.npy is not an npy file"):
        read_matrices(tmp_path / "X.npy")
    np.save(tmp_path / "Y.npy", np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"shape \(3, 4\)"):
        read_matrices(tmp_path / "Y.npy")
    for name, array in {
        "complex": np.ones((1, 2, 2), complex),
        "bool": np.ones((1, 2, 2), bool),
    }.items():
        np.save(tmp_path / "Z.npy", array)
        with pytest.raises(ValueError, match=f"holds {name}"):
            read_matrices(tmp_path / "Z.npy")
    with open(tmp_path / "W.npy", "wb") as file:
        np.savez(file, X=np.ones((1, 2, 2)))
    with pytest.raises(ValueError, match=r"W\.npy is not an npy file but an archive"):
        read_matrices(tmp_path / "W.npy")
    with pytest.raises(ValueError, match=r"/dev/zero is a device"):
        read_matrices("/dev/zero")
    (tmp_path / "latin.txt").write_bytes(b"[[6]] \xe9")
    with pytest.raises(ValueError, match=r"latin\.txt is not text in UTF-8"):
        read_matrices(tmp_path / "latin.txt")


def test_arrays_of_any_size_and_with_zero_matrices(tmp_path):
    array = np.zeros((3, 3, 30))
    array[0, 1, 7] = array[2, 0, 29] = 1
    array[2, 2, 29] = np.nan
    np.save(tmp_path / "X.npy", array)
    sextic, zero, bad = read_matrices(tmp_path / "X.npy")
    assert sextic.tolist() == [[6]] and "shape (0, 0)" in str(zero) and "nan" in str(bad)
    np.save(tmp_path / "Y.npy", np.ones((1, 5, 2)))
    assert read_matrices(tmp_path / "Y.npy")[0].tolist() == [[1, 1]] * 5


def test_the_command_writes_csv_and_says_what_was_refused(tmp_path, capsys):
    (tmp_path / "matrices.txt").write_text("[[6]]\n[[5]]\n")
    assert main(["predict", str(tmp_path / "matrices.txt"), "--exact"]) == 1
    run = capsys.readouterr()
    assert "1 predicted" in run.err and "1 refused" in run.err
    lines = run.out.splitlines()
    assert lines[0].startswith(
        "matrix,h11,h21,h31,h22,euler,source,probability,number,split,reduced_to,"
    )
    assert lines[1].endswith(",1,0,426,1752,True,") and "dimension 3, not 4" in lines[2]
    assert re.search(r",2610,networks,0\.\d{1,4},1,valid,", lines[1])


def test_the_command_writes_json_lines(tmp_path, capsys):
    (tmp_path / "matrices.txt").write_text("[[6]]\n[[3,0],[0,5]]\n[[5]]\n")
    words = ["predict", str(tmp_path / "matrices.txt"), "--format", "json", "--models", "LSTM-400"]
    assert main(words) == 1
    sextic, product, bad = map(json.loads, capsys.readouterr().out.splitlines())
    assert (sextic["matrix"], sextic["euler"], sextic["number"]) == (1, 2610, 1)
    # A torus times the quintic: chi = 0, and no number in the list of fourfolds.
    assert (product["h31"], product["euler"], product["number"]) == (102, 0, None)
    assert bad["euler"] is None and "dimension 3" in bad["error"]
