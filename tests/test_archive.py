import numpy as np
import pytest

from cicy4 import hodge_numbers_batch, load_cicy4
from cicy4.data.archive import ARCHIVE
from cicy4.data.textformat import disagreements, published_list, read_list, write_list
from cicy4.geometry.canonical_form import canonical
from cicy4.geometry.hodge import connected_fourfolds, euler_from_hodge


def test_published_statistics(cicy4):
    """arXiv:1303.1832 and 1405.2073."""
    matrices, hodge, direct = cicy4
    rows, columns = matrices.any(axis=2).sum(axis=1), matrices.any(axis=1).sum(axis=1)
    assert matrices.shape == (905_684, 16, 20)
    assert (matrices.dtype, hodge.dtype) == (np.uint8, np.int16)
    assert (rows.max(), columns.max(), matrices.max()) == (16, 20, 6)
    assert hodge.min(axis=0).tolist() == [1, 0, 20, 204]
    assert hodge.max(axis=0).tolist() == [24, 33, 426, 1752]
    assert round(100 * (hodge[:, 0] == rows).mean(), 2) == 54.49
    euler = euler_from_hodge(hodge.astype(int))
    assert (euler.min(), euler.max()) == (288, 2610)
    assert not direct.any()


def test_every_label_is_what_the_solver_says_today(cicy4):
    matrices, hodge, _ = cicy4
    assert np.array_equal(hodge_numbers_batch(matrices), hodge)


def test_matrices_are_canonical_and_different(cicy4):
    matrices = cicy4[0]
    assert np.array_equal(canonical(matrices[::20]), matrices[::20])
    assert len({q.tobytes() for q in matrices}) == len(matrices)


def test_products_are_appended():
    """Of two elliptic curves, nine K3 surfaces and 7,868 threefolds (1303.1832)."""
    matrices, hodge, direct = load_cicy4(products=True)
    assert (len(matrices), direct.sum()) == (921_497, 15_813)
    assert not connected_fourfolds(matrices[direct]).any()
    products = hodge[direct].astype(int)
    k3_squared, *others = (
        (products == numbers).all(axis=1)
        for numbers in ([40, 0, 40, 404], [24, 44, 24, 84], [16, 24, 16, 36])
    )
    assert k3_squared.sum() == 9 * 10 / 2
    assert [other.sum() for other in others] == [3 * 9, 5]  # T^4 x K3, T^8
    # The others are T^2 x X, with h11(X) + 1, h11(X) + h21(X), h21(X) + 1, 2 h11(X) + 2 h21(X).
    h11, h21, h31, h22 = products[~k3_squared & ~np.any(others, axis=0)].T
    assert len(h11) == 2 * 7868
    assert np.array_equal(h21, h11 + h31 - 2) and np.array_equal(h22, 2 * h21)
    assert (h11 - h31).min() == -100 and (h11 - h31).max() == 0  # half the Euler number of X
    # A factor of odd dimension makes the Euler number 0, K3 has 24.
    euler = published_list(matrices[direct], products, direct[direct]).euler
    assert np.array_equal(euler, 24**2 * k3_squared)


@pytest.mark.parametrize("damage", ["truncated", "altered", "foreign"])
def test_a_damaged_archive_is_refused(tmp_path, damage):
    path = tmp_path / "cicy4.npz"
    if damage == "foreign":
        np.savez(path, matrices=np.zeros((2, 3)))
    else:
        content = bytearray(ARCHIVE.read_bytes())
        if damage == "truncated":
            content = content[: len(content) // 2]
        else:
            content[len(content) // 2] ^= 255
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cicy4\.npz"):
        load_cicy4(path=path)


def test_a_missing_archive_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="make dataset"):
        load_cicy4(path=tmp_path / "none.npz")


FIRST = "{1, 1, 1, {{6}}, 2610, False, 1, 0, 426, 1752, True}"
PRODUCT = "{2, 2, 2, {{3, 0}, {0, 5}}, 0, True, 2, Null, 102, 204, Null}"


def test_published_first_record(cicy4, tmp_path):
    """The sextic, as the published list begins."""
    path = tmp_path / "list.txt"
    write_list(path, published_list(*(array[:3] for array in cicy4)))
    lines = path.read_text().splitlines()
    assert len(lines) == 3 and lines[0] == "{" + FIRST + "," and lines[-1].endswith("}}")


def test_text_format_goes_both_ways(cicy4, tmp_path):
    written = published_list(*(array[::3000] for array in cicy4))
    write_list(tmp_path / "list.txt", written)
    read = read_list(tmp_path / "list.txt")
    for name in ("number", "matrices", "euler", "direct", "hodge", "favourable"):
        assert np.array_equal(getattr(read, name), getattr(written, name))
    assert disagreements(read) == []


def test_null_entries_survive_and_wrong_labels_are_reported(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("{" + FIRST + ", \n" + PRODUCT + "}\n")
    records = read_list(path)
    assert records.hodge.tolist() == [[1, 0, 426, 1752], [2, -1, 102, 204]]
    assert disagreements(records) == []
    write_list(tmp_path / "again.txt", records)
    assert PRODUCT in (tmp_path / "again.txt").read_text()
    path.write_text("{" + FIRST.replace("2610", "2611").replace("426", "425") + "}")
    wrong = "\n".join(disagreements(read_list(path)))
    assert "record 1: euler 2611, computed 2610" in wrong
    assert "record 1: hodge [1, 0, 425, 1752]" in wrong


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{" + FIRST + ",\n" + FIRST[:-9] + "}}", "record 2 is malformed"),
        ("{" + FIRST + ",\n" + FIRST + ",\n", "ends after record 2"),
        ("{" + FIRST.replace("{{6}}", "{{6, 1}}") + "}", r"record 1: not a 1 x 1 matrix"),
        ("{" + FIRST.replace("{{6}}", "{{-6}}") + "}", "record 1: an entry"),
        ("{" + FIRST.replace("{{6}}", "{{x}}") + "}", "record 1: an entry"),
        ("{" + FIRST.replace("{{6}}", "{{0}}") + "}", "record 1: the matrix has a zero"),
        ("{" + FIRST + "}\n" + FIRST, "goes on after the end"),
        ("nothing", "opening brace"),
    ],
)
def test_malformed_lists_are_refused(tmp_path, text, message):
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_list(path)


@pytest.mark.parametrize(
    ("matrix", "message"), [("{{5}}", "record 2 does not have"), ("{{2}}", "record 2: ")]
)
def test_a_record_that_is_no_fourfold_is_named(tmp_path, matrix, message):
    record = "{{{}, 1, 1, {}, 2610, False, 1, 0, 426, 1752, True}}"
    path = tmp_path / "list.txt"
    path.write_text("{" + record.format(1, "{{6}}") + ",\n" + record.format(2, matrix) + "}\n")
    with pytest.raises(ValueError, match=message):
        disagreements(read_list(path))
