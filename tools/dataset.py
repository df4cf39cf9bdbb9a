"""Regenerates the committed list of fourfolds from first principles."""

from pathlib import Path

import numpy as np

from cicy4.data.archive import ARCHIVE, sha256, write_npz
from cicy4.files import replacing
from cicy4.geometry.chunks import in_chunks
from cicy4.geometry.classification import IRREDUCIBLE, classify_padded
from cicy4.geometry.hodge import euler_from_hodge, hodge_numbers_batch


def build_archive(path: str | Path = ARCHIVE, progress: bool = True) -> str:
    """Regenerate the whole list and write it; the bytes are the same every time.

    Returns:
        SHA-256 of the file written.

    Raises:
        RuntimeError: the number of matrices is not the published one.
    """
    matrices = classify_padded(4, progress)
    if len(matrices) != IRREDUCIBLE[4]:
        raise RuntimeError(f"{len(matrices)} matrices instead of the published {IRREDUCIBLE[4]}")
    hodge = in_chunks(hodge_numbers_batch, matrices, "Hodge numbers", progress).astype(np.int16)
    euler = euler_from_hodge(hodge.astype(int)).astype(np.int16)
    with replacing(path) as temporary:
        arrays = {"matrices": matrices, "hodge": hodge, "euler": euler}
        write_npz(temporary, arrays, progress)
    return sha256(path)
