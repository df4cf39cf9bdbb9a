import pytest

from cicy4.files import find_file, replacing


def test_a_failed_write_leaves_the_good_file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("good")
    with pytest.raises(OSError, match="No space left"), replacing(path) as temporary:
        temporary.write_text("ha")
        raise OSError(28, "No space left on device")
    assert path.read_text() == "good"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_nearest_to_the_top_is_found(tmp_path):
    for path in ("b/x.npy", "b/deep/y.npy", "c/deep/y.npy", "c/z.npy"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    folders = [tmp_path / name for name in "abc"]
    assert find_file("*.npy", folders) == tmp_path / "b" / "x.npy"
    assert find_file("y.npy", folders) == tmp_path / "b" / "deep" / "y.npy"
    assert find_file("*.npy", folders[2:]) == tmp_path / "c" / "z.npy"
    with pytest.raises(FileNotFoundError, match=r"no \*\.keras in or below .*a, .*b, .*c"):
        find_file("*.keras", folders)
