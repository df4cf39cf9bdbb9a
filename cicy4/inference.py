"""Trained models: loading, ensembles, rounding with the Euler number, accuracies."""

import json
from pathlib import Path

import keras
import numpy as np

from cicy4.configuration import as_batch, canonical
from cicy4.cpu import fast_on_cpu
from cicy4.hodge import HODGE, euler_number_batch, h22_from_others
from cicy4.models import ARCHITECTURES, build_model, model_input
from cicy4.skipping import skip_leading_zeros

TRAINED = Path(__file__).resolve().parent.parent / "Results_p2_Trained_models"
LARGER = "with_80_percent"  # folder of the models that were trained on more of the list


def trained_models(directory=TRAINED) -> list[str]:
    """Names of the architectures whose trained model is in the directory."""
    return [name for name in ARCHITECTURES if (Path(directory) / f"{name}.keras").exists()]


def load_models(names, directory=TRAINED) -> list:
    """Load trained models, each with its validation error from its record.

    Args:
        names: keys of ``ARCHITECTURES``.
        directory: holds ``NAME.keras`` and ``NAME.json``.

    Returns:
        Keras models; ``model.validation_error`` are four mean absolute errors.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is damaged, or holds another architecture.
    """
    return [_load_model(name, Path(directory)) for name in names]


def _load_model(name, directory):
    path = directory / f"{name}.keras"
    if not path.exists():
        raise FileNotFoundError(f"there is no trained model {path}")
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as error:
        raise ValueError(f"{path} is not a Keras model or is damaged: {error}") from error
    shapes = [w.shape for w in model.weights]
    if shapes != [w.shape for w in build_model(name).weights]:
        raise ValueError(f"{path} holds another architecture than {name}")
    record = json.loads((directory / f"{name}.json").read_text())
    model.validation_error = tuple(record["validation"]["mae"])
    return model


def raw_predictions(model, matrices, batch_size=1024, verbose=0) -> np.ndarray:
    """Outputs of one model for canonical matrices: float32 ``(N, 4)``."""
    if fast_on_cpu():
        model = skip_leading_zeros(model)
    return model.predict(model_input(model.name, matrices), batch_size=batch_size, verbose=verbose)


def predict(models, matrices, euler: bool = True) -> np.ndarray:
    """Hodge numbers by an ensemble, whatever the order of rows and columns.

    Args:
        models: Keras models from :func:`load_models`; their raw outputs are averaged.
        matrices: padded fourfolds, ``(N, 16, 20)``, in any order.
        euler: whether to take the nearest integers compatible with the exact Euler
            number (:func:`round_with_euler`); otherwise each output is rounded alone.

    Returns:
        int64 array ``(N, 4)``: h11, h21, h31, h22.

    Raises:
        ValueError: invalid matrices, or with ``euler`` a dimension other than 4.
    """
    matrices = canonical(as_batch(matrices))
    outputs = member_outputs(models, matrices)
    if not euler:
        return np.rint(outputs.mean(axis=0)).astype(int)
    return round_together(models, outputs, euler_number_batch(matrices))


def member_outputs(models, matrices) -> np.ndarray:
    """Outputs of every model for canonical matrices: float32 ``(models, N, 4)``."""
    return np.stack([raw_predictions(model, matrices) for model in models])


def round_together(models, outputs, euler) -> np.ndarray:
    """:func:`round_with_euler` of the mean of the outputs, with the mean of their errors.

    Args:
        models: Keras models from :func:`load_models`.
        outputs: their outputs, ``(models, N, 4)``.
        euler: int ``(N,)``.
    """
    error = np.mean([model.validation_error for model in models], axis=0)
    return round_with_euler(outputs.mean(axis=0), euler, error)


def round_with_euler(outputs, euler, error) -> np.ndarray:
    """The nearest integers with the given Euler numbers.

    ``chi = 6 (8 + h11 + h31 - h21)`` and ``h22 = 2 (22 + 2 h11 + 2 h31 - h21)`` leave
    h11 and h21 free; the sum of squares of the deviations, each in units of its error,
    is minimised over them.

    Args:
        outputs: float ``(N, 4)``.
        euler: int ``(N,)``, multiples of 6.
        error: four positive numbers.

    Returns:
        int64 array ``(N, 4)``.
    """
    o11, o21, o31, o22 = np.asarray(outputs, float).T[:, :, None]
    w11, w21, w31, w22 = 1 / np.asarray(error, float) ** 2
    # h31 = shift - h11 + h21 and h22 = 2 h21 + double
    shift = np.asarray(euler, int)[:, None] // 6 - 8
    double = 4 * shift + 44
    # The sum is w11 (h11 - o11)^2 + both (h21 - p21)^2 + w31 (h21 - h11 - v)^2 + constant.
    both = w21 + 4 * w22
    p21 = (w21 * o21 + 2 * w22 * (o22 - double)) / both
    v = o31 - shift
    # Its minimum over real numbers with h21 >= 0, and how far from there the best
    # integer h11 can be: rounding h11 and h21 costs at most the numerator.
    free = both * w31 / (both + w31)
    h11 = (w11 * o11 + free * (p21 - v)) / (w11 + free)
    negative = both * p21 + w31 * (h11 + v) < 0
    h11 = np.where(negative, (w11 * o11 - w31 * v) / (w11 + w31), h11)
    reach = int(np.ceil(np.sqrt((w11 + w31 + both + w31) / (4 * (w11 + free)))))
    h11 = np.floor(np.maximum(h11, 1)) + np.arange(-reach, reach + 2)
    h11 = np.maximum(h11, 1)
    h21 = np.maximum(np.rint((both * p21 + w31 * (h11 + v)) / (both + w31)), 0)
    distance = w11 * (h11 - o11) ** 2 + both * (h21 - p21) ** 2 + w31 * (h21 - h11 - v) ** 2
    nearest = distance.argmin(axis=1)[:, None]
    h11, h21 = (np.take_along_axis(h, nearest, axis=1).astype(int) for h in (h11, h21))
    return np.concatenate([h11, h21, shift - h11 + h21, 2 * h21 + double], axis=1)


def round_with_relation(outputs) -> np.ndarray:
    """h11, h21 and h31 rounded alone, and h22 from them (``h22_from_others``).

    A network that has learned the relation is four times less precise in h22 than in h31.

    Args:
        outputs: float ``(N, 4)``.

    Returns:
        int64 array ``(N, 4)``.
    """
    h11, h21, h31, _ = np.rint(outputs).astype(int).T
    return np.stack([h11, h21, h31, h22_from_others(h11, h21, h31)], axis=1)


def accuracy(predicted, hodge) -> dict:
    """Fraction right of each Hodge number, and of all four at once."""
    right = np.asarray(predicted) == np.asarray(hodge)
    return {
        **{name: float(right[:, i].mean()) for i, name in enumerate(HODGE)},
        "all": float(right.all(axis=1).mean()),
    }


def scores(outputs, euler, hodge, error) -> dict:
    """Mean absolute errors, and accuracies raw, with h22 from the others, with the Euler number."""
    return {
        "mae": abs(outputs - hodge).mean(axis=0).tolist(),
        "accuracy": accuracy(np.rint(outputs), hodge),
        "accuracy_with_relation": accuracy(round_with_relation(outputs), hodge),
        "accuracy_with_euler": accuracy(round_with_euler(outputs, euler, error), hodge),
    }


ROUNDED = {
    "raw": "accuracy",
    "h22 from the others": "accuracy_with_relation",
    "with Euler number": "accuracy_with_euler",
}


def scores_text(scores) -> str:
    """Accuracies in per cent, a line for each way of rounding."""
    head = " " * 20 + "".join(f"{name:>8}" for name in scores["accuracy"])
    lines = [
        f"{label:20}" + "".join(f"{100 * value:8.2f}" for value in scores[key].values())
        for label, key in ROUNDED.items()
    ]
    return "\n".join([head, *lines])


def model_scores(model, split, error=None) -> dict:
    """Scores of one model on one split.

    Args:
        split: canonical matrices ``(N, 16, 20)`` and Hodge numbers ``(N, 4)``.
        error: the validation errors to round with; those of this split by default.
    """
    matrices, hodge = split
    outputs = raw_predictions(model, matrices)
    error = abs(outputs - hodge).mean(axis=0) if error is None else error
    return scores(outputs, euler_number_batch(matrices), hodge, error)
