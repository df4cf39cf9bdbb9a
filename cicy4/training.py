"""The recipe: samples, loss, schedule, checkpoints, history.

Training is divided into epochs of a quarter as many samples as the training split has,
each followed by a look at part of the validation split and a checkpoint.
"""

import csv
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from cicy4.cpu import FastMuon, faster_branches
from cicy4.files import replacing
from cicy4.hodge import HODGE
from cicy4.models import build_model, model_input, read_by
from cicy4.optimizer import Muon
from cicy4.reading import fitting_pieces

PARTS = 4  # epochs with as many samples as the training split has
VALIDATION_SAMPLES = 16_384  # per epoch; the whole validation split is for the end

# h11 and h21 decide everything once the Euler number is known, and their spread is
# a fraction of that of h31 and h22.
LOSS_WEIGHTS = (4.0, 4.0, 1.0, 0.25)


@dataclass(frozen=True)
class Recipe:
    """What is chosen before a run, and never on the test split.

    Raises:
        ValueError: a fraction or share is not between 0 and 1, or there is less than one
            swap.
    """

    epochs: int
    batch_size: int = 512
    peak_rate: float = 1.5e-2
    warmup: float = 0.1  # fraction of the steps
    convolution_rate: float = 0.03  # of convolutions, as a fraction of the rate of the others
    momentum: float = 0.97
    weight_decay: float = 0.004
    clip_norm: float = 5.0
    oversampling: float = 3.0  # a matrix has the weight 1 + this for each of its fitting pieces
    few_rows: float = 0.0  # this weight is divided by this power of its number of rows
    swapped: float = 0.0  # share of the samples with neighbouring rows and columns swapped
    swaps: int = 1  # of rows in such a sample, and of columns
    split: float = 0.0  # share of the samples that are ineffective splittings
    plain_end: float = 0.25  # fraction of the epochs, the last ones, with neither of these
    seed: int = 1
    start: str | None = None  # the trained model whose weights are the first
    start_share: float = 0.0  # of the first weights in those that are kept
    partner: str | None = None  # the trained model in whose mean with this one errors count

    def __post_init__(self):
        shares = ("warmup", "convolution_rate", "swapped", "split", "plain_end", "start_share")
        for name in shares:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is between 0 and 1, not {getattr(self, name)}")
        if self.swaps < 1:
            raise ValueError(f"swaps is at least 1, not {self.swaps}")


def weighted_absolute_error(true, predicted):
    """Mean absolute error of the Hodge numbers, weighted by ``LOSS_WEIGHTS``."""
    error = ops.abs(predicted - ops.cast(true, predicted.dtype))
    return ops.mean(error * ops.convert_to_tensor(LOSS_WEIGHTS, predicted.dtype), axis=-1)


class HodgeAccuracy(keras.metrics.Mean):
    """Fraction of one Hodge number that is right after rounding."""

    def __init__(self, column, name, **kwargs):
        super().__init__(name=name, **kwargs)
        self.column = column

    def update_state(self, true, predicted, sample_weight=None):
        error = predicted[:, self.column] - ops.cast(true[:, self.column], predicted.dtype)
        super().update_state(ops.cast(ops.abs(error) < 0.5, "float32"), sample_weight)


def draw_weights(matrices, recipe):
    """With which weight each matrix is drawn for training.

    Args:
        matrices: canonical padded, ``(N, 16, 20)``.
        recipe: a :class:`Recipe`.

    Returns:
        float64 ``(N,)``, positive.
    """
    rows = matrices.any(axis=2).sum(axis=1)
    return (1 + recipe.oversampling * fitting_pieces(matrices)) / rows**recipe.few_rows


def steps_per_epoch(samples, batch_size):
    """Batches of an epoch."""
    return max(1, samples // (PARTS * batch_size))


def swap_neighbours(matrices, axis, rng):
    """Matrices in which two neighbouring rows or columns have changed places.

    They describe the same manifolds.  Which two is drawn for every matrix, from the first
    to the last that is not zero.

    Args:
        matrices: ``(N, 16, 20)`` in reading order; they stay as they are.
        axis: 1 for rows, 2 for columns.
        rng: NumPy generator.
    """
    used = matrices.any(axis=3 - axis)
    places = used.shape[1]
    first, last = used.argmax(axis=1), places - 1 - used[:, ::-1].argmax(axis=1)
    one = rng.integers(first, np.maximum(last, first + 1))
    other = np.minimum(one + 1, places - 1)
    order = np.tile(np.arange(places), (len(used), 1))
    each = np.arange(len(used))
    order[each, one], order[each, other] = other, one
    return np.take_along_axis(matrices, np.expand_dims(order, 3 - axis), axis)


class Epochs(keras.utils.PyDataset):
    """Batches of a seeded draw from the training split, a new one for every epoch.

    Args:
        matrices: uint8 ``(N, 16, 20)`` in reading order.
        hodge: ``(N, 4)``.
        weights: positive, ``(N,)``; a sample is drawn in proportion to its weight.
        recipe: a :class:`Recipe`.
        splittings: matrices in reading order and Hodge numbers of ineffective splittings,
            drawn in place of ``split`` of the samples.
    """

    def __init__(self, matrices, hodge, weights, recipe, splittings=None):
        super().__init__()
        self.matrices, self.hodge, self.probability = matrices, hodge, weights / weights.sum()
        self.recipe, self.steps = recipe, steps_per_epoch(len(matrices), recipe.batch_size)
        if recipe.split:
            self.matrices = np.concatenate([matrices, splittings[0]])
            self.hodge = np.concatenate([hodge, splittings[1]])
        self.draw(0)

    def draw(self, epoch):
        """Draw the samples of an epoch; the first is 0."""
        self.epoch = epoch
        rng = np.random.default_rng([self.recipe.seed, epoch])
        samples = self.steps * self.recipe.batch_size
        members = len(self.probability)
        self.order = rng.choice(members, samples, p=self.probability)
        split = rng.random(samples) < self._now(self.recipe.split)
        if split.any():
            self.order[split] = rng.integers(members, len(self.matrices), split.sum())

    def __len__(self):
        return self.steps

    def __getitem__(self, step):
        size = self.recipe.batch_size
        chosen = self.order[step * size : (step + 1) * size]
        matrices = self.matrices[chosen]
        rng = np.random.default_rng([self.recipe.seed, self.epoch, step])
        swapped = rng.random(len(matrices)) < self._now(self.recipe.swapped)
        for axis in (1, 2) * self.recipe.swaps:
            matrices[swapped] = swap_neighbours(matrices[swapped], axis, rng)
        return matrices.astype("float32"), self.hodge[chosen].astype("float32")

    def _now(self, share):
        plain = self.epoch >= round((1 - self.recipe.plain_end) * self.recipe.epochs)
        return 0.0 if plain else share


def compile_model(model, recipe, steps, muon=Muon):
    """Compile a model with Muon, warm-up and cosine decay over ``steps``."""
    warmup = round(recipe.warmup * steps)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=recipe.peak_rate, warmup_steps=warmup
    )
    optimizer = muon(
        rate,
        convolution_rate=recipe.convolution_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        global_clipnorm=recipe.clip_norm,
        exclude_layers=["scaled_hodge"],
    )
    model.compile(
        optimizer,
        loss=weighted_absolute_error,
        metrics=[HodgeAccuracy(i, name) for i, name in enumerate(HODGE)],
        # TensorFlow runs recurrent layers as cuDNN kernels, which XLA would take apart.
        jit_compile=keras.backend.backend() == "jax",
    )
    return model


class Checkpoint(keras.callbacks.Callback):
    """After each epoch, keep the best weights, the history, and the state of training.

    ``best.npz`` holds the weights with the smallest validation loss so far,
    ``history.csv`` a line an epoch, ``state.npz`` the weights and the optimizer.  The
    state is written last: what a kill leaves ahead of it is made again.

    Args:
        directory: for the three files.
        history: of the run so far, a list to append to.
        samples: of an epoch.
    """

    def __init__(self, directory, history, samples):
        super().__init__()
        self.directory, self.history, self.samples = Path(directory), history, samples
        self.best = min((row["val_loss"] for row in history), default=np.inf)

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.time()

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_loss"] < self.best:
            self.best = logs["val_loss"]
            save_arrays(self.directory / "best.npz", weights=self.model.get_weights())
        seconds = time.time() - self.started
        seen = {"epoch": epoch + 1, "samples": (epoch + 1) * self.samples}
        row = {**seen, "seconds": seconds, **logs}
        self.history.append({key: float(value) for key, value in row.items()})
        write_history(self.directory / "history.csv", self.history)
        save_arrays(
            self.directory / "state.npz",
            weights=self.model.get_weights(),
            optimizer=[keras.ops.convert_to_numpy(v) for v in self.model.optimizer.variables],
        )


def save_arrays(path, **groups):
    """Write lists of arrays to one npz."""
    with replacing(path) as temporary:
        np.savez(
            temporary,
            **{f"{name}/{i}": a for name, group in groups.items() for i, a in enumerate(group)},
        )


def load_arrays(path, name):
    """The list of arrays that :func:`save_arrays` wrote as ``name``."""
    with np.load(path) as archive:
        count = sum(key.startswith(f"{name}/") for key in archive.files)
        return [archive[f"{name}/{i}"] for i in range(count)]


def write_history(path, history):
    """Write the history as CSV, a line an epoch."""
    with replacing(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, history[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: f"{v:.9g}" for k, v in row.items()} for row in history)


def read_history(path):
    """The rows of a history as dictionaries of floats."""
    with open(path, newline="") as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def resume(model, recipe, steps, directory):
    """Restore weights, optimizer and step of an interrupted run, if there is one.

    Returns:
        the history up to the restored epoch.

    Raises:
        ValueError: the run in the directory had another recipe.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps({"model": model.name, **asdict(recipe)}, indent=1)
    started = directory / "recipe.json"
    if started.exists() and started.read_text() != wanted:
        raise ValueError(f"{directory} holds a run with another recipe; remove it or move it away")
    with replacing(started) as temporary:
        temporary.write_text(wanted)
    if not (directory / "state.npz").exists():
        return []
    model.set_weights(load_arrays(directory / "state.npz", "weights"))
    model.optimizer.build(model.trainable_variables)
    saved = load_arrays(directory / "state.npz", "optimizer")
    for variable, value in zip(model.optimizer.variables, saved, strict=True):
        variable.assign(value)
    epoch = int(ops.convert_to_numpy(model.optimizer.iterations)) // steps
    return read_history(directory / "history.csv")[:epoch]


def scale_of(hodge) -> dict:
    """Mean and spread of the targets ``(N, 4)``, as ``build_model`` takes them."""
    return {"mean": hodge.mean(axis=0), "spread": hodge.std(axis=0)}


def train(name, splits, recipe, directory, on_cpu=False, start=None, verbose=2):
    """Train one architecture, or go on where an interrupted run stopped.

    Args:
        name: a key of ``ARCHITECTURES``.
        splits: ``{"train": (X, y), "valid": (X, y)}``, canonical padded matrices and
            Hodge numbers; ``"splittings"``, if the recipe has a share of them; and
            ``"targets"`` in place of the Hodge numbers of the training split, if it has a partner.
        recipe: a :class:`Recipe`.
        directory: where the run keeps its checkpoints.
        on_cpu: whether to train with what :mod:`cicy4.cpu` has; needs TensorFlow.
        start: weights to start from, as ``model.get_weights()`` gives them.

    Returns:
        the model with the weights of its best epoch, or between these and its first ones
        (``start_share``; Wortsman et al., arXiv:2109.01903), and the history.
    """
    matrices, hodge = splits["train"]
    keras.utils.set_random_seed(recipe.seed)
    scale = scale_of(hodge)
    model = build_model(name, **scale, **(faster_branches() if on_cpu else {}))
    if start is not None:
        model.set_weights(start)
    steps = steps_per_epoch(len(matrices), recipe.batch_size)
    muon = FastMuon if on_cpu else Muon
    compile_model(model, recipe, recipe.epochs * steps, muon)
    history = resume(model, recipe, steps, directory)
    matrices = np.asarray(matrices)
    weights = draw_weights(matrices, recipe)
    read = read_by(name, matrices)
    splittings = None
    if recipe.split:
        further, labels = splits["splittings"]
        splittings = read_by(name, further), labels
    batches = Epochs(read, splits.get("targets", hodge), weights, recipe, splittings)
    # Keras calls the method of a dataset for the end of an epoch before the first one, too.
    draw = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: batches.draw(epoch))
    valid = [np.asarray(array[:VALIDATION_SAMPLES]) for array in splits["valid"]]
    if len(history) < recipe.epochs:
        model.fit(
            batches,
            validation_data=(model_input(name, valid[0]), valid[1].astype("float32")),
            validation_batch_size=1024,
            shuffle=False,  # the order of the batches is that of their seed
            initial_epoch=len(history),
            epochs=recipe.epochs,
            callbacks=[draw, Checkpoint(directory, history, steps * recipe.batch_size)],
            verbose=verbose,
        )
    best = build_model(name, **scale)
    kept = load_arrays(Path(directory) / "best.npz", "weights")
    if start is not None:
        share = recipe.start_share
        kept = [share * first + (1 - share) * last for first, last in zip(start, kept, strict=True)]
    best.set_weights(kept)
    return best, history
