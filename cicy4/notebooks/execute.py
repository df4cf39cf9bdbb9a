"""Executes a notebook by papermill, and prints what the notebook prints, and nothing else."""

import logging
import re
import sys
from ast import literal_eval
from pathlib import Path

import papermill

from cicy4.notebooks import TENSORFLOW

# Lines of papermill itself.
OWN = re.compile(
    r"(Input|Output) Notebook: |Working directory: |Executing (notebook|Cell) |Ending Cell "
)

COLOURS = re.compile(r"\x1b\[[\d;]*m")


def execute(notebook, executed, parameters=()) -> None:
    """Execute a notebook in its folder; a failed cell is the last one in the executed notebook.

    Args:
        notebook: path.
        executed: path of the notebook with outputs, written after each cell.
        parameters: pairs of names and texts, numbers, true or false as Python writes them.

    Raises:
        ValueError: the notebook has no such parameter, or a cell failed.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(_printed_by_the_notebook)
    known = papermill.inspect_notebook(str(notebook))
    for name, _ in parameters:
        if name not in known:
            raise ValueError(f"{notebook} has no parameter {name}; there are {', '.join(known)}")
    try:
        papermill.execute_notebook(
            str(notebook),
            str(executed),
            {name: _value(text) for name, text in parameters},
            cwd=str(Path(notebook).parent),
            progress_bar=False,
            log_output=True,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],  # it warns of its own transport
        )
    except papermill.PapermillExecutionError as error:
        raise ValueError(f"{executed} stopped: {error.ename}: {error.evalue}") from error


def _printed_by_the_notebook(record):
    whole = record.getMessage()
    text = TENSORFLOW.sub("", whole if sys.stderr.isatty() else COLOURS.sub("", whole))
    record.msg, record.args = text.rstrip("\n"), ()
    return not OWN.match(text) and (text != "" or whole == "")


def _value(text):
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError):
        return text
