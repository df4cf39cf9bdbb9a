"""Trains a network to be right in its mean with a trained one.

Where the trained one says b, the error |(a + b) / 2 - y| of the mean is half of the error
of a against 2 y - b.  A network with these targets learns what the mean lacks, so that the
errors of both are less alike (negative correlation learning; Liu & Yao, Neural Networks 12
(1999) 1399, doi:10.1016/S0893-6080(99)00073-8, with nothing but the error of the mean).
"""

from pathlib import Path

import numpy as np

from cicy4.files import replacing
from cicy4.inference import raw_predictions

# What is further off than this is beyond help, and would only be as far off on the other side.
LARGEST_ERROR = (2.0, 2.0, 2.0, 8.0)


def with_partner(splits, partner, directory) -> dict:
    """The splits, and ``"targets"`` for the training split beside a trained network.

    Args:
        splits: as ``load_splits`` gives them.
        partner: Keras model from ``load_models``.
        directory: where its outputs are kept, ``NAME.npy``, for a run that is resumed.
    """
    matrices, hodge = splits["train"]
    path = Path(directory) / f"{partner.name}.npy"
    if not path.exists():
        outputs = raw_predictions(partner, matrices, verbose=1)
        with replacing(path) as temporary:
            np.save(temporary, outputs)
    return {**splits, "targets": targets_beside(np.load(path), hodge)}


def targets_beside(outputs, hodge) -> np.ndarray:
    """Twice the Hodge numbers, less the outputs of the partner.

    Args:
        outputs: of the partner, ``(N, 4)``; an error of more than ``LARGEST_ERROR`` counts
            as this.
        hodge: exact, ``(N, 4)``.

    Returns:
        float32 ``(N, 4)``.
    """
    missing = np.clip(hodge - outputs, -np.array(LARGEST_ERROR), LARGEST_ERROR)
    return (hodge + missing).astype("float32")
