"""Files from elsewhere are refused without running what is in them."""

import io
import json
import os
import pickle
import zipfile

import keras
import numpy as np
import pytest

from cicy4 import build_model
from cicy4.data.matrix_files import read_matrices
from cicy4.networks.architectures import TRAINED
from cicy4.networks.models import load_models


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def mark(tmp_path):
    """A path that exists once hostile code has run."""
    yield tmp_path / "it-ran"
    assert not (tmp_path / "it-ran").exists()


def npy(header, body=b""):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body


def test_arrays_of_objects_and_pickles(tmp_path, mark):
    path = tmp_path / "X.npy"
    np.save(path, np.array([[[Touch(mark)]]], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"X\.npy is not an npy file"):
        read_matrices(path)
    path.write_bytes(pickle.dumps(Touch(mark)))
    with pytest.raises(ValueError, match=r"X\.npy is not an npy file"):
        read_matrices(path)


def test_code_in_the_header_of_an_array(tmp_path, mark):
    path = tmp_path / "X.npy"
    path.write_bytes(npy(f"{{'descr': __import__('os').mkdir('{mark}'), 'shape': (1,)}}"))
    with pytest.raises(ValueError, match=r"X\.npy is not an npy file"):
        read_matrices(path)


@pytest.mark.parametrize("shape", ["(1267650600228229401496703205376,)", "(1099511627776, 16, 20)"])
def test_arrays_that_claim_more_than_they_have(tmp_path, shape):
    path = tmp_path / "X.npy"
    path.write_bytes(npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}"))
    with pytest.raises(ValueError, match=r"X\.npy is not an npy file or is damaged"):
        read_matrices(path)


def test_an_array_of_no_matrices(tmp_path):
    np.save(tmp_path / "X.npy", np.zeros((0, 16, 20)))
    assert read_matrices(tmp_path / "X.npy") == []


def with_layer(folder, config):
    """An LSTM-400 whose input layer is another object."""
    path = folder / "LSTM-400.keras"
    build_model("LSTM-400").save(path)
    members = {n: zipfile.ZipFile(path).read(n) for n in zipfile.ZipFile(path).namelist()}
    network = json.loads(members["config.json"])
    network["config"]["layers"][1] = {**network["config"]["layers"][1], **config}
    members["config.json"] = json.dumps(network).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    (folder / "LSTM-400.json").write_bytes((TRAINED / "LSTM-400.json").read_bytes())


@pytest.mark.parametrize("kind", ["Lambda", "TFSMLayer", "os.mkdir"])
def test_foreign_layers(tmp_path, mark, kind):
    if kind == "Lambda":
        layer = keras.layers.Lambda(eval(f"lambda x: __import__('os').mkdir('{mark}')"))
        with_layer(tmp_path, keras.saving.serialize_keras_object(layer))
    elif kind == "TFSMLayer":
        config = {"name": "x", "filepath": str(mark), "call_endpoint": "serve"}
        with_layer(
            tmp_path, {"module": "keras.layers", "class_name": "TFSMLayer", "config": config}
        )
    else:
        config = {"module": "os", "class_name": "mkdir", "config": str(mark)}
        with_layer(tmp_path, {**config, "registered_name": "mkdir"})
    with pytest.raises(ValueError, match=r"LSTM-400\.keras"):
        load_models(["LSTM-400"], tmp_path)


def test_weights_that_are_a_pickle(tmp_path, mark):
    path = tmp_path / "LSTM-400.keras"
    buffer = io.BytesIO()
    pickle.dump(Touch(mark), buffer)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match=r"LSTM-400\.keras"):
        load_models(["LSTM-400"], tmp_path)
