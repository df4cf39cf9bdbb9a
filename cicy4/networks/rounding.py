"""From raw outputs of a network to integers, and how many of these are right.

The notebooks hold the text of these functions.
"""

import numpy as np

HODGE = ["h11", "h21", "h31", "h22"]


def round_with_relation(outputs):
    """h11, h21 and h31 rounded alone, and h22 = 2 (22 + 2 h11 + 2 h31 - h21) from them.

    A network that has learned the relation is four times less precise in h22 than in h31.

    Args:
        outputs: float ``(N, 4)``.

    Returns:
        int64 ``(N, 4)``.
    """
    h11, h21, h31, _ = np.rint(outputs).astype(int).T
    return np.stack([h11, h21, h31, 2 * (22 + 2 * h11 + 2 * h31 - h21)], axis=1)


def round_with_euler(outputs, euler, error):
    """The nearest Hodge numbers with the exact Euler number chi = 6 (8 + h11 + h31 - h21).

    They satisfy both linear relations (Klemm, Lian, Roan, Yau, hep-th/9701023, section 2);
    h11 and h21 are sought up to two beside their rounded values.

    Args:
        outputs: float ``(N, 4)``.
        euler: int ``(N,)``.
        error: positive, ``(4,)`` or ``(N, 4)``, in units of which deviations are squared and
            added.

    Returns:
        int64 ``(N, 4)``.
    """
    nearest, least = np.zeros(outputs.shape, int), np.full(len(outputs), np.inf)
    for steps in np.ndindex(5, 5):
        h11, h21 = np.maximum(np.rint(outputs[:, :2]).astype(int) + steps - 2, [1, 0]).T
        h31 = euler // 6 - 8 - h11 + h21
        numbers = np.stack([h11, h21, h31, 2 * (22 + 2 * h11 + 2 * h31 - h21)], axis=1)
        distance = (((numbers - outputs) / error) ** 2).sum(axis=1)
        nearer = distance < least
        nearest[nearer], least[nearer] = numbers[nearer], distance[nearer]
    return nearest


def combine(outputs, errors):
    """Outputs of an ensemble and their errors, for :func:`round_with_euler`.

    An output is the median of those of the members, since one of them may be far off.  Its
    error is the mean of theirs, and of their distances from it: the less they agree, the less
    an output counts.

    Args:
        outputs: raw, of the members, ``(members, N, 4)``.
        errors: of the members on the validation split, ``(members, 4)``.

    Returns:
        Two arrays, float ``(N, 4)``.
    """
    median = np.median(outputs, axis=0)
    return median, np.mean(errors, axis=0) + abs(outputs - median).mean(axis=0)


def accuracy(predicted, hodge):
    """Share right of each Hodge number, and of all four at once, as a dictionary."""
    right = np.c_[predicted == hodge, (predicted == hodge).all(axis=1)].mean(axis=0)
    return dict(zip([*HODGE, "all"], right.tolist(), strict=True))


def scores(outputs, euler, hodge, error):
    """Errors, and accuracies raw, with h22 by relation, with the Euler number.

    Mean absolute and mean squared error and the coefficient of determination R^2 are those of
    the raw outputs.

    Args:
        outputs: float ``(N, 4)``, raw.
        euler: int ``(N,)``.
        hodge: exact, ``(N, 4)``.
        error: see :func:`round_with_euler`; the errors on the validation split.
    """
    return {
        "mae": abs(outputs - hodge).mean(axis=0).tolist(),
        "mse": ((outputs - hodge) ** 2).mean(axis=0).tolist(),
        "r2": (1 - ((outputs - hodge) ** 2).mean(axis=0) / hodge.var(axis=0)).tolist(),
        "accuracy": accuracy(np.rint(outputs), hodge),
        "accuracy_with_relation": accuracy(round_with_relation(outputs), hodge),
        "accuracy_with_euler": accuracy(round_with_euler(outputs, euler, error), hodge),
    }
