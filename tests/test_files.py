import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from cicy4.files import read_json, replacing


def test_a_failed_write_leaves_the_good_file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("good")
    with pytest.raises(OSError, match="No space left"), replacing(path) as temporary:
        temporary.write_text("ha")
        raise OSError(28, "No space left on device")
    assert path.read_text() == "good"
    assert list(tmp_path.iterdir()) == [path]


def test_threads_that_write_one_file_leave_a_whole_one(tmp_path):
    path = tmp_path / "x.txt"

    def write(letter):
        for _ in range(20):
            with replacing(path) as temporary:
                temporary.write_text(letter * 100_000)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, "abcd"))
    assert len(text := path.read_text()) == 100_000 and len(set(text)) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_damaged_json_is_named(tmp_path):
    path = tmp_path / "x.json"
    for text in ("", "{", "[" * 100_000):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"x\.json is not JSON or is damaged"):
            read_json(path)
    path.write_text("null")
    with pytest.raises(ValueError, match=r"x\.json holds no dict but None"):
        read_json(path)


def test_the_target_of_a_link_is_replaced(tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    with replacing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink() and target.read_text() == "new"


def test_a_device_stays_one():
    with replacing("/dev/null") as path:
        path.write_text("nothing")
    assert not os.path.isfile("/dev/null")


def test_the_file_that_output_is_redirected_to_is_not_replaced(tmp_path):
    script = (
        "from cicy4.files import replacing\n"
        "print('before', flush=True)\n"
        "with replacing('/dev/stdout') as path:\n"
        "    open(path, 'a').write('table\\n')\n"
    )
    with open(tmp_path / "out.txt", "w") as file:
        subprocess.run([sys.executable, "-c", script], stdout=file, check=True)
    assert (tmp_path / "out.txt").read_text() == "before\ntable\n"


def test_what_a_killed_process_left_behind_is_removed(tmp_path):
    script = (
        "import os, signal, sys\n"
        "from cicy4.files import replacing\n"
        "with replacing(sys.argv[1]) as path:\n"
        "    path.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "list.txt"
    path.write_text("good")
    subprocess.run([sys.executable, "-c", script, path])
    assert path.read_text() == "good" and len(list(tmp_path.iterdir())) == 2
    with replacing(path) as temporary:
        temporary.write_text("better")
    assert [p.name for p in tmp_path.iterdir()] == ["list.txt"] and path.read_text() == "better"
