"""Baselines that are no networks, by scikit-learn: what they read off the entries of a matrix.

They are trained on a part of the training split and scored on the validation split, each order of
rows and columns apart.  ``write_baselines`` keeps the numbers in
``Results_p3_Studies/baselines.json``.
"""

import numpy as np
from tqdm.auto import tqdm

from cicy4.data.archive import load_cicy4
from cicy4.data.order import ORDERS
from cicy4.data.splits import split_indices
from cicy4.files import write_json
from cicy4.networks.rounding import HODGE, accuracy
from tools.studies.results import STUDIED

COMPARED = ("canonical", "connectivity")  # for Hodge numbers
FOR_SIGN = 24_000  # manifolds in training for the sign of h21
FOR_HODGE = 100_000  # and for Hodge numbers


def write_baselines() -> None:
    """Fit all baselines, and write what they score; some minutes."""
    matrices, hodge, _ = load_cicy4()
    chosen = split_indices()
    train, valid = chosen["train"][:FOR_HODGE], chosen["valid"]
    found = {"sign of h21": {}, "Hodge numbers": {}}
    for order in tqdm(ORDERS, "orders"):
        x = [ORDERS[order](matrices[places]).reshape(len(places), -1) for places in (train, valid)]
        signs = [hodge[places, 1] > 0 for places in (train, valid)]
        few = [array[:FOR_SIGN] for array in (*x, *signs)]
        found["sign of h21"][order] = sign_of_h21(*few)
        if order in COMPARED:
            found["Hodge numbers"] |= hodge_numbers(order, *x, hodge[train], hodge[valid])
    write_json(STUDIED / "baselines.json", found)


def sign_of_h21(x, new_x, positive, new_positive) -> dict:
    """How well sixty boosted trees tell whether h21 > 0.

    Args:
        x, new_x: entries, ``(N, 320)``, for training and for the score.
        positive, new_positive: bool ``(N,)``.

    Returns:
        the share right, that of always saying the more frequent, and the area under the curve of
        true against false positives.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    trees = HistGradientBoostingClassifier(max_iter=60, random_state=0).fit(x, positive)
    likely = trees.predict_proba(new_x)[:, 1]
    return {
        "right": float(np.mean((likely > 0.5) == new_positive)),
        "majority": float(max(new_positive.mean(), 1 - new_positive.mean())),
        "AUC": float(roc_auc_score(new_positive, likely)),
    }


def hodge_numbers(order, x, new_x, hodge, new_hodge) -> dict:
    """Raw accuracies of mean, linear regression and boosted trees, by name.

    Args:
        order: of rows and columns, for the names.
        x, new_x: entries, ``(N, 320)``, for training and for the score.
        hodge, new_hodge: Hodge numbers, ``(N, 4)``.
    """
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import LinearRegression
    from sklearn.multioutput import MultiOutputRegressor

    trees = HistGradientBoostingRegressor(max_iter=200, random_state=0)
    models = {
        "mean": DummyRegressor(),
        "linear regression": LinearRegression(),
        "boosted trees": MultiOutputRegressor(trees),
    }
    scores = {}
    for name, model in models.items():
        outputs = model.fit(x, hodge).predict(new_x)
        errors = abs(outputs - new_hodge).mean(axis=0)
        scores[f"{name}, {order}"] = {
            "accuracy": accuracy(np.rint(outputs), new_hodge),
            "mae": dict(zip(HODGE, errors.tolist(), strict=True)),
        }
    return scores
