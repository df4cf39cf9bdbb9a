"""Configuration matrices from a file that somebody brings."""

import json
import re
from pathlib import Path

import numpy as np

from cicy4.geometry.configuration import as_matrix, unpad

BRACKETS = str.maketrans("{}", "[]")  # for the braces of Mathematica
LATEX = re.compile(r"\\begin\{(array|[bpv]?matrix)\}(.*?)\\end\{\1\}", re.DOTALL)


def read_matrices(path: str | Path) -> list[np.ndarray]:
    """Configuration matrices from a file, in any order of rows and columns.

    Args:
        path: ``.npy``, an array ``(N, rows, columns)`` padded with zeros, of integers or
            of the public data set's floats (divided by 6); or text with a matrix a line,
            in brackets or braces, or one list of them; or text in the published format; or
            arrays in LaTeX, with or without the projective spaces.  Behind ``#`` stands a comment.

    Returns:
        for each matrix a uint8 array ``(m, K)``, or a ValueError that says what is wrong with it.

    Raises:
        ValueError: the file as a whole cannot be read.
    """
    path = Path(path)
    if path.suffix == ".npy":
        return [_checked(q, unpad) for q in _read_array(path)]
    text = re.sub("#.*", "", read_text(path))
    if found := LATEX.findall(text):
        return [_checked(body, _from_latex) for _, body in found]
    if (listed := _listed(text)) is not None:
        return [_checked(q, lambda q: q) for q in listed]
    lines = [line for line in text.splitlines() if line.strip() not in ("", "{", "}")]
    found = [_checked(line, _from_text) for line in lines]
    if text.count("{") > text.count("}"):
        found.append(ValueError("the list is cut off: it has no closing brace"))
    return found


def _listed(text):
    """The matrices in one list of them, or one matrix over several lines; None for other text."""
    try:
        value = json.loads(text.translate(BRACKETS))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list) or any(map(_is_record, [value, *value])):
        return None
    rows = [row for entry in value if isinstance(entry, list) for row in entry]
    if rows and all(isinstance(row, list) for row in rows):
        return value
    return [value] if "\n" in text.strip() else None


def _checked(given, read):
    try:
        return as_matrix(read(given))
    except ValueError as error:
        return error


def read_text(path: str | Path) -> str:
    """The text in a file, without a byte order mark.

    Raises:
        ValueError: it is not UTF-8, or no file but a device, which may never end.
    """
    if Path(path).is_char_device():
        raise ValueError(f"{path} is a device, not a file")
    try:
        return Path(path).read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8: {error}") from error


def read_npy(path: str | Path, mmap_mode: str | None = None) -> np.ndarray:
    """The array in a file.

    Args:
        path: of an npy file.
        mmap_mode: "r" to read its parts when they are looked at.

    Raises:
        ValueError: the file is damaged, or no npy file.
    """
    try:
        array = np.load(path, mmap_mode)
    except (ValueError, EOFError, OverflowError, MemoryError) as error:
        raise ValueError(f"{path} is not an npy file or is damaged: {error}") from error
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{path} is not an npy file but an archive of several arrays")
    return array


def _read_array(path):
    array = read_npy(path)
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 3 or array.dtype.kind not in "uif":
        raise ValueError(
            f"{path} holds {array.dtype} of shape {array.shape}, not numbers (N, rows, columns)"
        )
    return from_sixths(array) if holds_sixths(array) else array


def holds_sixths(array) -> bool:
    """Whether an array ``(N, ...)`` has the public data set's floats, degrees divided by 6.

    Zeros and ones alone are so only if every matrix is the sextic, with a single one.
    """
    if array.dtype.kind != "f" or (array > 1)[np.isfinite(array)].any():
        return False
    ones = (array == 1).sum(axis=tuple(range(1, array.ndim)))
    return bool(((array > 0) & (array < 1)).any() or (ones <= 1).all())


def from_sixths(array) -> np.ndarray:
    """Degrees from sixths; what is no sixth stays as it is."""
    whole = np.rint(array * 6)
    return np.where(np.isclose(whole, array * 6, rtol=0, atol=0.01), whole, array)


def parse_matrix(text: str):
    """Nested lists from one matrix as text: brackets, braces, or an array in LaTeX.

    Raises:
        ValueError: it is none of these.
    """
    found = LATEX.search(text)
    return _from_latex(found[2]) if found else _from_text(text)


def _from_latex(body):
    """Degrees of ``{c|cc} \\mathbb{P}^1 & 1 & 1 \\\\ ...``; the spaces need not be there."""
    body = re.sub(r"^\s*\{[^}&]*\}|\\hline", "", body)
    rows = [row.split("&") for row in body.split(r"\\") if row.strip()]
    rows = [row[1:] if "P" in row[0] else row for row in rows]
    try:
        return [[int(cell) for cell in row] for row in rows]
    except ValueError as error:
        raise ValueError(f"not a matrix in LaTeX: {error}") from None


def _from_text(line):
    text = line.strip().rstrip(",").translate(BRACKETS)
    # The first and the last record of the published list hold the braces of the list.
    surplus = text.count("[") - text.count("]")
    text = text[1:] if surplus == 1 else text[:-1] if surplus == -1 else text
    for word, value in (("True", "true"), ("False", "false"), ("Null", "null")):
        text = text.replace(word, value)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"not a matrix: {line.strip()[:60]!r}") from None
    # A list of one record holds both braces of the list.
    if isinstance(value, list) and len(value) == 1 and _is_record(value[0]):
        value = value[0]
    return value[3] if _is_record(value) else value


def _is_record(value):
    kinds = [isinstance(entry, list) for entry in value] if isinstance(value, list) else []
    return len(kinds) == 11 and [i for i, kind in enumerate(kinds) if kind] == [3]
