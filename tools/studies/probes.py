"""Linear probes: whether a network has the cohomology of the equations in its state.

From the state behind the last row a linear map is fitted to h^0 of the line bundle of the equation
in each column, and scored on other manifolds: for a network that learned it as a second output, for
one that was never told, and for one that was never trained.  ``write_probes`` keeps the numbers in
``Results_p3_Studies/probes.json``.
"""

import keras
import numpy as np

from cicy4.files import write_json
from cicy4.networks.architectures import build_model, log_monomials
from tools.studies.results import STUDIED

SIZES = {"train": 100_000, "valid": 40_000}
STATE = "recurrent"  # the layer whose output is probed
PROBED = {
    "told": STUDIED / "orders" / "networks" / "connectivity-1.keras",
    "never told": STUDIED / "ablation" / "networks" / "no-second-output-1.keras",
    "never trained": None,
}


def write_probes(splits=STUDIED / "splits" / "connectivity") -> None:
    """Probe LSTM-128 after five epochs, as ``make study`` with orders and ablation left it.

    Raises:
        FileNotFoundError: these studies, or their splits, are not there.
    """
    data = {name: read(splits, name, size) for name, size in SIZES.items()}
    (x, h0), (other_x, other_h0) = data.values()
    found = {}
    keras.utils.set_random_seed(1)  # for the network that is never trained
    for name, path in PROBED.items():
        if path and not path.exists():
            raise FileNotFoundError(f"no network {path}: run `make study` for its study")
        model = keras.models.load_model(path, compile=False) if path else build_model("LSTM-128")
        state = keras.Model(model.inputs, model.get_layer(STATE).output)
        inputs = (state.predict(log_monomials(q), 2048, verbose=0) for q in (x, other_x))
        found[name] = probe(*inputs, h0, other_h0)
    entries = (log_monomials(q).reshape(len(q), -1) for q in (x, other_x))
    found["entries"] = probe(*entries, h0, other_h0)
    write_json(STUDIED / "probes.json", found)


def read(splits, name, size) -> tuple:
    """The first matrices of a split, and h^0 in each column ``(N, 20)``."""
    matrices = np.load(splits / f"conf_X{name}.npy", mmap_mode="r")[:size]
    cohomology = np.load(splits / f"cohomology_{name}.npy", mmap_mode="r")[:size]
    return matrices, cohomology.reshape(len(matrices), -1, 3)[:, :, 0].astype(float)


def probe(x, other_x, h0, other_h0) -> dict:
    """Fit a linear map by least squares, and score it on others.

    Args:
        x, other_x: ``(N, F)``, to fit and to score.
        h0, other_h0: ``(N, 20)``, zero in columns without an equation.

    Returns:
        coefficients of determination ``r2``, over all columns, and ``r2_sum``, of the sum over
        the columns, and the share ``right`` after rounding, of equations that are there.
    """
    x, other_x = (np.c_[np.ones(len(part)), part] for part in (x, other_x))
    solution = np.linalg.lstsq(x, h0, rcond=None)[0]
    read_off = other_x @ solution
    there, sums = other_h0 > 0, other_h0.sum(axis=1)
    deviation = ((other_h0 - h0.mean(axis=0)) ** 2).sum()
    of_sums = ((sums - h0.sum(axis=1).mean()) ** 2).sum()
    return {
        "features": x.shape[1] - 1,
        "r2": float(1 - ((read_off - other_h0) ** 2).sum() / deviation),
        "r2_sum": float(1 - ((read_off.sum(axis=1) - sums) ** 2).sum() / of_sums),
        "right": float((np.rint(read_off) == other_h0)[there].mean()),
    }
