import pytest

from cicy4.files import replacing


def test_a_failed_write_leaves_the_good_file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("good")
    with pytest.raises(OSError, match="No space left"), replacing(path) as temporary:
        temporary.write_text("ha")
        raise OSError(28, "No space left on device")
    assert path.read_text() == "good"
    assert list(tmp_path.iterdir()) == [path]
