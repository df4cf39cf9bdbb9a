"""Start a network from the weights of another one, wider or narrower or without a branch.

What two architectures share need not be learned twice, unless it is a convolutional
branch that is dead: whose ReLUs are off for nearly every matrix.  When the child has
all units of its parent, it computes the same function at first: connections from its
new units to the old ones start at zero (after Net2Net, arXiv:1511.05641, where units are
split instead).  When it has fewer, those that are kept make up for the others
(:mod:`cicy4.pruning`).
"""

import keras
import numpy as np

from cicy4.models import architecture
from cicy4.pruning import narrower

GATES = {"LSTM": 4, "GRU": 3}
ALIVE = 0.01  # share of the outputs of ReLUs
SAMPLES = 4096  # matrices for which a parent is looked at


def inherit(model, parent, matrices) -> None:
    """Take over the weights that two networks share.

    Args:
        model: a fresh network from ``build_model``; its weights are changed.
        parent: a trained one.
        matrices: as the parent reads them, ``(N, 16, 20)``; what its layers make of them
            tells whether its convolutional branch is alive, and which units to keep.

    Raises:
        ValueError: one is built of LSTM and the other of GRU layers.
    """
    new, old = architecture(model.name), architecture(parent.name)
    if new.recurrent != old.recurrent:
        raise ValueError(f"{model.name} has {new.recurrent} layers, {parent.name} {old.recurrent}")
    weights, behind = narrower(parent, new.width, matrices)
    recurrent = model.get_layer("recurrent")
    pairs = zip(recurrent.get_weights(), weights, strict=True)
    recurrent.set_weights([_overlap(own, given, GATES[new.recurrent]) for own, given in pairs])
    model.get_layer("scaled_hodge").set_weights(parent.get_layer("scaled_hodge").get_weights())
    rescale(model, parent)
    branch = new.convolutional == old.convolutional and is_alive(parent, matrices)
    if branch:
        for layer, source in zip(_branch(model), _branch(parent), strict=True):
            layer.set_weights(source.get_weights())
    _inherit_head(model.get_layer("head"), parent.get_layer("head"), behind, new.width, branch)


def rescale(model, parent) -> None:
    """Make the last weights of a network, taken over from its parent, fit to its own scale.

    ``hodge`` multiplies by the spread of the targets that a network is trained on and adds
    their mean, which differ from those of the parent if it saw another part of the list.
    """
    new, old = (network.get_layer("hodge") for network in (model, parent))
    ratio = np.divide(old.scale, new.scale)
    shift = np.subtract(old.offset, new.offset) / new.scale
    last = model.get_layer("scaled_hodge")
    kernel, bias = last.get_weights()
    last.set_weights([ratio * kernel, ratio * bias + shift])


def is_alive(model, matrices) -> bool:
    """Whether ``ALIVE`` of the outputs of each ReLU layer in the convolutional branch are on.

    Args:
        model: one of the networks; without such a branch it is alive.
        matrices: as networks read them, ``(N, 16, 20)``.
    """
    outputs = (
        keras.Model(branch.inputs, layer.output).predict(matrices, verbose=0)
        for branch in _branch(model)
        for layer in branch.layers
        if isinstance(layer, keras.layers.ReLU)
    )
    return all((output > 0).mean() >= ALIVE for output in outputs)


def _inherit_head(layer, source, behind, width, same_branch):
    """The recurrent units are the last inputs of the head, a convolutional branch the first."""
    (kernel, _), (old_kernel, bias) = layer.get_weights(), source.get_weights()
    first = len(kernel) - width
    recurrent = _overlap(kernel[first:], behind, 1)
    branch = old_kernel[:first] if same_branch else np.zeros_like(kernel[:first])
    layer.set_weights([np.concatenate([branch, recurrent]), bias])


def _overlap(new, old, gates):
    """``new`` with ``old`` where it has units, and zeros from new inputs to old units."""
    result = np.reshape(new, (-1, gates, new.shape[-1] // gates)).copy()
    old = np.reshape(old, (-1, gates, old.shape[-1] // gates))
    rows, _, units = old.shape
    result[rows:, :, :units] = 0
    result[:rows, :, :units] = old
    return result.reshape(new.shape)


def _branch(model):
    own = ("recurrent", "head", "scaled_hodge", "hodge")
    return [layer for layer in model.layers if layer.weights and layer.name not in own]
