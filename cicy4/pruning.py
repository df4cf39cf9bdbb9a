"""Cut the recurrent branch of a trained network to fewer units.

A unit that goes is replaced by that linear combination of the others which is nearest to
it, so the unit that costs least is not the one with the smallest weights but the one that
the others can tell (the optimal brain surgeon, Hassibi and Stork, NIPS 1992, with units in
place of weights).
"""

import numpy as np
from keras import layers, ops

RIDGE = 1e-7  # of the mean second moment; units may be equal


def narrower(model, width, matrices):
    """Weights of a trained network with no more than so many recurrent units.

    Args:
        model: from ``build_model``, or loaded; it stays as it is.
        width: of both recurrent layers; one that is not below that of the model cuts nothing.
        matrices: as the network reads them, ``(N, 16, 20)``, on which units are compared.

    Returns:
        the weights of both recurrent layers, as ``get_weights()`` gives them, and the rows of
        the kernel of the head that belong to them, ``(units, 1024)``.
    """
    recurrent = model.get_layer("recurrent")
    first, second = recurrent.layers
    head = model.get_layer("head").get_weights()[0][-second.units :]
    if width >= second.units:
        return recurrent.get_weights(), head
    outputs = layers.RNN(first.cell, return_sequences=True)(matrices)
    kernel, *rest = second.get_weights()
    new_first, kernel = _cut(first.get_weights(), outputs, kernel, width)
    outputs = layers.RNN(second.cell, return_sequences=True)(outputs)
    new_second, head = _cut([kernel, *rest], outputs, head, width)
    return new_first + new_second, head


def without_units(outputs, weights, width):
    """Which units of a layer to keep, and the weights behind them that make up for the others.

    Args:
        outputs: of the layer, ``(..., units)``.
        weights: arrays ``(units, ...)`` by which the outputs are multiplied.
        width: how many units to keep.

    Returns:
        the units, ascending, and for each array ``(width, ...)``.
    """
    outputs = ops.convert_to_numpy(outputs).astype(float)
    moments = np.tensordot(outputs, outputs, (range(outputs.ndim - 1),) * 2)
    kept = np.arange(len(moments))
    inverse = np.linalg.inv(moments + RIDGE * np.trace(moments) / len(kept) * np.eye(len(kept)))
    scales = [np.sum(w * (moments @ w)) for w in weights]
    while len(kept) > width:
        behind = sum((w**2).sum(axis=1) / scale for w, scale in zip(weights, scales, strict=True))
        # 1 / inverse[i, i] is what the best combination of the others leaves of unit i.
        gone = np.argmin(behind / np.diag(inverse))
        others = np.arange(len(kept)) != gone
        combination = -inverse[others, gone] / inverse[gone, gone]
        weights = [w[others] + np.outer(combination, w[gone]) for w in weights]
        inverse = inverse[np.ix_(others, others)] + np.outer(combination, inverse[gone, others])
        kept = kept[others]
    return kept, weights


def _cut(weights, outputs, behind, width):
    """Weights of a recurrent layer with fewer units, and those of the layer behind it."""
    kernel, recurrent, bias = weights
    units = len(recurrent)
    kept, (recurrent, behind) = without_units(outputs, [recurrent, behind], width)
    return [_of_units(w, kept, units) for w in (kernel, recurrent, bias)], behind


def _of_units(weights, kept, units):
    """Weights of the units that are kept; the last axis has every unit once for each gate."""
    gates = weights.reshape(*weights.shape[:-1], -1, units)
    return gates[..., kept].reshape(*weights.shape[:-1], -1)
