"""What is kept of a finished run: the model, its history, and a record."""

import json
import os
import platform
from dataclasses import asdict
from pathlib import Path

import keras

from cicy4.files import replacing
from cicy4.inference import TRAINED, model_scores
from cicy4.models import ARCHITECTURES
from cicy4.training import steps_per_epoch, write_history


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
    validation = model_scores(model, splits["valid"])
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
        "test": model_scores(model, splits["test"], validation["mae"]),
    }
    directory = Path(directory)
    with replacing(directory / f"{model.name}.keras") as path:
        model.save(path)
    write_history(directory / f"{model.name}.csv", history)
    with replacing(directory / f"{model.name}.json") as path:
        path.write_text(json.dumps(record, indent=1) + "\n")
    return record


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
