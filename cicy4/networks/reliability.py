"""How likely a prediction is right, by how far the members of its ensemble are from it.

The *deviation* of a prediction is the largest distance between h11 or h21 as one of the members
puts it out and the predicted integer.  (The Euler number is exact, so that h31 and h22 are right
when these two are.)  On the validation split it is counted how many predictions with such a
deviation are right; ``reliability.json`` beside the networks keeps the counts.
"""

from pathlib import Path

import numpy as np

from cicy4.data.archive import sha256
from cicy4.data.splits import load_euler, load_splits, splits_of
from cicy4.files import read_json, write_json
from cicy4.geometry.canonical_form import canonical
from cicy4.networks.architectures import ENSEMBLES, TRAINED
from cicy4.networks.models import load_models, member_outputs, round_together, trained_models

FILE = "reliability.json"
EDGES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)  # between intervals of deviations


def deviation(outputs: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Deviations ``(N,)`` of predictions ``(N, 4)`` from outputs ``(members, N, 4)``."""
    return abs(outputs[:, :, :2] - predicted[:, :2]).max(axis=(0, 2))


def probability(networks, outputs, predicted) -> np.ndarray:
    """Probability that predictions are right: float ``(N,)``, NaN where it was not measured.

    One right and one wrong prediction are added to what was counted in each interval (the rule
    of succession), so that nothing is certain.

    Args:
        networks: the members, from :func:`load_models`.
        outputs: theirs, ``(members, N, 4)``.
        predicted: ``(N, 4)``.
    """
    path = networks[0].file.parent / FILE
    known = read_json(path, list) if path.exists() else []
    for entry in known:
        if entry["members"] == _fingerprints(networks):
            shares = (np.array(entry["right"]) + 1) / (np.array(entry["predictions"]) + 2)
            return shares[np.digitize(deviation(outputs, predicted), entry["edges"])]
    return np.full(len(predicted), np.nan)


def _fingerprints(networks):
    return {network.name: sha256(network.file) for network in networks}


def write_reliability(directory: str | Path = TRAINED) -> None:
    """Count on the validation split, for each network and each ensemble that is there."""
    splits = splits_of(directory)
    matrices, hodge = load_splits(splits)["valid"]
    matrices, euler = canonical(matrices), load_euler("valid", splits).astype(int)
    networks = {one.name: one for one in load_models(trained_models(directory), directory)}
    outputs = dict(zip(networks, member_outputs(list(networks.values()), matrices), strict=True))
    entries = []
    for members in [*([name] for name in networks), *ENSEMBLES.values()]:
        if set(members) <= set(networks):
            together = [networks[name] for name in members]
            stacked = np.stack([outputs[name] for name in members])
            predicted = round_together(together, stacked, euler)
            right = (predicted == hodge).all(axis=1)
            interval = np.digitize(deviation(stacked, predicted), EDGES)
            counts = {
                "predictions": np.bincount(interval, minlength=len(EDGES) + 1).tolist(),
                "right": np.bincount(interval[right], minlength=len(EDGES) + 1).tolist(),
            }
            entries.append({"members": _fingerprints(together), "edges": EDGES, **counts})
    write_json(Path(directory) / FILE, entries)
