"""Trained networks: loading them, what they are given, and their outputs."""

import functools
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import ArrayLike

from cicy4.data.order import DEFAULT_ORDER, ORDERS
from cicy4.geometry.configuration import by_entries
from cicy4.networks.architectures import (
    DEFAULT_ENSEMBLE,
    ENSEMBLES,
    NETWORKS,
    TRAINED,
    build_model,
    log_monomials,
)
from cicy4.networks.cpu import faster
from cicy4.networks.progress import Progress
from cicy4.networks.rounding import combine, round_with_euler


class Trained(NamedTuple):
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
) -> list[Trained]:
    """Load trained networks, each with what its record says of it.

    Args:
        names: such as LSTM-448; by default :func:`default_members`.
        directory: holds ``NAME.keras`` and ``NAME.json``; by default the folder that the
            environment variable ``CICY4_MODELS`` names, or that of the repository.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a string instead of a list of names, a damaged file, another architecture,
            or weights that are not finite.
    """
    if isinstance(names, str):
        raise ValueError(f"names of networks stand in a list: [{names!r}]")
    return [_load_model(name, Path(directory)) for name in names or default_members(directory)]


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
    record = json.loads((directory / f"{name}.json").read_text())
    return Trained(name, model, path, record["splits"], tuple(record["validation"]["mae"]))


def network_input(matrices: ArrayLike, order: str = DEFAULT_ORDER) -> np.ndarray:
    """What networks are given for canonical matrices: float32 ``(N, 16, 20)``.

    Args:
        matrices: uint8 ``(N, 16, 20)``, in canonical order.
        order: that of the network, see :class:`Trained`.
    """
    return log_monomials(ORDERS[order](np.ascontiguousarray(matrices)))


_faster = functools.cache(faster)


def member_outputs(networks: Sequence[Trained], matrices: ArrayLike) -> np.ndarray:
    """Raw outputs of every network for canonical matrices: float32 ``(networks, N, 4)``."""
    inputs = {order: _sorted_input(matrices, order) for order in {n.order for n in networks}}
    outputs = np.zeros((len(networks), len(matrices), 4), "float32")

    def predict(one, network):
        places, x = inputs[network.order]
        calls = [Progress(network.name)]
        one[places] = _faster(network.model).predict(x, 2048, verbose=0, callbacks=calls)

    with ThreadPoolExecutor(2) as pool:  # products of one network do not fill two cores
        list(pool.map(predict, outputs, networks))
    return outputs


def _sorted_input(matrices, order):
    """Places of matrices sorted by their rows, and the input in that order.

    Neighbours then share the most beginnings, see :mod:`cicy4.networks.cpu`.
    """
    ordered = ORDERS[order](np.ascontiguousarray(matrices))
    places = by_entries(ordered)
    return places, log_monomials(ordered[places])


def round_together(
    networks: Sequence[Trained], outputs: np.ndarray, euler: np.ndarray
) -> np.ndarray:
    """Hodge numbers with the exact Euler number, from the outputs of an ensemble.

    Args:
        networks: the members, from :func:`load_models`.
        outputs: theirs, ``(members, N, 4)``.
        euler: int ``(N,)``.
    """
    together, error = combine(outputs, [network.error for network in networks])
    return round_with_euler(together, euler, error)


def default_members(directory: str | Path = TRAINED) -> Sequence[str]:
    """Members of ``DEFAULT_ENSEMBLE`` if all are there, or else the first trained network.

    Raises:
        FileNotFoundError: nothing is trained.
    """
    trained = trained_models(directory)
    if not trained:
        raise FileNotFoundError(
            f"{directory} has no trained network: CICY4_MODELS can name another folder"
        )
    members = ENSEMBLES[DEFAULT_ENSEMBLE]
    return members if set(members) <= set(trained) else trained[:1]
