"""The small files from which Kaggle's command line uploads notebooks and data."""

import json
import os
from pathlib import Path

from cicy4.files import replacing
from cicy4.notebooks import DATA, INFERENCE, ROOT, notebook_paths

USER = "INSERT_USERNAME"  # as Kaggle's own `kernels init` writes it
SPLITS = ("data", "CICY4 Hodge numbers")
MODELS = ("Results_p2_Trained_models", "CICY4 trained models")


def write_kaggle_files(user=USER, root=ROOT) -> list[Path]:
    """Write ``kernel-metadata.json`` for each notebook and ``dataset-metadata.json`` twice.

    ``kaggle kernels push -p FOLDER`` takes one notebook a folder, so those of the
    training notebooks are in ``kaggle/NAME/`` beside them.

    Args:
        user: the Kaggle user who uploads.

    Returns:
        the paths written.
    """
    files = {}
    for folder, title in (SPLITS, MODELS):
        files[Path(folder) / "dataset-metadata.json"] = _dataset(user, title)
    for notebook in map(Path, notebook_paths()):
        folder = {DATA: Path("data"), INFERENCE: Path(MODELS[0])}.get(
            str(notebook), notebook.parent / "kaggle" / notebook.stem
        )
        files[folder / "kernel-metadata.json"] = _kernel(user, notebook, folder)
    for path, content in files.items():
        with replacing(Path(root) / path) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n")
    return list(files)


def _dataset(user, title):
    return {"title": title, "id": f"{user}/{_slug(title)}", "licenses": [{"name": "other"}]}


def _kernel(user, notebook, folder):
    title = f"CICY4 {notebook.stem.replace('_', ' ')}"
    inputs = {DATA: [SPLITS], INFERENCE: [SPLITS, MODELS]}.get(str(notebook), [SPLITS])
    return {
        "id": f"{user}/{_slug(title)}",
        "title": title,
        "code_file": os.path.relpath(notebook, folder),
        "language": "python",
        "kernel_type": "notebook",
        "is_private": True,
        "enable_gpu": str(notebook) != DATA,
        "enable_internet": True,  # an old Keras is upgraded
        "dataset_sources": [f"{user}/{_slug(title)}" for _, title in inputs],
        "competition_sources": [],
        "kernel_sources": [],
    }


def _slug(title):
    return title.lower().replace(" ", "-")
