"""Finding files, and writing them so that a good one is never replaced by half of another."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path):
    """Yield a temporary path beside ``path``; rename it over ``path`` on success.

    On an exception, a full disk included, the temporary file is removed and whatever
    ``path`` held before is untouched.  The suffix is kept, since Keras and NumPy look
    at it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def find_file(pattern, folders) -> Path:
    """The file nearest to the top of the first folder that holds one.

    Args:
        pattern: of its name.
        folders: to be looked through with all that is below them; some may not exist.

    Raises:
        FileNotFoundError: there is no such file.
    """
    for folder in folders:
        found = Path(folder).rglob(pattern)
        for path in sorted(found, key=lambda path: (len(path.parts), path)):
            return path
    raise FileNotFoundError(f"no {pattern} in or below {', '.join(map(str, folders))}")
