import zipfile

import keras
import numpy as np

from cicy4 import build_model
from cicy4.records import round_weights, save_model


def test_a_saved_model_is_half_as_large_and_loads_as_any_other(tmp_path):
    model = build_model("CNN-GRU-64")
    before = model.get_weights()
    round_weights(model)
    for weights, rounded in zip(before, model.get_weights(), strict=True):
        assert rounded.dtype == np.float32
        np.testing.assert_allclose(rounded, weights, rtol=2**-11, atol=0)
        assert (np.frexp(rounded)[0] * 2**11 % 1 == 0).all()

    save_model(model, tmp_path / "small.keras")
    model.save(tmp_path / "plain.keras")
    small, plain = (tmp_path / f"{name}.keras" for name in ("small", "plain"))
    assert small.stat().st_size < 0.6 * plain.stat().st_size
    assert sorted(tmp_path.iterdir()) == [plain, small]
    assert zipfile.ZipFile(small).namelist() == zipfile.ZipFile(plain).namelist()
    loaded = keras.models.load_model(small)
    for weights, expected in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, expected)
