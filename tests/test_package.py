"""What `pip install` brings, and what a user sees of it first."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

import cicy4
from cicy4.__main__ import main
from cicy4.files import ROOT
from cicy4.networks.rounding import HODGE


def test_public_names_are_listed_before_they_are_imported():
    code = "import sys, cicy4; print(*dir(cicy4)); sys.exit('numba' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {*cicy4.__all__, "__version__"} <= set(ran.stdout.split())


def test_editors_see_the_names_that_there_are():
    seen = {}
    exec((ROOT / "cicy4" / "__init__.pyi").read_text(), seen)
    assert {name: seen.get(name) for name in cicy4.__all__} == {
        name: getattr(cicy4, name) for name in cicy4.__all__
    }


def test_who_cites_the_repository_names_its_version():
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert cited[1] == cicy4.__version__


def test_the_wheel_brings_the_solver_the_list_and_a_command(tmp_path):
    """Unpacked out_of_distribution, and used without Keras and without the repository."""
    hatchling = pytest.importorskip("hatchling.builders.wheel")
    [wheel] = hatchling.WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if name.startswith("tools")]
        archive.extractall(tmp_path / "site")
    for compiled in (ROOT / "cicy4").rglob("__pycache__"):  # Numba takes them for sources as old
        there = tmp_path / "site" / compiled.parent.relative_to(ROOT)
        shutil.copytree(compiled, there / compiled.name)
        for source in there.glob("*.py"):
            shutil.copystat(compiled.with_name(source.name), source)
    [scripts] = (tmp_path / "site").glob("cicy4-*/entry_points.txt")
    assert "cicy4 = cicy4.__main__:main" in scripts.read_text()
    code = (
        "import sys; sys.modules['keras'] = sys.modules['tensorflow'] = None\n"
        "import cicy4; from cicy4.__main__ import main\n"
        "main(['hodge', '[[6]]']); main(['identify', '[[6, 0], [1, 1]]']); print(cicy4.__file__)"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    words = [sys.executable, "-c", code]
    ran = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "(h11=1, h21=0, h31=426, h22=1752)\nEuler number 2610\n" in ran.stdout, ran.stderr
    assert "number 1 of dimension 4" in ran.stdout
    assert ran.stdout.splitlines()[-1] == str(tmp_path / "site" / "cicy4" / "__init__.py")


def test_a_clone_that_is_not_installed_answers():
    """Where no metadata of a package says the version."""
    code = (
        "import sys, importlib.metadata as m; of = m.version\n"
        "m.version = lambda name: of('no-' + name if name == 'cicy4' else name)\n"
        "from cicy4.__main__ import main; sys.exit(main(['hodge', '[[6]]']))"
    )
    words = [sys.executable, "-c", code]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0 and "h31=426" in ran.stdout, ran.stderr


def test_a_matrix_is_predicted_as_it_is_typed(capsys):
    words = ["predict", "[[2,1],[1,2],[0,3]]", "--models", "LSTM-400", "--format", "json"]
    assert main(words) == 0
    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    assert [line[name] for name in ("matrix", *HODGE)] == [1, 3, 0, 172, 744]
    assert main(["predict", "no such file"]) == 1
    assert "no such file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["predict", "[[2,1"])
    assert "not a matrix: '[[2,1'" in capsys.readouterr().err


def test_nothing_is_imported_from_above():
    """Geometry stands alone, then come data and networks; the library does not know the tools."""
    rooms = ["geometry", "data", "networks"]
    for path in (ROOT / "cicy4").rglob("*.py"):
        text = path.read_text()
        assert not re.search(r"^\s*(from|import) tools\b", text, re.MULTILINE)
        if path.parent.name in rooms:
            found = set(re.findall(r"^\s*from cicy4\.(\w+)\.", text, re.MULTILINE))
            assert found <= set(rooms[: rooms.index(path.parent.name) + 1]), path
