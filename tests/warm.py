"""Runs code as a script of its own, in a process that has Keras imported already.

Importing TensorFlow takes longer than most scripts of the tests.  A process that has done so, and
nothing else, is forked for each of them (``multiprocessing``'s fork server).
"""

import gc
import multiprocessing
import os
import sys

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["keras", "matplotlib.pyplot", "pandas"])


def start(code, folder):
    """Start a script in a folder, made if it is not there.

    Returns:
        the process, and a file of the lines that it prints.
    """
    folder.mkdir(parents=True, exist_ok=True)
    there, here = SERVER.Pipe(duplex=False)
    process = SERVER.Process(target=_script, args=(code, folder, here))
    process.start()
    here.close()
    return process, os.fdopen(os.dup(there.fileno()))


def run(code, folder):
    """Exit status and output of a script in a folder."""
    process, lines = start(code, folder)
    output = lines.read()
    process.join()
    return process.exitcode, output


def _script(code, folder, pipe):
    gc.freeze()  # what is imported already is no garbage
    os.chdir(folder)
    for stream in (1, 2):
        os.dup2(pipe.fileno(), stream)
    sys.stdout, sys.stderr = (open(stream, "w", buffering=1, closefd=False) for stream in (1, 2))
    exec(compile(code, "notebook.py", "exec"), {"__name__": "__main__"})
