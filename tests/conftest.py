import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from cicy4.dataset import SPLIT_SIZES, load_cicy4

slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
settings.register_profile("cicy4", deadline=None, suppress_health_check=slow)
settings.load_profile("cicy4")


@pytest.fixture(scope="session")
def cicy4():
    return load_cicy4()


@pytest.fixture(scope="session")
def small_splits(cicy4, tmp_path_factory):
    """A folder with three splits of a few thousand matrices."""
    folder = tmp_path_factory.mktemp("splits")
    matrices, hodge, _ = cicy4
    order = np.random.default_rng(3).permutation(len(matrices))
    for name, chosen in zip(SPLIT_SIZES, np.split(order[:4000], [3000, 3500]), strict=True):
        np.save(folder / f"conf_X{name}.npy", matrices[chosen])
        np.save(folder / f"hodge_y{name}.npy", hodge[chosen])
    return folder
