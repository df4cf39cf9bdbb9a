"""Makes a network by executing its notebook."""

import os
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import papermill

from cicy4.files import ROOT
from cicy4.networks.architectures import TRAINED
from tools.notebooks.make import adopt_outputs, check_notebooks, chosen_notebooks, short_name


def train(name, parameters=(), output=TRAINED) -> Path:
    """Execute the notebook of a network, and keep what it printed.

    With parameters the network is another one: all that the run makes, and the executed notebook,
    stay in ``experiments/``.  A killed run resumes when it is started again.

    Args:
        name: of the notebook, such as "lstm-448", or its path.
        parameters: pairs of a name and a value, as text.
        output: folder for network, history and record.

    Returns:
        the folder that they are in.

    Raises:
        ValueError: no such notebook or parameter, a notebook that is not what its script makes, a
            run that goes on elsewhere, or one that failed.
    """
    name = short_name(name)
    [path] = chosen_notebooks([name])
    check_notebooks([name])
    output = Path(output, "experiments") if parameters else Path(output)
    executed = output / f"{name}.executed.ipynb"
    beside = os.path.relpath(output, (ROOT / path).parent)
    ran = execute(ROOT / path, executed, (ROOT / path).parent, [*parameters, ("OUTPUT", beside)])
    if ran.returncode:
        raise ValueError(f"{path} failed, see {executed}")
    if not parameters:
        adopt_outputs(executed, name)
        executed.unlink()
    return output


def execute(notebook, executed, folder, parameters, **options) -> subprocess.CompletedProcess:
    """Execute a notebook by papermill; what it prints is shown as it comes.

    Args:
        notebook: path of the notebook.
        executed: path for the executed one.
        folder: in which it runs.
        parameters: pairs of a name and a value.
        options: of :func:`subprocess.run`.

    Raises:
        ValueError: the notebook has no such parameter, or another process writes the same file.
    """
    known = papermill.inspect_notebook(str(notebook))
    for name, _ in parameters:
        if name not in known:
            raise ValueError(f"{notebook} has no parameter {name}; there are {', '.join(known)}")
    words = ["--log-level", "WARNING", "--no-progress-bar", "--stdout-file", "-", "--cwd", folder]
    words += [word for pair in parameters for word in ("-p", *pair)]
    command = [sys.executable, "-m", "papermill", *words, notebook, executed]
    with alone(executed) as held:
        return subprocess.run(list(map(str, command)), pass_fds=held, **options)


@contextmanager
def alone(executed):
    """Hold a lock on the notebook that is written, and yield what a process inherits it by.

    It is held as long as one of both lives: who kills the command does not kill what it began.

    Raises:
        ValueError: another process holds it.
    """
    executed.parent.mkdir(parents=True, exist_ok=True)
    with open(executed.with_name(f".{executed.stem}.lock"), "w") as lock:
        if not find_spec("fcntl"):  # Windows
            yield ()
            return
        from fcntl import LOCK_EX, LOCK_NB, flock

        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"another process makes {executed}: wait, or end it") from None
        yield (lock.fileno(),)
