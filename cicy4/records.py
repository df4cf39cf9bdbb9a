"""What is kept of a finished run, and the tables made from it."""

import json
import os
import platform
import re
from dataclasses import asdict
from pathlib import Path

import keras

from cicy4.files import replacing
from cicy4.inference import TRAINED, scores
from cicy4.training import steps_per_epoch, write_history

# Test accuracies (%) of h11, h21, h31, h22 with the same 72 % for training, as published
# with the architectures.
PUBLISHED = {
    "CNN-GRU-384": (98.24, 84.84, 69.29, 31.73),
    "CNN-GRU-416": (98.25, 88.64, 77.69, 45.37),
    "ResNet-GRU-256": (97.87, 84.05, 69.54, 37.14),
    "ResNet-GRU-400": (99.22, 92.45, 86.62, 59.44),
    "CNN-LSTM-256": (99.31, 94.37, 88.61, 62.33),
    "CNN-LSTM-384": (99.13, 94.77, 87.85, 62.32),
    "CNN-LSTM-400": (99.74, 98.07, 95.19, 81.01),
    "CNN-LSTM-416": (92.15, 77.59, 51.62, 16.37),
    "LSTM-400": (99.38, 94.14, 88.01, 65.05),
    "LSTM-424": (99.56, 97.07, 93.19, 74.47),
    "LSTM-448": (99.74, 97.51, 94.24, 78.63),
    "LSTM-455": (99.35, 94.01, 87.77, 64.58),
}
_RESULTS = re.compile(r"(<!-- results -->\n).*(<!-- end of results -->)", re.DOTALL)


def save_run(model, history, recipe, splits, hardware, directory, inherited=0) -> dict:
    """Write ``NAME.keras`` (weights, no optimizer), ``NAME.csv`` and ``NAME.json``.

    Args:
        inherited: training samples behind the weights that the run started from.

    Returns:
        the record: recipe, samples seen, seconds, hardware, and the scores on the
        validation and the test split.
    """
    best = min(history, key=lambda row: row["val_loss"])
    steps = steps_per_epoch(len(splits["train"][0]), recipe.batch_size)
    validation = scores(model, splits["valid"])
    record = {
        "model": model.name,
        "recipe": asdict(recipe),
        "samples": len(history) * steps * recipe.batch_size,
        "inherited_samples": inherited,
        "epochs": len(history),
        "best_epoch": int(best["epoch"]),
        "seconds": round(sum(row["seconds"] for row in history)),
        "hardware": hardware,
        "software": f"Keras {keras.__version__} on {keras.backend.backend()}",
        "validation": validation,
        "test": scores(model, splits["test"], validation["mae"]),
    }
    directory = Path(directory)
    with replacing(directory / f"{model.name}.keras") as path:
        model.save(path)
    write_history(directory / f"{model.name}.csv", history)
    with replacing(directory / f"{model.name}.json") as path:
        path.write_text(json.dumps(record, indent=1) + "\n")
    return record


def read_records(directory=TRAINED) -> dict:
    """The records of the trained models by name."""
    paths = sorted(Path(directory).glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def results_table(directory=TRAINED) -> str:
    """Test accuracies of the trained models beside the published ones, as Markdown."""
    lines = [
        "| model | samples seen | prediction | h11 | h21 | h31 | h22 | all four |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, record in read_records(directory).items():
        samples = f"{record['samples'] / 1e6:.2f} million"
        for label, key in (("raw", "accuracy"), ("with Euler number", "accuracy_with_euler")):
            values = " | ".join(f"{100 * v:.2f}" for v in record["test"][key].values())
            lines.append(f"| {name} | {samples} | {label} | {values} |")
        published = " | ".join(f"{v:.2f}" for v in PUBLISHED[name])
        lines.append(f"| {name} | about 200 million | published, raw | {published} | |")
    return "\n".join(lines) + "\n"


def update_readme(path, directory=TRAINED) -> None:
    """Replace the table between the two comments that mark it in the README.

    Raises:
        ValueError: the marks are not there.
    """
    text = Path(path).read_text()
    if not _RESULTS.search(text):
        raise ValueError(f"{path} has no marks for the table of results")
    table = results_table(directory)
    with replacing(path) as temporary:
        temporary.write_text(_RESULTS.sub(lambda m: m[1] + table + m[2], text))


def hardware_name() -> str:
    """The processor and the number of cores that this process runs on."""
    return f"{os.cpu_count()} cores, {platform.machine()}"
