"""Runs one training after the other on this machine, and tells how far each is."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import keras

from cicy4.cpu import fast_on_cpu
from cicy4.dataset import SPLIT_SIZES, load_splits, with_larger_training
from cicy4.growth import SAMPLES, inherit, rescale
from cicy4.inference import LARGER, TRAINED, load_models
from cicy4.models import ARCHITECTURES, ENSEMBLES, build_model, model_input
from cicy4.partner import with_partner
from cicy4.records import hardware_name, read_record, read_records, samples_behind, save_run
from cicy4.splitting import with_splittings
from cicy4.training import Recipe, read_history, scale_of, steps_per_epoch, train

CHECKPOINTS = TRAINED.parent / "checkpoints"

# The members of the ensembles first.
ORDER = list(dict.fromkeys([*ENSEMBLES["Ensemble 3"], *ARCHITECTURES]))

NOT_YET = "not yet"

# A network that starts from a trained one has less to forget at a lower rate.
PEAK_RATE_OF_GROWN = 5e-3


def recipe_for(
    samples, start=None, peak_rate=None, training_samples=SPLIT_SIZES["train"], **changes
) -> Recipe:
    """The recipe whose epochs show a network at least so many samples.

    Args:
        peak_rate: another than that of a fresh or of a grown network.
        training_samples: in the training split.
        changes: other fields of :class:`Recipe`, such as ``seed`` or ``oversampling``.

    Raises:
        ValueError: see :class:`Recipe`, or there is a share of the start and no start.
    """
    recipe = Recipe(1, start=start, **changes)
    if recipe.start_share and not start:
        raise ValueError("the share of the start is 0 without a start")
    per_epoch = recipe.batch_size * steps_per_epoch(training_samples, recipe.batch_size)
    recipe = replace(recipe, epochs=math.ceil(samples / per_epoch))
    peak_rate = peak_rate or (PEAK_RATE_OF_GROWN if start else recipe.peak_rate)
    return replace(recipe, peak_rate=peak_rate)


def train_and_record(
    name,
    samples,
    start=None,
    peak_rate=None,
    hardware=None,
    directory=TRAINED,
    larger=False,
    **changes,
) -> dict:
    """Train one architecture, or go on with it, and keep model, history and record.

    The run has its checkpoints below ``checkpoints/`` until its record is written; a
    model whose record has this very recipe is not trained again.

    Args:
        name: see ``architecture``; one that is not among the twelve is only a step to
            them, and kept with the checkpoints.
        samples: how many to see, rounded up to whole epochs.
        start: name of a trained model to take the first weights from, perhaps itself.
        peak_rate, changes: see :func:`recipe_for`.
        hardware: for the record.
        directory: holds the trained models.
        larger: whether to train on 80 % of the list (``with_larger_training``); what
            comes of it is kept in the folder ``LARGER`` of the directory.

    Returns:
        the record.

    Raises:
        ValueError: no such architecture, ``start`` has other layers, there are
            checkpoints of another recipe, or see :func:`recipe_for`.
        FileNotFoundError: ``start`` or ``partner`` is not trained.
    """
    splits = with_larger_training(load_splits()) if larger else load_splits()
    folder, checkpoints = home(name, directory, larger), checkpoints_of(name, larger)
    recipe = recipe_for(samples, start, peak_rate, len(splits["train"][0]), **changes)
    record = read_record(name, folder)
    if record and Recipe(**record["recipe"]) == recipe:
        return record
    weights, earlier = None, []
    if start:
        (trained,) = load_models([start], home(start, directory))
        weights = first_weights(name, trained, recipe, splits)
        earlier = read_history(home(start, directory) / f"{start}.csv")
    splits = with_splittings(splits, recipe)
    if recipe.partner:
        (partner,) = load_models([recipe.partner], home(recipe.partner, directory, larger))
        splits = with_partner(splits, partner, checkpoints)
    model, history = train(name, splits, recipe, checkpoints, fast_on_cpu(), weights)
    hardware = hardware or hardware_name()
    record = save_run(model, history, recipe, splits, hardware, folder, earlier)
    shutil.rmtree(checkpoints)
    return record


def first_weights(name, start, recipe, splits) -> list:
    """Weights with which a run goes on from a trained network.

    Args:
        name: of the network to train.
        start: the trained one.  The very same network goes on as it is, but in the scale of
            these splits, and another one takes over what they share (``inherit``).
        recipe: its seed is that of the units that the start does not have.
        splits: from ``load_splits``.
    """
    hodge = splits["train"][1]
    keras.utils.set_random_seed(recipe.seed)
    model = build_model(name, **scale_of(hodge))
    if name == start.name:
        model.set_weights(start.get_weights())
        rescale(model, start)
    else:
        inherit(model, start, model_input(start.name, splits["train"][0][:SAMPLES]))
    return model.get_weights()


def home(name, directory=TRAINED, larger=False) -> Path:
    """Where a trained model is kept: the twelve in ``directory``, others with the checkpoints."""
    folder = Path(directory) if name in ARCHITECTURES else CHECKPOINTS
    return folder / LARGER if larger else folder


def checkpoints_of(name, larger=False) -> Path:
    """Where a run has its checkpoints."""
    return (CHECKPOINTS / LARGER if larger else CHECKPOINTS) / name


def train_all(samples, hardware=None, directory=TRAINED, **changes):
    """Bring every network to so many samples, those that are trained from where they are.

    Args:
        changes: see :func:`recipe_for`; another ``seed`` than before shows a trained
            network other samples.

    Yields:
        the record of each network that had seen fewer.
    """
    for name in ORDER:
        record = read_records(directory).get(name)
        missing = samples - (samples_behind(record) if record else 0)
        if missing > 0:
            start = name if record else None
            yield train_and_record(name, missing, start, None, hardware, directory, **changes)


def status_table(directory=TRAINED) -> str:
    """A line per architecture: trained, under way (with the time it still needs), or not yet.

    Those with more of the list for training follow, if there are any.
    """
    lines = [f"{name:15} {_status(name, directory)}" for name in ORDER]
    for name in ORDER:
        status = _status(name, directory, larger=True)
        if status != NOT_YET:
            lines.append(f"{name:15} with 80 %: {status}")
    return "".join(f"{line}\n" for line in lines)


def _status(name, directory, larger=False):
    checkpoints = checkpoints_of(name, larger)
    if (checkpoints / "recipe.json").exists():
        epochs = json.loads((checkpoints / "recipe.json").read_text())["epochs"]
        path = checkpoints / "history.csv"
        history = read_history(path) if path.exists() else []
        if not history:
            return f"epoch   0 of {epochs:3}"
        minutes = (epochs - len(history)) * history[-1]["seconds"] / 60
        return (
            f"epoch {len(history):3} of {epochs:3}, validation loss {history[-1]['val_loss']:.3f}, "
            f"{minutes:.0f} minutes to go"
        )
    record = read_record(name, home(name, directory, larger))
    return f"trained on {samples_behind(record) / 1e6:.2f} million samples" if record else NOT_YET
