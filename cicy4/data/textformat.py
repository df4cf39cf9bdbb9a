"""The text format of the published list, so that other people's tools can be used.

A Mathematica list of records, one a line:
``{number, rows, columns, matrix, chi, product?, h11, h21, h31, h22, favourable?}``.
Where a product has no entry it is ``Null``.  (arXiv:1405.2073, ancillary data.)
"""

import io
import re
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from cicy4.data.matrix_files import read_text
from cicy4.files import replacing
from cicy4.geometry.configuration import COLUMNS, ROWS, row_counts, unpad
from cicy4.geometry.euler import euler_number
from cicy4.geometry.hodge import (
    connected_fourfolds,
    euler_from_hodge,
    fourfold_numbers,
    hodge_diamond,
    hodge_numbers_batch,
)

_INTEGER = r"\s*(-?\d{1,9})\s*"
_NULLABLE = r"\s*(\d{1,9}|Null)\s*"
_RECORD = re.compile(
    rf"\{{{_NULLABLE},{_INTEGER},{_INTEGER},\s*\{{\s*\{{(.*)\}}\s*\}}\s*,"
    rf"{_INTEGER},\s*(True|False)\s*,{_NULLABLE},{_NULLABLE},{_NULLABLE},{_NULLABLE},"
    r"\s*(True|False|Null)\s*\}"
)
_NEXT_ROW = re.compile(r"\}\s*,\s*\{")
_TRUTH = {"True": 1, "False": 0, "Null": -1}
_NULL = -1
_CHUNK = 16_384


@dataclass
class PublishedList:
    """A list of fourfolds as read from or written to text; -1 stands for ``Null``.

    Attributes:
        number: int64 ``(N,)``; ours are not those of the published list, whose second record
            is not ours.
        matrices: uint8 ``(N, 16, 20)``, padded, rows and columns in the order of the file.
        euler: int64 ``(N,)``.
        direct: bool ``(N,)``, whether the manifold is a product.
        hodge: int64 ``(N, 4)``, h11, h21, h31, h22.
        favourable: int8 ``(N,)``.
    """

    number: np.ndarray
    matrices: np.ndarray
    euler: np.ndarray
    direct: np.ndarray
    hodge: np.ndarray
    favourable: np.ndarray


def published_list(matrices, hodge, direct, numbers: bool = True) -> PublishedList:
    """What :func:`write_list` writes for arrays as ``load_cicy4`` returns them.

    ``numbers`` says whether to count from 1 in their order, or to leave the numbers open.

    The Euler number is that of the Hodge numbers, of a product that of the top Chern class.
    Favourable means that h11 is the number of rows; of products this is not said.
    """
    hodge = np.asarray(hodge, int)
    euler = euler_from_hodge(hodge)
    for i in np.flatnonzero(direct):
        euler[i] = euler_number(unpad(matrices[i]))
    favourable = (hodge[:, 0] == row_counts(matrices)).astype(np.int8)
    favourable[direct] = _NULL
    number = np.arange(1, len(matrices) + 1) if numbers else np.full(len(matrices), _NULL)
    return PublishedList(number, matrices, euler, np.asarray(direct), hodge, favourable)


def write_list(path: str | Path, records: PublishedList) -> None:
    """Write a list in the published format; an existing file is replaced at the end."""
    with replacing(path) as temporary, open(temporary, "w") as file:
        file.write("{")
        for i in tqdm(range(len(records.number)), desc="writing", unit=" records"):
            file.write(",\n" if i else "")
            file.write(_format(records, i))
        file.write("}\n")


def _format(records, i):
    q = unpad(records.matrices[i])
    rows = ", ".join("{" + ", ".join(map(str, row)) + "}" for row in q.tolist())
    numbers = records.number[i], *records.hodge[i]
    number, *hodge = ("Null" if value == _NULL else str(value) for value in numbers)
    favourable = {1: "True", 0: "False", _NULL: "Null"}[int(records.favourable[i])]
    return (
        f"{{{number}, {q.shape[0]}, {q.shape[1]}, {{{rows}}}, "
        f"{records.euler[i]}, {bool(records.direct[i])}, {', '.join(hodge)}, {favourable}}}"
    )


def read_list(path: str | Path) -> PublishedList:
    """Read a list in the published format.

    Raises:
        ValueError: a malformed record, with its position in the file and what is wrong;
            a missing end.
    """
    chunks, rows = [], []
    with io.StringIO(read_text(path)) as file:
        first = file.readline().lstrip()
        if not first.startswith("{"):
            raise ValueError(f"{path} does not begin with an opening brace")
        text = first[1:].strip()
        position = 0
        closed = False
        with tqdm(desc="reading", unit=" records") as bar:
            while True:
                if text and closed:
                    raise ValueError(f"{path} goes on after the end of the list: {text[:60]!r}")
                if text and text != "}":
                    position += 1
                    closed = text.endswith("}}") and not text.endswith(",")
                    rows.append(_parse(text[:-1] if closed else text.rstrip(","), position, path))
                    if len(rows) == _CHUNK:
                        chunks.append(_to_arrays(rows))
                        bar.update(len(rows))
                        rows = []
                elif text == "}":
                    closed = True
                line = file.readline()
                if not line:
                    break
                text = line.strip()
            bar.update(len(rows))
    if not closed:
        raise ValueError(f"{path} ends after record {position} without a closing brace")
    chunks.append(_to_arrays(rows))
    names = [field.name for field in fields(PublishedList)]
    return PublishedList(*(np.concatenate([getattr(c, n) for c in chunks]) for n in names))


def _parse(text, position, path):
    where = f"{path}, record {position}"
    match = _RECORD.fullmatch(text)
    if match is None:
        raise ValueError(f"{where} is malformed: {text[:60]!r}")
    number, m, k, matrix, euler, direct, *hodge, favourable = match.groups()
    try:
        q = [[int(entry) for entry in row.split(",")] for row in _NEXT_ROW.split(matrix)]
    except ValueError:
        raise ValueError(f"{where}: an entry of the matrix is not an integer") from None
    if len(q) != int(m) or any(len(row) != int(k) for row in q):
        lengths = [len(row) for row in q]
        raise ValueError(f"{where}: not a {m} x {k} matrix, its rows have lengths {lengths}")
    if len(q) > ROWS or len(q[0]) > COLUMNS:
        raise ValueError(f"{where}: a {m} x {k} matrix does not fit into {ROWS} x {COLUMNS}")
    if min(map(min, q)) < 0 or max(map(max, q)) > 255:
        raise ValueError(f"{where}: an entry of the matrix is not from 0 to 255")
    if not all(map(any, q)) or not all(map(any, zip(*q, strict=True))):
        raise ValueError(f"{where}: the matrix has a zero row or column")
    hodge = [_NULL if h == "Null" else int(h) for h in hodge]
    number = _NULL if number == "Null" else int(number)
    return number, q, int(euler), direct == "True", hodge, _TRUTH[favourable]


def _to_arrays(rows):
    matrices = np.zeros((len(rows), ROWS, COLUMNS), np.uint8)
    for padded, (_, q, *_) in zip(matrices, rows, strict=True):
        padded[: len(q), : len(q[0])] = q
    column = {
        name: np.array([row[i] for row in rows], dtype)
        for i, name, dtype in (
            (0, "number", int),
            (2, "euler", int),
            (3, "direct", bool),
            (4, "hodge", int),
            (5, "favourable", np.int8),
        )
    }
    column["hodge"] = column["hodge"].reshape(-1, 4)
    return PublishedList(matrices=matrices, **column)


def disagreements(records: PublishedList) -> list[str]:
    """Compare every label with the solver; one line for each that disagrees.

    Entries that are ``Null`` are not compared.

    Raises:
        ValueError: a matrix of another dimension than 4.
    """
    direct = ~connected_fourfolds(records.matrices)
    exact = np.empty((len(direct), 4), int)
    exact[~direct] = hodge_numbers_batch(records.matrices[~direct])
    for i in np.flatnonzero(direct):
        try:
            diamond = hodge_diamond(unpad(records.matrices[i]))
        except ValueError as error:
            raise ValueError(f"record {i + 1}: {error}") from error
        if len(diamond) != 5:
            raise ValueError(f"record {i + 1} does not have dimension 4")
        exact[i] = fourfold_numbers(diamond)
    truth = published_list(records.matrices, exact, direct)
    lines = []
    for label in ("direct", "euler", "hodge", "favourable"):
        given, expected = getattr(records, label), getattr(truth, label)
        wrong = (given != expected) & (given != _NULL) & (expected != _NULL)
        wrong = wrong.reshape(len(direct), -1).any(axis=1)
        for i in np.flatnonzero(wrong):
            lines.append(
                f"record {i + 1}: {label} {given[i].tolist()}, computed {expected[i].tolist()}"
            )
    return lines
