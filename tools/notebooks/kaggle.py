"""Folders that the command line of Kaggle uploads as they are.

Two data sets, *data* and *models*, and the notebooks; whatever belongs to one of them stands in a
folder with the metadata that Kaggle wants.
"""

import os
import shutil
from pathlib import Path

from cicy4.data.archive import ARCHIVE, TWINS
from cicy4.data.splits import SPLITS, read_manifest
from cicy4.files import ROOT, write_json
from cicy4.networks.architectures import TRAINED
from tools.notebooks.make import chosen_notebooks

DATA_SETS = {"data": "hodge-numbers", "models": "trained-models"}  # slugs, after "cicy4-"


def prepare(name: str, user: str, folder: Path) -> str:
    """Write a folder for a data set or a notebook.

    Args:
        name: "data", "models", or the short name of a notebook, such as "lstm-448".
        user: name of the account on Kaggle.
        folder: where to; it must not exist.

    Returns:
        the command that uploads it.

    Raises:
        ValueError: an unknown name, or the folder is there already.
    """
    if name not in DATA_SETS:
        [path] = chosen_notebooks([name])
    if folder.exists():
        raise ValueError(f"{folder} is there already: remove it, or choose another folder")
    folder.mkdir(parents=True)
    if name in DATA_SETS:
        {"data": put_data, "models": put_models}[name](folder)
        write_json(folder / "dataset-metadata.json", data_set(name, user))
        return f"kaggle datasets create -p {folder} --dir-mode zip"
    shutil.copy(ROOT / path, folder)
    write_json(folder / "kernel-metadata.json", kernel(name, user, Path(path).name))
    return f"kaggle kernels push -p {folder}"


def put_data(folder) -> None:
    """The package with the list in it, and the splits."""
    read_manifest(SPLITS)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "cicy4", folder / "cicy4", ignore=ignored)
    for path in (ARCHIVE, TWINS):
        link(path, folder / "cicy4" / "data" / path.name)
    (folder / "splits").mkdir()
    for path in SPLITS.iterdir():
        link(path, folder / "splits" / path.name)


def put_models(folder) -> None:
    """The trained networks with their records and histories."""
    for path in TRAINED.iterdir():
        if path.suffix in (".keras", ".json", ".csv"):
            link(path, folder / path.name)


def link(path, other) -> None:
    """A second name for a file, or a copy where that cannot be."""
    try:
        os.link(path.resolve(), other)
    except OSError:
        shutil.copy(path, other)


def data_set(name, user) -> dict:
    """Metadata of a data set; MIT is none of the licences that Kaggle has a name for."""
    titles = {"data": "CICY4 Hodge numbers", "models": "CICY4 trained models"}
    return {
        "title": titles[name],
        "id": f"{user}/cicy4-{DATA_SETS[name]}",
        "description": "Licence: MIT.",
        "licenses": [{"name": "other"}],
    }


def kernel(name, user, file) -> dict:
    """Metadata of a notebook: two T4 GPUs if it trains or predicts, no internet."""
    slug = name.split("/")[-1].replace("_", "-")
    sources = ["data", "models"] if name == "inference_example" else ["data"]
    gpu = name != "data_preparation"
    return {
        "id": f"{user}/cicy4-{slug}",
        "title": f"CICY4 {slug}",
        "code_file": file,
        "language": "python",
        "kernel_type": "notebook",
        "is_private": True,
        "enable_gpu": gpu,
        **({"machine_shape": "NvidiaTeslaT4"} if gpu else {}),
        "enable_internet": False,
        "docker_image_pinning_type": "original",
        "dataset_sources": [f"{user}/cicy4-{DATA_SETS[source]}" for source in sources],
        "competition_sources": [],
        "kernel_sources": [],
    }
