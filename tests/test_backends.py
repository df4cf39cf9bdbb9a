"""The same files and commands under TensorFlow and under JAX."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cicy4.inference import TRAINED, load_models, raw_predictions, trained_models

ROOT = Path(__file__).resolve().parent.parent
# Trains a small hybrid, interrupted after one epoch and resumed, saves it, and predicts
# with it and with a trained model.
SCRIPT = """
import sys
import keras
import numpy as np
from cicy4 import training
from cicy4.dataset import load_splits
from cicy4.inference import load_models, raw_predictions

splits, folder, trained = sys.argv[1:]
assert keras.backend.backend() == "jax"
splits = load_splits(splits)
recipe = training.Recipe(epochs=2, batch_size=100)
checkpoint = training.Checkpoint

class Interrupting(checkpoint):
    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        raise KeyboardInterrupt

training.Checkpoint = Interrupting
try:
    training.train("CNN-GRU-8", splits, recipe, folder + "/run")
    raise AssertionError("not interrupted")
except KeyboardInterrupt:
    training.Checkpoint = checkpoint
model, history = training.train("CNN-GRU-8", splits, recipe, folder + "/run")
assert [row["epoch"] for row in history] == [1, 2]
model.save(folder + "/tiny.keras")
X = splits["test"][0][:50]
np.save(folder + "/tiny.npy", raw_predictions(model, X))
np.save(folder + "/trained.npy", raw_predictions(load_models([trained])[0], X))
"""


@pytest.fixture(scope="module")
def under_jax(small_splits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("jax")
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", SCRIPT, small_splits, folder, trained_models()[0]]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return folder


def test_a_model_trained_under_jax_predicts_the_same_here(under_jax, small_splits):
    import keras

    model = keras.models.load_model(under_jax / "tiny.keras", compile=False)
    X = np.load(small_splits / "conf_Xtest.npy")[:50]
    here = raw_predictions(model, X)
    assert here.std() > 0
    np.testing.assert_allclose(here, np.load(under_jax / "tiny.npy"), rtol=1e-4, atol=1e-2)


def test_a_trained_model_predicts_the_same_under_jax(under_jax, small_splits):
    X = np.load(small_splits / "conf_Xtest.npy")[:50]
    here = raw_predictions(load_models(trained_models()[:1], TRAINED)[0], X)
    np.testing.assert_allclose(here, np.load(under_jax / "trained.npy"), rtol=1e-4, atol=1e-2)
