import keras
import numpy as np
import pytest

from cicy4 import build_model
from cicy4.cpu import FastMuon
from cicy4.models import model_input
from cicy4.optimizer import Muon
from cicy4.training import Recipe, compile_model


def steps(optimizer, model):
    """What one update adds to each weight, by the path of its variable."""
    before = model.get_weights()
    gradients = [keras.random.normal(v.shape, seed=1) for v in model.trainable_variables]
    optimizer.apply(gradients, model.trainable_variables)
    paths = [variable.path for variable in model.weights]
    return {p: a - b for p, a, b in zip(paths, model.get_weights(), before, strict=True)}


@pytest.mark.parametrize("muon", [Muon, FastMuon])
@pytest.mark.parametrize("name", ["CNN-LSTM-8", "ResNet-GRU-8", "LSTM-8"])
def test_convolutions_and_nothing_else_take_a_part_of_the_step(name, muon):
    models = build_model(name), build_model(name)
    models[1].set_weights(models[0].get_weights())
    optimizers = keras.optimizers.Muon(0.01), muon(0.01, convolution_rate=0.1)
    plain, ours = (list(steps(*pair).items()) for pair in zip(optimizers, models, strict=True))
    share = {
        path: np.linalg.norm(step) / np.linalg.norm(full)
        for (path, full), (_, step) in zip(plain, ours, strict=True)
    }
    slow = {path: ratio for path, ratio in share.items() if "conv2d" in path}
    assert len(slow) == {"CNN-LSTM-8": 4, "ResNet-GRU-8": 6, "LSTM-8": 0}[name]
    for path, ratio in share.items():
        assert ratio == pytest.approx(0.1 if path in slow else 1, rel=0.05), path


def test_the_recipe_can_hold_convolutions_still(cicy4):
    model = compile_model(build_model("CNN-LSTM-8"), Recipe(1, convolution_rate=0), steps=1)
    before = model.get_weights()
    x = model_input(model.name, cicy4[0][:64])
    model.fit(x, cicy4[1][:64].astype("float32"), epochs=2, verbose=0)
    for variable, old, new in zip(model.weights, before, model.get_weights(), strict=True):
        still = np.allclose(old, new, rtol=1e-3, atol=0)
        assert still == ("conv2d" in variable.path), variable.path


@pytest.mark.parametrize("muon", [Muon, FastMuon])
def test_its_configuration_makes_the_same_optimizer(muon):
    optimizer = muon(0.01, convolution_rate=0.1, momentum=0.97)
    again = muon.from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()
    assert again.convolution_rate == 0.1
