"""Predictions for any configuration matrix, in any form that somebody brings."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cicy4.data.identification import places, split_names
from cicy4.data.matrix_files import read_matrices
from cicy4.geometry.configuration import dimension, pad_all, row_counts
from cicy4.geometry.euler import euler_number, euler_number_batch
from cicy4.geometry.hodge import hodge_numbers, hodge_numbers_batch
from cicy4.geometry.reduction import reduce_all
from cicy4.networks.architectures import TRAINED
from cicy4.networks.models import TrainedNetwork, load_models, member_outputs, round_together
from cicy4.networks.reliability import probability
from cicy4.networks.rounding import HODGE


def predict(
    networks: Sequence[TrainedNetwork], matrices: Sequence[ArrayLike], exact: bool = False
) -> pd.DataFrame:
    """Hodge numbers of fourfolds by an ensemble, whatever matrix a manifold is given by.

    A configuration is reduced to the list first (:mod:`cicy4.geometry.reduction`), since networks
    have seen nothing else.  A product is answered exactly, through its factors.

    Args:
        networks: from :func:`load_models`; of the median of their raw outputs the nearest
            integers compatible with the exact Euler number are taken.
        matrices: configuration matrices of any sizes; zero rows and columns do not count.
        exact: whether to compute the exact Hodge numbers as well.

    Returns:
        a row per matrix, numbered from 0:

        - ``h11``, ``h21``, ``h31``, ``h22``,
        - ``euler``: the exact Euler number,
        - ``source``: "networks", or "exact" for a product,
        - ``probability``: how likely the networks are right (:mod:`cicy4.networks.reliability`),
        - ``number``: in the list, from 1 (:func:`cicy4.data.identification.identify`),
        - ``split``: where the manifold is in the splits of the networks; the Hodge numbers of
          "train", and of "train (twin)", were told to them; "unknown" if these splits are not
          cut from our list,
        - ``reduced_to``: the representative, if it is not the given matrix in another order,
        - with ``exact`` also ``exact_h11`` to ``exact_h22``, and ``favourable``: whether h11 is the
          number of rows of the representative, empty for a product,
        - ``error``: why there are no numbers; empty for a good matrix.

    Raises:
        ValueError: no networks, or such that were trained beside different splits.
    """
    splits = _common_splits(networks)
    reductions = [_of_dimension_4(reduction) for reduction in reduce_all(matrices)]
    table = pd.DataFrame(index=pd.RangeIndex(len(reductions), name="matrix"))
    errors = [str(r) if isinstance(r, ValueError) else "" for r in reductions]
    factors = np.array([len(getattr(r, "factors", ())) for r in reductions], int)
    connected, answered = factors == 1, factors > 0
    hodge, chance = np.zeros((len(table), 4), int), np.full(len(table), np.nan)
    representatives = pad_all(reductions[i].matrix for i in np.flatnonzero(connected))
    euler = np.zeros(len(table), int)
    euler[connected] = euler_number_batch(representatives)
    hodge[connected], chance[connected] = _by_networks(networks, representatives, euler[connected])
    for i in np.flatnonzero(factors > 1):
        hodge[i] = hodge_numbers(reductions[i].matrix)
        euler[i] = euler_number(reductions[i].matrix)
    _add_hodge(table, "", hodge, answered)
    _add(table, "euler", euler, answered)
    table["source"] = np.select([connected, answered], ["networks", "exact"], "")
    table["probability"] = chance
    found = places(representatives)
    table["number"] = pd.Series(found + 1, table.index[connected], "Int64")
    table["split"] = ""
    table.loc[connected, "split"] = _split_of(found, splits)
    table["reduced_to"] = [
        str(r.matrix.tolist()) if good and r.steps else ""
        for r, good in zip(reductions, answered, strict=True)
    ]
    if exact:  # those of products are so already
        hodge[connected] = hodge_numbers_batch(representatives)
        _add_hodge(table, "exact_", hodge, answered)
        favourable = hodge[connected, 0] == row_counts(representatives)
        table["favourable"] = pd.Series(favourable, table.index[connected], "boolean")
    table["error"] = errors
    return table


def _of_dimension_4(reduction):
    if not isinstance(reduction, ValueError) and dimension(reduction.matrix) != 4:
        return ValueError(f"the manifold has dimension {dimension(reduction.matrix)}, not 4")
    return reduction


def _common_splits(networks):
    if not networks or not all(isinstance(network, TrainedNetwork) for network in networks):
        raise ValueError(f"networks come from load_models, not {networks!r:.60}")
    checksums = {network.name: network.splits["checksum"] for network in networks}
    if len(set(checksums.values())) > 1:
        raise ValueError(f"{', '.join(checksums)} were not trained beside the same splits")
    return networks[0].splits


def _split_of(found, splits):
    if splits["cut"] is None:
        return np.full(len(found), "unknown", object)
    return split_names(found, **splits["cut"])


def _by_networks(networks, matrices, euler):
    if not len(matrices):
        return np.zeros((0, 4), int), np.zeros(0)
    outputs = member_outputs(networks, matrices)
    predicted = round_together(networks, outputs, euler)
    return predicted, probability(networks, outputs, predicted)


def _add_hodge(table, prefix, hodge, answered):
    for name, values in zip(HODGE, hodge.T, strict=True):
        _add(table, prefix + name, values, answered)


def _add(table, name, values, known):
    table[name] = pd.Series(values, table.index, "Int64").where(known)


class Ensemble(NamedTuple):
    """Trained networks that predict together, or a single one.

    Attributes:
        members: from :func:`cicy4.networks.models.load_models`.
    """

    members: tuple[TrainedNetwork, ...]

    def predict(self, matrices: Sequence[ArrayLike], exact: bool = False) -> pd.DataFrame:
        """A table of Hodge numbers with a row per matrix, see :func:`predict`."""
        return predict(self.members, matrices, exact)


def load_ensemble(
    names: str | Sequence[str] | None = None, directory: str | Path = TRAINED
) -> Ensemble:
    """Trained networks that predict together.

    Args:
        names: of an ensemble, such as "Ensemble 3", or of several networks; by default
            :func:`cicy4.networks.models.default_members`.
        directory: see :func:`cicy4.networks.models.load_models`.

    Raises:
        FileNotFoundError, ValueError: see there.
    """
    names = [names] if isinstance(names, str) else names
    return Ensemble(tuple(load_models(names, directory)))


def load_network(name: str, directory: str | Path = TRAINED) -> Ensemble:
    """A trained network, such as "LSTM-448", that predicts alone; see :func:`load_ensemble`."""
    return load_ensemble([name], directory)


def predict_given(
    given: Path | ArrayLike,
    models: Sequence[str] | None = None,
    exact: bool = False,
    directory: str | Path = TRAINED,
) -> pd.DataFrame:
    """:func:`predict` for every matrix in a file, numbered from 1, or for a single one.

    Args:
        given: a path, see :func:`cicy4.data.matrix_files.read_matrices`, or a matrix.
        models: names of trained networks; by default
            :func:`cicy4.networks.models.default_members`.
        exact: whether to compute the exact Hodge numbers as well.
        directory: holds the trained networks.
    """
    matrices = read_matrices(given) if isinstance(given, Path) else [given]
    table = load_ensemble(models, directory).predict(matrices, exact)
    table.index += 1
    return table
