"""What a network owes to its convolutional branch."""

from pathlib import Path

import keras
import numpy as np
from keras import layers

from cicy4.data.archive import load_cicy4
from cicy4.data.splits import split_indices
from cicy4.files import read_json, write_json
from cicy4.networks.architectures import NETWORKS, TRAINED
from cicy4.networks.models import load_models, network_input, trained_models
from cicy4.networks.prefix_sharing import faster, has_convolutions
from cicy4.networks.rounding import accuracy


def write_branch_statistics(directory=TRAINED) -> None:
    """Measure what its branch is worth to each network that has one, and write it into its record.

    All is measured on the validation split; some two minutes on two cores.
    """
    for name in (name for name in trained_models(directory) if NETWORKS[name].branch):
        [network] = load_models([name], directory)
        places = split_indices(**network.splits["cut"])["valid"]
        matrices, hodge = (array[places] for array in load_cicy4()[:2])
        found = branch_statistics(network.model, network_input(matrices, network.order), hodge)
        path = Path(directory, f"{name}.json")
        write_json(path, read_json(path) | {"branch": found})


def branch_statistics(network, inputs, hodge) -> dict:
    """How many ReLUs of the convolutional branch are on, and what is right without its outputs.

    Args:
        network: a model of Keras with convolutions.
        inputs: see :func:`cicy4.networks.models.network_input`.
        hodge: exact, ``(N, 4)``.

    Returns:
        the number of ReLUs, of those that are ever on, the share that is on, and the shares that
        are right when all outputs of the branch are zero.
    """
    [branch] = filter(has_convolutions, network.layers)
    relus = [
        layers.Flatten()(layer.output) for layer in branch.layers if type(layer) is layers.ReLU
    ]
    outputs = keras.Model(branch.inputs, layers.concatenate(relus))
    on = outputs.predict(inputs, 1024, verbose=0) > 0
    head, width = network.get_layer("head"), network.get_layer("recurrent").output.shape[-1]
    kernel, bias = head.get_weights()
    head.set_weights([kernel * (np.arange(len(kernel)) >= len(kernel) - width)[:, None], bias])
    without = np.rint(faster(network).predict(inputs, 1024, verbose=0))
    head.set_weights([kernel, bias])
    found = {"relus": on.shape[1], "ever_on": int(on.any(axis=0).sum()), "on": float(on.mean())}
    return found | {"accuracy_without": accuracy(without, hodge)}
