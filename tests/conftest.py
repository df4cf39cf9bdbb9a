import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# What is tested is the CPU; on a GPU recurrent layers are not replaced, and sums are others.
os.environ |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
# Numba and Jupyter do not start where they cannot write.
SCRATCH = tempfile.TemporaryDirectory(prefix="cicy4-tests-")
for folder, name in (
    (Path(__file__).parents[1] / "cicy4", "NUMBA_CACHE_DIR"),
    (Path.home(), "JUPYTER_RUNTIME_DIR"),
):
    if not os.access(folder, os.W_OK):
        os.environ.setdefault(name, SCRATCH.name)

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from cicy4.data.archive import load_cicy4
from cicy4.data.splits import write_splits
from cicy4.files import ROOT
from cicy4.geometry.classification import classify_padded

slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
settings.register_profile("cicy4", deadline=None, suppress_health_check=slow)
settings.load_profile("cicy4")


def pytest_configure(config):
    """Compile the solver while the workers start."""
    if config.getoption("numprocesses", None):
        script = Path(__file__).with_name("kernels.py")
        config.compiling = subprocess.Popen([sys.executable, script])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node):
    """Let no worker begin before all is compiled."""
    assert node.config.compiling.wait() == 0


def pytest_collection_modifyitems(items):
    """Notebooks first, so that one worker runs them, and trains once what they share."""
    items.sort(key=lambda item: item.path.name != "test_notebooks.py")


def pytest_collection_finish():
    """What is imported by now is no garbage, and need not be looked through again and again."""
    gc.freeze()


SIZES = {"train": 4096, "valid": 512, "test": 512}


@pytest.fixture(scope="session")
def committed():
    """Paths of the files that the repository holds, whatever a user keeps beside them."""
    words = ["git", "ls-files", "-z"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git repository: it does not say what is committed")
    return set(listed.stdout.split("\0"))


@pytest.fixture(scope="session")
def cicy4():
    return load_cicy4()


@pytest.fixture(scope="session")
def threefolds():
    return classify_padded(3, progress=False)


@pytest.fixture(scope="session")
def public_files(cicy4, tmp_path_factory):
    """Files like the public ones: floats divided by 6, rows and columns in another order."""
    folder = tmp_path_factory.mktemp("public")
    rng = np.random.default_rng(3)
    order, start = rng.permutation(len(cicy4[0])), 0
    for name, size in SIZES.items():
        chosen = order[start : start + size]
        start += size
        matrices = cicy4[0][chosen][:, rng.permutation(16)][:, :, rng.permutation(20)]
        np.save(folder / f"conf_X{name}.npy", (matrices / 6).astype("float32")[..., None])
        np.save(folder / f"hodge_y{name}.npy", cicy4[1][chosen].astype(float))
    return folder


@pytest.fixture(scope="session")
def small_splits(public_files, tmp_path_factory):
    """Splits of a few thousand matrices, made of those files."""
    folder = tmp_path_factory.mktemp("small") / "data" / "splits"
    write_splits(folder, public_files, progress=False)
    return folder
