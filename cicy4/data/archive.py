"""The committed list of fourfolds, and which of its members are twins.

Arrays are padded batches: matrices uint8 ``(N, 16, 20)`` and Hodge numbers int16
``(N, 4)`` in the order h11, h21, h31, h22.
"""

import functools
import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm
from tqdm.utils import CallbackIOWrapper

from cicy4.files import ROOT
from cicy4.geometry.canonical_form import canonical_batch
from cicy4.geometry.classification import products
from cicy4.geometry.configuration import COLUMNS, ROWS, pad_all
from cicy4.geometry.hodge import euler_from_hodge, hodge_numbers

# Of an installed package the list lies beside this module.
INSTALLED = not (ROOT / "data").exists()
BESIDE = Path(__file__).parent if INSTALLED else ROOT / "data"
DATA = Path(os.environ.get("CICY4_DATA", ROOT / "data"))  # the folder of the splits
ARCHIVE, TWINS = BESIDE / "cicy4.npz", BESIDE / "twins.npz"


def write_npz(path, arrays: dict, progress: bool = False) -> None:
    """An npz compressed with LZMA and without dates, so that its bytes repeat."""
    bar = {"total": sum(array.nbytes for array in arrays.values()), "disable": not progress}
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive,
        tqdm(desc="compression", unit="B", unit_scale=True, **bar) as shown,
    ):
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_LZMA
            with archive.open(info, "w", force_zip64=True) as file:
                watched = CallbackIOWrapper(shown.update, file, "write")
                np.lib.format.write_array(watched, array, allow_pickle=False)


def sha256(path: str | Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_cicy4(
    products: bool = False, path: str | Path = ARCHIVE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The list of complete intersection Calabi-Yau fourfolds.

    Args:
        products: whether to append the 15,813 products of smaller manifolds, which are
            generated on the spot (half a minute).
        path: another archive than that of the repository or of the installed package.

    Returns:
        ``matrices`` uint8 ``(N, 16, 20)``, ``hodge`` int16 ``(N, 4)`` and ``direct``
        bool ``(N,)``, true for products.

    Raises:
        FileNotFoundError: no archive.
        ValueError: the archive is truncated, altered, or something else.
    """
    matrices, hodge = _read_archive(Path(path))
    direct = np.zeros(len(matrices), bool)
    if products:
        blocks, numbers = product_manifolds()
        matrices = np.concatenate([matrices, blocks])
        hodge = np.concatenate([hodge, numbers])
        direct = np.concatenate([direct, np.ones(len(blocks), bool)])
    return matrices, hodge, direct


def _read_archive(path: Path):
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; `make dataset` rebuilds it")
    try:
        with np.load(path) as archive:
            matrices, hodge, euler = (archive[name] for name in ("matrices", "hodge", "euler"))
    except Exception as error:
        raise ValueError(f"{path} is not the CICY4 archive or is damaged: {error}") from error
    n = len(matrices)
    expected = {"matrices": (n, ROWS, COLUMNS), "hodge": (n, 4), "euler": (n,)}
    for name, array in (("matrices", matrices), ("hodge", hodge), ("euler", euler)):
        if array.shape != expected[name] or array.dtype.kind not in "ui":
            raise ValueError(f"{path}: {name} has shape {array.shape} and type {array.dtype}")
    wrong = np.flatnonzero(euler_from_hodge(hodge.astype(int)) != euler)
    if wrong.size:
        raise ValueError(f"{path}: Euler and Hodge numbers of matrix {wrong[0]} disagree")
    return matrices, hodge


@functools.cache
def load_twins() -> tuple[np.ndarray, np.ndarray]:
    """Members of the list that are the same manifold as another one, as far as known.

    They were found by :func:`cicy4.data.twins.find_twins`.

    Returns:
        ``number``, int32 ``(M,)``, from 1 and increasing, and ``twin_class``, int32 ``(M,)``, the
        least number in the class of each.
    """
    with np.load(TWINS) as archive:
        return archive["number"], archive["twin_class"]


def product_manifolds():
    """Matrices and Hodge numbers of the 15,813 products, from smaller dimensions."""
    blocks = products(4, progress=False)
    hodge = [hodge_numbers(q) for q in blocks]
    return canonical_batch(pad_all(blocks)), np.array(hodge, np.int16)
