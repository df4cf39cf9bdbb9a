"""What a trained network depends on: near-duplicates, the order it reads, the size of a manifold.

All is measured on the validation split.  ``write_analysis`` keeps the numbers in
``Results_p3_Studies/analysis.json``.
"""

import numpy as np
import pandas as pd

from cicy4.data.archive import load_cicy4
from cicy4.data.identification import split_names
from cicy4.data.order import ORDERS, canonical_order
from cicy4.data.splits import split_indices
from cicy4.files import write_json
from cicy4.geometry.canonical_form import canonical
from cicy4.geometry.chunks import in_chunks
from cicy4.geometry.colours import colours
from cicy4.geometry.configuration import (
    COLUMNS,
    ROWS,
    ambient,
    incidence,
    pad_all,
    row_counts,
    unpad,
)
from cicy4.geometry.contraction import is_ineffective
from cicy4.geometry.hodge import euler_from_hodge
from cicy4.networks.architectures import TRAINED, log_monomials
from cicy4.networks.models import load_models, member_outputs
from cicy4.networks.prefix_sharing import faster
from cicy4.networks.rounding import HODGE, combine, round_with_euler
from tools.studies.results import STUDIED

REORDERED = 4_000  # matrices that are read in other orders
SPLIT_ONCE = 2_000  # manifolds that are given a row more


def write_analysis(name="LSTM-448", directory=TRAINED) -> None:
    """Measure all of it for one network, and write it; some two minutes on two cores."""
    [network] = load_models([name], directory)
    matrices, hodge, _ = load_cicy4()
    cut = network.splits["cut"]
    chosen = split_indices(**cut)
    places, exact = chosen["valid"], hodge[chosen["valid"]].astype(int)
    outputs = member_outputs([network], matrices[places])[0]
    raw = np.rint(outputs) == exact
    euler = euler_from_hodge(exact)
    right = round_with_euler(outputs, euler, np.array(network.error)) == exact
    source = near_duplicates(matrices, chosen)
    found = {
        "network": name,
        "order": network.order,
        "near-duplicate": by_group(in_training(source >= 0), raw),
        "twin": by_group(in_training(split_names(places, **cut) == "train (twin)"), raw),
        "copied from a near-duplicate": shares((hodge[source] == exact)[source >= 0]),
        "order of rows": read_otherwise(network, matrices[places[:REORDERED]], exact[:REORDERED]),
        "one row more": read_with_a_row_more(matrices[places], exact, directory),
    }
    groups = {"rows": row_counts(matrices[places]), "h31": exact[:, 2] // 20 * 20}
    for what, group in groups.items():
        found[f"by {what}"] = by_group(group, raw)
        found[f"by {what}, with the Euler number"] = by_group(group, right)
    write_json(STUDIED / "analysis.json", found)


def by_group(group, right) -> dict:
    """Share right of each Hodge number, and the number of manifolds, in every group.

    Args:
        group: of each manifold, ``(N,)``.
        right: bool ``(N, 4)``.
    """
    table = pd.DataFrame(right, columns=list(HODGE)).groupby(group)
    means = table.mean().assign(manifolds=table.size())
    return {str(key): row.to_dict() for key, row in means.iterrows()}


def in_training(found) -> np.ndarray:
    """Names of the two groups of manifolds."""
    return np.where(found, "in training", "none in training")


def shares(right) -> dict:
    """Share right of each Hodge number, of bool ``(N, 4)``."""
    return dict(zip(HODGE, right.mean(axis=0).tolist(), strict=True))


def near_duplicates(matrices, chosen) -> np.ndarray:
    """The place of a matrix in training of the same colours, or -1, for each of validation."""
    seen, wanted = (
        in_chunks(colours, matrices[chosen[name]], f"colours of {name}", True)
        for name in ("train", "valid")
    )
    order = np.argsort(seen, kind="stable")
    place = np.minimum(np.searchsorted(seen[order], wanted), len(seen) - 1)
    return np.where(seen[order][place] == wanted, chosen["train"][order][place], -1)


def read_otherwise(network, matrices, exact) -> dict:
    """Shares right as matrices are read, with two rows swapped, and in canonical order.

    Args:
        network: see :class:`cicy4.networks.models.TrainedNetwork`.
        matrices: uint8 ``(N, 16, 20)``, canonical, and their Hodge numbers ``exact``.
    """
    read = ORDERS[network.order](matrices)
    swapped = read.copy()
    rng = np.random.default_rng(0)
    for q, rows in zip(swapped, row_counts(read), strict=True):
        if rows > 1:
            first = 16 - rows + rng.integers(rows - 1)
            q[[first, first + 1]] = q[[first + 1, first]]
    inputs = {"as read": read, "two rows swapped": swapped, "canonical": canonical_order(matrices)}
    model, found = faster(network.model), {}
    for way, x in inputs.items():
        right = np.rint(model.predict(log_monomials(x), 1024, verbose=0)) == exact
        found[way] = shares(right)
    return found


def read_with_a_row_more(matrices, exact, directory=TRAINED) -> dict:
    """What the default ensemble has right of manifolds as listed, and with a row more.

    Args:
        matrices: uint8 ``(N, 16, 20)``, canonical, and their Hodge numbers ``exact``; the first
            ``SPLIT_ONCE`` are taken that can be written down with a row more.
        directory: holds the networks.
    """
    rng, pairs = np.random.default_rng(0), {}
    for i, q in enumerate(map(unpad, matrices)):
        larger = ineffective_splitting(q, rng)
        if larger is not None:
            pairs[i] = larger
        if len(pairs) == SPLIT_ONCE:
            break
    listed, hodge = matrices[list(pairs)], exact[list(pairs)]
    networks, found = load_models(directory=directory), {"manifolds": len(pairs)}
    for way, given in {
        "as listed": listed,
        "one row more": canonical(pad_all(pairs.values())),
    }.items():
        outputs = combine(member_outputs(networks, given), [one.error for one in networks])[0]
        found[way] = shares(np.rint(outputs) == hodge)
        found[way]["h11 one too many"] = float((np.rint(outputs[:, 0]) == hodge[:, 0] + 1).mean())
    return found


def ineffective_splitting(q, rng, tries=20):
    """A matrix of the same manifold with a row more, or None if none was found.

    A random column is cut into parts at random, over which the new row is linear; contracting it
    has to be an isomorphism (:mod:`cicy4.geometry.contraction`).

    Args:
        q: configuration matrix ``(m, K)`` of at most 15 rows.
    """
    m, k = q.shape
    for _ in range(tries * (m < ROWS)):
        a, parts = rng.integers(k), rng.integers(2, 2 + max(1, COLUMNS - k))
        cut = np.array([rng.multinomial(degree, [1 / parts] * parts) for degree in q[:, a]])
        cut = cut[:, cut.any(axis=0)]
        rest = np.delete(q, a, axis=1)
        if cut.shape[1] < 2 or rest.shape[1] + cut.shape[1] > COLUMNS:
            continue
        row = np.repeat([0, 1], [rest.shape[1], cut.shape[1]])
        larger = np.vstack([np.hstack([rest, cut]), row]).astype(np.uint8)
        if is_ineffective(larger, m, ambient(larger), incidence(larger)[1]):
            return larger
    return None
