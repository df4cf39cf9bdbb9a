"""Where the files are, and writing them so that half of one never replaces a good one."""

import json
import os
import threading
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # of the repository, if this is a checkout
DEVICES = [("/", "dev"), ("/", "proc")]  # /dev/stdout may stand for an open file


@contextmanager
def replacing(path):
    """Yield a temporary path beside ``path``; rename it over ``path`` on success.

    On an exception, a full disk included, the temporary file is removed and whatever
    ``path`` held before is untouched.  The suffix is kept, since Keras and NumPy look
    at it.  Of a symbolic link the target is replaced; a device or a pipe is written to as it is.
    What a killed process left behind is removed by the next one that writes the same file.
    """
    given, path = Path(path), Path(os.path.realpath(path))
    if given.parts[:2] in DEVICES or (path.exists() and not path.is_file()):
        yield given
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.stem}.*-*.part{path.suffix}"):
        if not runs(left.name.split(".")[-3 if path.suffix else -2].split("-")[0]):
            left.unlink(missing_ok=True)
    writer = f"{os.getpid()}-{threading.get_ident()}"
    temporary = path.with_name(f".{path.stem}.{writer}.part{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path, kind=dict):
    """What is in a JSON file: an object, or another ``kind``.

    Raises:
        ValueError: it is not JSON, or of another kind.
    """
    try:
        value = json.loads(Path(path).read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON or is damaged: {error}") from error
    if not isinstance(value, kind):
        raise ValueError(f"{path} holds no {kind.__name__} but {str(value)[:60]}")
    return value


def write_json(path, value) -> None:
    """Write a JSON file; an existing one is replaced at the end."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1) + "\n")


def runs(process) -> bool:
    """Whether a process of this number is there, or this is no number, or Windows cannot say."""
    if os.name == "nt":  # where os.kill would end it
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (ValueError, PermissionError):
        pass
    return True
