"""Writing files so that a good one is never replaced by half of another."""

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
