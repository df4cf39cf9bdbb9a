"""The three splits, with everything that training and evaluation need, written once.

A folder of splits holds, for ``NAME`` in train, valid and test,

- ``conf_XNAME.npy``: uint8 ``(N, 16, 20)``, matrices in one of the orders of
  :mod:`cicy4.data.order`,
- ``hodge_yNAME.npy``: int16 ``(N, 4)``, h11, h21, h31, h22,
- ``euler_NAME.npy``: int16 ``(N,)``, Euler numbers,
- ``cohomology_NAME.npy``, not for test: int16 ``(N, 60)``, h^0, h^1, h^2 of the line bundle of the
  equation in each of the 20 columns (:func:`cicy4.geometry.line_bundles.equation_cohomology`),

and ``manifest.json``: the version of these files, the name of the order, how the list was cut (see
:func:`split_indices`), counts, SHA-256 of every file, and a checksum of the matrices of all three
splits, by which a network knows the splits it was trained beside.
"""

import functools
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cicy4.data.archive import DATA, INSTALLED, load_cicy4, sha256
from cicy4.data.order import DEFAULT_ORDER, ORDERS
from cicy4.data.published_files import read_published
from cicy4.files import read_json, runs, write_json
from cicy4.geometry.chunks import in_chunks
from cicy4.geometry.hodge import euler_from_hodge
from cicy4.geometry.line_bundles import equation_cohomology

SPLITS = DATA / "splits"
SPLIT_SIZES = {"train": 652_092, "valid": 72_455, "test": 181_137}
SPLIT_SEED = 2022
VERSION = 3  # splits of another one are written anew


def load_splits(directory: str | Path = SPLITS) -> dict:
    """The three splits, memory-mapped; ``data/splits`` is written if it is not there.

    The environment variable ``CICY4_DATA`` names another folder than ``data`` of the repository.

    Args:
        directory: a folder of splits, see :mod:`cicy4.data.splits`.

    Returns:
        ``{"train": (X, y), "valid": (X, y), "test": (X, y)}`` with X uint8 ``(N, 16, 20)`` in
        the order of the manifest and y int16 ``(N, 4)``.

    Raises:
        FileNotFoundError: another folder than ``data/splits`` has no splits, or the package is
            installed without the repository and no folder is named.
        ValueError: a file is damaged or of another version.
    """
    directory = Path(directory)
    if directory == SPLITS and not up_to_date(directory):
        write_splits(directory)
    read_manifest(directory)
    return {
        name: (
            np.load(directory / f"conf_X{name}.npy", mmap_mode="r"),
            np.load(directory / f"hodge_y{name}.npy", mmap_mode="r"),
        )
        for name in SPLIT_SIZES
    }


def splits_of(networks: str | Path) -> Path:
    """The folder of the splits of a folder of networks: its own ``splits``, or ``data/splits``."""
    own = Path(networks) / "splits"
    return own if (own / "manifest.json").exists() else SPLITS


def load_euler(name: str, directory: str | Path = SPLITS) -> np.ndarray:
    """Euler numbers of one split: int16 ``(N,)``."""
    return np.load(Path(directory) / f"euler_{name}.npy")


def read_manifest(directory: str | Path = SPLITS) -> dict:
    """What ``manifest.json`` says, after comparing it with the files beside it.

    Raises:
        FileNotFoundError: no manifest, or a file that it names is missing.
        ValueError: the splits are of another version or order, or a file is damaged.
    """
    directory = Path(directory)
    path = directory / "manifest.json"
    if not path.exists():
        raise FileNotFoundError(
            f"{directory} has no manifest.json; for files of another origin run "
            f"`python -m cicy4 splits --from {directory}`"
        )
    manifest = read_json(path)
    if manifest.get("version") != VERSION or manifest.get("order") not in ORDERS:
        raise ValueError(f"{directory} is of another version; run `python -m cicy4 splits`")
    for file, known in manifest["files"].items():
        if not (directory / file).exists():
            raise FileNotFoundError(f"{directory} lacks {file}")
        status = (directory / file).stat()
        if status.st_size != known["bytes"]:
            raise ValueError(f"{directory / file} is damaged: not {known['bytes']:,} bytes")
        if _digest(directory / file, status.st_size, status.st_mtime_ns) != known["sha256"]:
            raise ValueError(f"{directory / file} is damaged: its SHA-256 is another one")
    return manifest


@functools.cache
def _digest(path, size, changed):
    """SHA-256 of a file, computed once in a process as long as its size and time stay."""
    return sha256(path)


def up_to_date(directory: str | Path = SPLITS, **cut) -> bool:
    """Whether a folder holds whole splits of this version.

    Args:
        directory: a folder.
        cut: what the manifest has to say, such as its order.
    """
    try:
        manifest = read_manifest(directory)
    except (FileNotFoundError, ValueError):
        return False
    return all(manifest[name] == value for name, value in cut.items())


def write_splits(
    directory: str | Path = SPLITS,
    source: str | Path | None = None,
    order: str = DEFAULT_ORDER,
    select: Callable | None = None,
    progress: bool = True,
    **cut,
) -> dict:
    """Write a folder of splits.

    Args:
        directory: where to; whatever splits it holds are replaced.
        source: a folder with the six files of the published names, whose matrices may be floats
            divided by 6 in any order of rows and columns.  By default the committed list is cut
            by a seeded permutation.
        order: a key of ``ORDERS``.
        select: takes matrices and Hodge numbers of the list and the indices of
            :func:`split_indices`, and returns such indices, if only parts are to be taken.
        progress: whether to show a bar.
        cut: how the committed list is cut, see :func:`split_indices`.

    Returns:
        the manifest.

    Raises:
        FileNotFoundError: the source lacks a file, or no folder is named, see :func:`load_splits`.
        ValueError: no such order, splits that do not fit into the list, a file of the source
            is damaged, or labels contradict a matrix.
    """
    if order not in ORDERS:
        raise ValueError(f"no order {order!r}; there are {', '.join(ORDERS)}")
    if source is None:
        split_indices(**cut)
    directory = Path(directory)
    if directory == SPLITS and INSTALLED and "CICY4_DATA" not in os.environ:
        raise FileNotFoundError("set CICY4_DATA to a folder for the splits, 370 MB")
    directory.mkdir(parents=True, exist_ok=True)
    for left in directory.glob(".part-*"):
        if not runs(left.name.split("-")[1]):
            shutil.rmtree(left)
    files, parts = {}, _parts(source, cut, select, progress)
    with tempfile.TemporaryDirectory(prefix=f".part-{os.getpid()}-", dir=directory) as part:
        for stem, array in _arrays(parts, ORDERS[order], progress):
            path = Path(part, f"{stem}.npy")
            np.save(path, array)
            files[path.name] = {
                "count": len(array),
                "bytes": path.stat().st_size,
                "sha256": sha256(path),
            }
        # Without its manifest a folder counts as unwritten, whatever happens from here on.
        (directory / "manifest.json").unlink(missing_ok=True)
        for name in files:
            os.replace(Path(part, name), directory / name)
    together = "".join(files[f"conf_X{name}.npy"]["sha256"] for name in SPLIT_SIZES)
    manifest = {
        "version": VERSION,
        "order": order,
        "source": "data/cicy4.npz" if source is None else Path(source).name,
        "cut": how_cut(**cut) if source is None else None,
        "selected": select.__name__ if select else "",
        "checksum": hashlib.sha256(together.encode()).hexdigest(),
        "files": files,
    }
    write_json(directory / "manifest.json", manifest)
    return manifest


def _arrays(parts, order, progress):
    """Name and content of each file."""
    for name, (matrices, hodge, euler) in parts:
        yield f"hodge_y{name}", hodge
        yield f"euler_{name}", euler
        ordered = in_chunks(order, matrices, f"order of {name}", progress)
        yield f"conf_X{name}", ordered
        if name != "test":
            yield f"cohomology_{name}", equation_cohomology(ordered).reshape(len(matrices), -1)


def _parts(source, cut, select, progress):
    """Name and canonical matrices, Hodge numbers and Euler numbers of each split."""
    if source is not None:
        for name in SPLIT_SIZES:
            conf, labels = (Path(source) / f"{stem}{name}.npy" for stem in ("conf_X", "hodge_y"))
            matrices, hodge = read_published(conf, labels, progress)
            yield name, (matrices, hodge, euler_from_hodge(hodge.astype(int)).astype(np.int16))
        return
    matrices, hodge, _ = load_cicy4()
    euler = euler_from_hodge(hodge.astype(int)).astype(np.int16)
    indices = split_indices(**cut)
    indices = select(matrices, hodge, indices) if select else indices
    for name, chosen in indices.items():
        yield name, (matrices[chosen], hodge[chosen], euler[chosen])


def how_cut(
    seed: int = SPLIT_SEED,
    train: float | None = None,
    valid: float = 0.08,
    fold: str = "",
    stratify: bool = False,
) -> dict:
    """How the list is cut, in full: the arguments of :func:`split_indices`."""
    train = 0.72 if train is None and not fold else train
    return {"seed": seed, "train": train, "valid": valid, "fold": fold, "stratify": stratify}


def split_indices(**cut) -> dict:
    """Places in the committed list of the matrices of each split: int64 arrays by name.

    The list is permuted, and cut into training, validation and test split in this order.

    Args:
        cut: any of

            - seed, of the permutation,
            - train, valid: shares of the list, by default 72 and 8 %; what is left is for the test,
            - fold: such as "2/5", if the second of five equal parts is for the test instead, and
              all that validation leaves for training, unless train says less,
            - stratify: whether each split has its share of manifolds of any Hodge numbers.

    Raises:
        ValueError: no such fold, or shares that are not positive or leave nothing for the test.
    """
    return _split_indices(**how_cut(**cut))


@functools.cache
def _split_indices(seed, train, valid, fold, stratify):
    order = np.random.default_rng(seed).permutation(sum(SPLIT_SIZES.values()))
    order = stratified(order) if stratify else order
    total = len(order)
    first, last = round((train or 0) * total), round(valid * total)
    rest, test = order, order[first + last :]
    if fold:
        k, n = _fold(fold)
        start, end = round((k - 1) * total / n), round(k * total / n)
        rest, test = np.delete(order, slice(start, end)), order[start:end]
        first = len(rest) - last if train is None else first
    if min(first, last, len(test)) <= 0 or first + last > len(rest):
        raise ValueError(
            f"{first:,} manifolds for training, {last:,} for validation and {len(test):,} for the "
            f"test: each needs some, and there are {total:,}"
        )
    return {"train": rest[:first], "valid": rest[first : first + last], "test": test}


def _fold(fold):
    """The number of a fold, from 1, and how many there are."""
    found = re.fullmatch(r"(\d+)/(\d+)", fold)
    k, n = map(int, found.groups()) if found else (0, 0)
    if not 1 <= k <= n or n < 2:
        raise ValueError(f"no fold {fold!r}; the second of five is 2/5")
    return k, n


def stratified(order: np.ndarray) -> np.ndarray:
    """A permutation of the list of which any interval has its share of any Hodge numbers.

    Manifolds are sorted by their Hodge numbers, those with equal ones as in ``order``.  The golden
    ratio then spreads neighbours evenly over the whole (Weyl's equidistribution).

    Args:
        order: a permutation of the list, ``(905_684,)``.
    """
    h11, h21, h31, _ = load_cicy4()[1][order].T
    alike = order[np.lexsort([h31, h11, h21])]
    return alike[np.argsort(np.arange(len(order)) * (5**0.5 - 1) / 2 % 1)]
