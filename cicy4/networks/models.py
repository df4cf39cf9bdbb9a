"""Trained networks: loading them, what they are given, and their outputs."""

import functools
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from cicy4.data.order import DEFAULT_ORDER, ORDERS
from cicy4.files import read_json
from cicy4.geometry.configuration import by_entries
from cicy4.networks.architectures import (
    DEFAULT_ENSEMBLE,
    ENSEMBLES,
    NETWORKS,
    TRAINED,
    build_model,
    log_monomials,
    network,
)
from cicy4.networks.prefix_sharing import faster
from cicy4.networks.rounding import combine, round_with_euler


class TrainedNetwork(NamedTuple):
    """A trained network.

    Attributes:
        name: such as LSTM-448.
        model: maps :func:`network_input` to raw outputs, float32 ``(N, 4)``.
        file: the ``.keras`` file.
        splits: beside which it was trained: what their manifest says of them.
        error: mean absolute errors of the four outputs on the validation split.
    """

    name: str
    model: keras.Model
    file: Path
    splits: dict
    error: tuple

    @property
    def order(self) -> str:
        """Of rows and columns, a key of :data:`cicy4.data.order.ORDERS`."""
        return self.splits["order"]


def trained_models(directory: str | Path = TRAINED) -> list[str]:
    """Names of the networks that are in the directory."""
    return [name for name in NETWORKS if (Path(directory) / f"{name}.keras").exists()]


def load_models(
    names: Sequence[str] | None = None, directory: str | Path = TRAINED
) -> list[TrainedNetwork]:
    """Load trained networks, each with what its record says of it.

    Args:
        names: such as LSTM-448, or the members of an ensemble such as "Ensemble 2", in any case;
            by default :func:`default_members`.
        directory: holds ``NAME.keras`` and ``NAME.json``; by default the folder that the
            environment variable ``CICY4_MODELS`` names, or that of the repository.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a string instead of a list of names, an unknown name, a damaged file, another
            architecture, or weights or errors that are not finite.
    """
    if isinstance(names, str):
        raise ValueError(f"names of networks stand in a list: [{names!r}]")
    chosen = members(names) if names else default_members(directory)
    return [_load_model(name, Path(directory)) for name in chosen]


def members(names: Sequence[str]) -> list[str]:
    """Names as the table of networks spells them, an ensemble as those of its members, each once.

    Raises:
        ValueError: no ensemble, and no network as :func:`cicy4.networks.architectures.network`.
    """
    known = {name.lower(): [name] for name in NETWORKS}
    known |= {name.lower(): list(chosen) for name, chosen in ENSEMBLES.items()}
    for name in names:
        if name.lower() not in known:
            network(name)  # such as LSTM-128
    return list(dict.fromkeys(one for name in names for one in known.get(name.lower(), [name])))


def _load_model(name, directory):
    path = directory / f"{name}.keras"
    if not path.exists():
        raise FileNotFoundError(f"no trained network {path}: CICY4_MODELS can name their folder")
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as error:
        raise ValueError(f"{path} is not a Keras model or is damaged: {error}") from error
    if [w.shape for w in model.weights] != [w.shape for w in build_model(name).weights]:
        raise ValueError(f"{path} holds another architecture than {name}")
    if not all(np.isfinite(w).all() for w in model.get_weights()):
        raise ValueError(f"{path} has weights that are not finite")
    record = directory / f"{name}.json"
    try:
        told = read_json(record)
        splits, error = told["splits"], np.array(told["validation"]["mae"], float)
        splits["order"], splits["checksum"], splits["cut"]
        if splits["order"] not in ORDERS:
            raise ValueError(f"no order {splits['order']!r}; there are {', '.join(ORDERS)}")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{record} is no record of a network: {error!r}") from error
    if error.shape != (4,) or not (np.isfinite(error) & (error > 0)).all():
        raise ValueError(f"{record}: the errors on the validation split are {error.tolist()}")
    return TrainedNetwork(name, model, path, splits, tuple(error.tolist()))


def network_input(matrices: ArrayLike, order: str = DEFAULT_ORDER) -> np.ndarray:
    """What networks are given for canonical matrices: float32 ``(N, 16, 20)``.

    Args:
        matrices: uint8 ``(N, 16, 20)``, in canonical order.
        order: that of the network, see :class:`TrainedNetwork`.
    """
    return log_monomials(ORDERS[order](np.ascontiguousarray(matrices)))


_faster = functools.cache(faster)
NOT_COMPILED = 256  # matrices for which compiling a network would take longer than its answer
BATCH = 2048
SLICE = 8 * BATCH  # matrices after which the bar moves


def member_outputs(networks: Sequence[TrainedNetwork], matrices: ArrayLike) -> np.ndarray:
    """Raw outputs of every network for canonical matrices: float32 ``(networks, N, 4)``.

    Raises:
        ValueError: outputs that are not finite.
    """
    inputs = {
        order: _sorted_input(matrices, order) for order in {member.order for member in networks}
    }
    outputs = np.zeros((len(networks), len(matrices), 4), "float32")

    def predict(one, member):
        places, x = inputs[member.order]
        if len(x) <= NOT_COMPILED:
            one[places] = member.model(x)
            return
        for start in range(0, len(x), SLICE):
            part = slice(start, start + SLICE)
            one[places[part]] = _faster(member.model).predict(x[part], BATCH, verbose=0)
            bar.update(len(x[part]))

    total = len(networks) * len(matrices)
    with (
        tqdm(total=total, unit="matrices", unit_scale=True, delay=5) as bar,
        ThreadPoolExecutor(2) as pool,  # products of one network do not fill two cores
    ):
        list(pool.map(predict, outputs, networks))
    for member, one in zip(networks, outputs, strict=True):
        if not np.isfinite(one).all():
            raise ValueError(f"{member.file} has outputs that are not finite")
    return outputs


def _sorted_input(matrices, order):
    """Places of matrices sorted by their rows, and the input in that order.

    Neighbours then share the most prefixes, see :mod:`cicy4.networks.prefix_sharing`.
    """
    ordered = ORDERS[order](np.ascontiguousarray(matrices))
    places = by_entries(ordered)
    return places, log_monomials(ordered[places])


def round_together(
    networks: Sequence[TrainedNetwork], outputs: np.ndarray, euler: np.ndarray
) -> np.ndarray:
    """Hodge numbers with the exact Euler number, from the outputs of an ensemble.

    Args:
        networks: the members, from :func:`load_models`.
        outputs: theirs, ``(members, N, 4)``.
        euler: int ``(N,)``.
    """
    together, error = combine(outputs, [member.error for member in networks])
    return round_with_euler(together, euler, error)


def default_members(directory: str | Path = TRAINED) -> Sequence[str]:
    """Members of ``DEFAULT_ENSEMBLE`` if all are there, or else the first trained network.

    It warns if it is not the ensemble.

    Raises:
        FileNotFoundError: nothing is trained.
    """
    trained = trained_models(directory)
    if not trained:
        raise FileNotFoundError(
            f"{directory} has no trained network: CICY4_MODELS can name another folder"
        )
    wanted = ENSEMBLES[DEFAULT_ENSEMBLE]
    missing = [name for name in wanted if name not in trained]
    if missing:
        without = f"{directory} lacks {', '.join(missing)} of {DEFAULT_ENSEMBLE}"
        warnings.warn(f"{without}: {trained[0]} predicts alone", stacklevel=2)
    return trained[:1] if missing else wanted
