"""The committed list and the three splits.

Arrays are padded batches: matrices uint8 ``(N, 16, 20)`` and Hodge numbers int16
``(N, 4)`` in the order h11, h21, h31, h22.
"""

import hashlib
import zipfile
from pathlib import Path

import numpy as np

from cicy4.classification import classify_padded, products
from cicy4.configuration import COLUMNS, ROWS, canonical_batch, pad_all
from cicy4.files import replacing
from cicy4.hodge import euler_from_hodge, hodge_numbers, hodge_numbers_batch

DATA = Path(__file__).resolve().parent.parent / "data"
ARCHIVE = DATA / "cicy4.npz"
SPLITS = DATA / "splits"

SPLIT_SIZES = {"train": 652_092, "valid": 72_455, "test": 181_137}
SPLIT_SEED = 2022
MOVED_TO_TRAINING = 0.4  # share of the test split, in a division with 80 % for training

# What the list of irreducible fourfolds is (arXiv:1303.1832 and 1405.2073).
IRREDUCIBLE = 905_684


def build_archive(path=ARCHIVE, progress: bool = True) -> str:
    """Regenerate the whole list and write it; the bytes are the same every time.

    Returns:
        SHA-256 of the file written.

    Raises:
        RuntimeError: the number of matrices is not the published one.
    """
    matrices = classify_padded(4, progress)
    if len(matrices) != IRREDUCIBLE:
        raise RuntimeError(f"{len(matrices)} matrices instead of the published {IRREDUCIBLE}")
    hodge = hodge_numbers_batch(matrices).astype(np.int16)
    euler = euler_from_hodge(hodge.astype(int)).astype(np.int16)
    with replacing(path) as temporary:
        _write_npz(temporary, {"matrices": matrices, "hodge": hodge, "euler": euler})
    return sha256(path)


def _write_npz(path, arrays: dict) -> None:
    """An npz compressed with LZMA and without dates, so that its bytes repeat."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_LZMA
            with archive.open(info, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def sha256(path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_cicy4(products: bool = False, path=ARCHIVE):
    """The list of complete intersection Calabi-Yau fourfolds.

    Args:
        products: whether to append the 15,813 products of smaller manifolds, which are
            generated on the spot (half a minute).
        path: another archive than ``data/cicy4.npz``.

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


def product_manifolds():
    """Matrices and Hodge numbers of the 15,813 products, from smaller dimensions."""
    blocks = products(4, progress=False)
    hodge = [hodge_numbers(q) for q in blocks]
    return canonical_batch(pad_all(blocks)), np.array(hodge, np.int16)


def load_splits(directory=SPLITS) -> dict:
    """The three splits, memory-mapped; written from the committed list at the first call.

    The public Kaggle files of the same names, floats with matrices divided by 6, in
    another order of rows and columns, load through the same call into the same form.

    Args:
        directory: holds ``conf_Xtrain.npy``, ``hodge_ytrain.npy``, and the same for
            ``valid`` and ``test``.

    Returns:
        ``{"train": (X, y), "valid": (X, y), "test": (X, y)}`` with X uint8
        ``(N, 16, 20)`` canonical and y int16 ``(N, 4)``.

    Raises:
        FileNotFoundError: some of the six files are there and others not.
        ValueError: a file is damaged or has another shape.
    """
    directory = Path(directory)
    missing = [path.name for path in _split_files(directory) if not path.exists()]
    if len(missing) == 2 * len(SPLIT_SIZES):
        write_splits(*load_cicy4()[:2], directory)
    elif missing:
        raise FileNotFoundError(f"{directory} lacks {', '.join(missing)}")
    return {
        name: read_split(directory / f"conf_X{name}.npy", directory / f"hodge_y{name}.npy")
        for name in SPLIT_SIZES
    }


def with_larger_training(splits) -> dict:
    """The splits with 80 % of the list for training instead of 72 %.

    The first 40 % of the test split go to the training split; 108,682 manifolds are left.

    Args:
        splits: as :func:`load_splits` gives them.
    """
    moved = round(MOVED_TO_TRAINING * len(splits["test"][0]))
    return {
        "train": tuple(
            np.concatenate([train, test[:moved]])
            for train, test in zip(splits["train"], splits["test"], strict=True)
        ),
        "valid": splits["valid"],
        "test": tuple(array[moved:] for array in splits["test"]),
    }


def _split_files(directory: Path):
    for name in SPLIT_SIZES:
        yield directory / f"conf_X{name}.npy"
        yield directory / f"hodge_y{name}.npy"


def write_splits(matrices, hodge, directory) -> None:
    """Write the three splits, a seeded permutation of the irreducible list cut in three."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(matrices))
    start = 0
    for name, size in SPLIT_SIZES.items():
        chosen = order[start : start + size]
        start += size
        for file, array in ((f"conf_X{name}.npy", matrices), (f"hodge_y{name}.npy", hodge)):
            with replacing(Path(directory) / file) as temporary:
                np.save(temporary, array[chosen])


def read_split(conf, hodge):
    """One split from its two files: uint8 ``(N, 16, 20)`` canonical, int16 ``(N, 4)``.

    Raises:
        ValueError: a file is damaged, or the two do not belong together.
    """
    arrays = []
    for path in (conf, hodge):
        try:
            arrays.append(np.load(path, mmap_mode="r"))
        except (ValueError, EOFError) as error:
            raise ValueError(f"{path} is not an npy file or is damaged: {error}") from error
    matrices, labels = arrays
    n = matrices.shape[0]
    if matrices.shape not in ((n, 16, 20), (n, 16, 20, 1)) or labels.shape != (n, 4):
        raise ValueError(
            f"{conf} and {hodge} have shapes {matrices.shape} and {labels.shape}, "
            f"not (N, 16, 20) and (N, 4)"
        )
    if matrices.dtype == np.uint8:
        return matrices, labels
    whole = np.rint(np.asarray(matrices, np.float32).reshape(n, 16, 20) * 6)
    if abs(whole - np.asarray(matrices).reshape(n, 16, 20) * 6).max(initial=0) > 0.01:
        raise ValueError(f"{conf} holds floats that are not multiples of 1/6")
    return canonical_batch(whole.astype(np.uint8)), np.rint(labels).astype(np.int16)
