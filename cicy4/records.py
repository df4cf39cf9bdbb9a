"""What is kept of a finished run: the model, its history, and a record."""

import json
import os
import platform
import zipfile
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np

from cicy4.files import replacing
from cicy4.inference import TRAINED, model_scores
from cicy4.models import ARCHITECTURES
from cicy4.training import write_history

SIGNIFICANT_BITS = 11  # of the weights that are kept, as many as float16 has


def save_run(model, history, recipe, splits, hardware, directory, earlier=()) -> dict:
    """Write ``NAME.keras`` (weights, no optimizer), ``NAME.csv`` and ``NAME.json``.

    Args:
        model: its weights are rounded (:func:`round_weights`).
        history: of the run, as ``train`` returns it.
        earlier: the history of the network it started from, which comes before its own.

    Returns:
        the record: recipe, samples seen, seconds, hardware, and the scores on the
        validation and the test split.
    """
    round_weights(model)
    best = min(history, key=lambda row: row["val_loss"])
    inherited = int(earlier[-1]["samples"]) if earlier else 0
    validation = model_scores(model, splits["valid"])
    record = {
        "model": model.name,
        "recipe": asdict(recipe),
        "samples": int(history[-1]["samples"]),
        "inherited_samples": inherited,
        "epochs": len(history),
        "best_epoch": int(best["epoch"]),
        "seconds": round(sum(row["seconds"] for row in history)),
        "hardware": hardware,
        "software": f"Keras {keras.__version__} on {keras.backend.backend()}",
        "validation": validation,
        "test": model_scores(model, splits["test"], validation["mae"]),
    }
    directory = Path(directory)
    save_model(model, directory / f"{model.name}.keras")
    own = [{**row, "samples": inherited + row["samples"]} for row in history]
    write_history(directory / f"{model.name}.csv", [*earlier, *own])
    with replacing(directory / f"{model.name}.json") as path:
        path.write_text(json.dumps(record, indent=1) + "\n")
    return record


def round_weights(model) -> None:
    """Round the weights to ``SIGNIFICANT_BITS``; the last digits of float32 are noise.

    A trained network then rounds h31 to another integer for one manifold in two thousand.
    """
    fractions = [np.frexp(weights) for weights in model.get_weights()]
    scale = 2**SIGNIFICANT_BITS
    model.set_weights([np.ldexp(np.rint(f * scale) / scale, power) for f, power in fractions])


def save_model(model, path) -> None:
    """Write a ``.keras`` file, a zip archive, with compression; Keras itself uses none.

    Rounded weights take half of their space then.
    """
    with TemporaryDirectory() as folder, replacing(path) as temporary:
        model.save(Path(folder) / "model.keras")
        with (
            zipfile.ZipFile(Path(folder) / "model.keras") as plain,
            zipfile.ZipFile(temporary, "w", zipfile.ZIP_LZMA) as compressed,
        ):
            for name in plain.namelist():
                compressed.writestr(name, plain.read(name))


def read_records(directory=TRAINED) -> dict:
    """The records of the trained models among the twelve, by name."""
    records = {name: read_record(name, directory) for name in ARCHITECTURES}
    return {name: record for name, record in records.items() if record}


def read_record(name, directory=TRAINED) -> dict | None:
    """The record of one trained model, if there is one."""
    path = Path(directory) / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def samples_behind(record) -> int:
    """Training samples of a run and of those it started from."""
    return record["samples"] + record["inherited_samples"]


def hardware_name() -> str:
    """The processor and the number of cores that this process runs on."""
    return f"{os.cpu_count()} cores, {platform.machine()}"
