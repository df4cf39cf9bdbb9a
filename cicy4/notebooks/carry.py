"""Carries the outputs of executed training notebooks over to code that computes the same.

Some changes of the script leave all numbers alone: a parameter with its old value as default, a
new name.  Whether that is so is not claimed but tried.  The notebook as it is, with the package of
the last commit, and the new one are both run for two epochs on a few thousand matrices, and all
losses and weights must be the same bits.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import nbformat
import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from cicy4.data.archive import load_cicy4
from cicy4.files import ROOT
from cicy4.notebooks.make import (
    cells_of,
    chosen_notebooks,
    make_notebook,
    refuse_edited,
    same_code,
    take_outputs,
    write_notebook,
)
from cicy4.results.records import TRAINED, read_history, read_records
from cicy4.results.summary import progress, summary

SIZES = {"train": 4096, "valid": 512, "test": 512}
SHORT = {"EPOCHS": "2", "BATCH": "64", "OUTPUT": "."}


def carry_over(only=()) -> dict:
    """Make the training notebooks anew, with the outputs of the old ones where that is right.

    Args:
        only: short names, such as "lstm-448"; by default all whose code has changed.

    Returns:
        by path whether the outputs were carried over; where not, the notebook is as before.

    Raises:
        ValueError: an unknown name, or a notebook that was edited by hand.
    """
    made = {
        path: (script[1], make_notebook(*script))
        for path, script in chosen_notebooks(only).items()
        if script[0] == "training"
    }
    before = {path: nbformat.read(ROOT / path, 4) for path in made}
    for path, notebook in before.items():
        refuse_edited(path, notebook)
    changed = [path for path in made if not same_code(before[path], made[path][1])]
    if not changed:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        trees = prepare(Path(folder))
        for path in changed:
            write_notebook(trees["old"] / path, before[path])
            write_notebook(trees["new"] / path, made[path][1])
        with ThreadPoolExecutor(2) as pool:
            tries = pool.map(lambda path: compute_the_same(trees, path, made[path][0]), changed)
            carried = dict(zip(changed, tqdm(tries, total=len(changed)), strict=True))
    for path in changed:
        if carried[path]:
            name, notebook = made[path]
            take_outputs(before[path], notebook)
            beside = (ROOT / path).parent
            tell(notebook, name, TRAINED if beside.parent == ROOT else beside)
            write_notebook(ROOT / path, notebook)
    return carried


def prepare(folder) -> dict:
    """Two trees with small splits of the same matrices: that of the last commit, and this one."""
    trees = {"old": folder / "old", "new": folder / "new"}
    for tree in trees.values():
        tree.mkdir()
    committed = subprocess.run(
        ["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True
    )
    subprocess.run(["tar", "x"], cwd=trees["old"], input=committed.stdout, check=True)
    (trees["new"] / "cicy4").symlink_to(ROOT / "cicy4")
    public = folder / "public"
    public.mkdir()
    matrices, hodge, _ = load_cicy4()
    chosen = np.split(
        np.random.default_rng(1).permutation(len(matrices))[: sum(SIZES.values())],
        np.cumsum(list(SIZES.values()))[:-1],
    )
    for split, places in zip(SIZES, chosen, strict=True):
        np.save(public / f"conf_X{split}.npy", (matrices[places] / 6).astype("float32"))
        np.save(public / f"hodge_y{split}.npy", hodge[places])
    for tree in trees.values():
        run(tree, "cicy4", "splits", "--from", public, "--to", tree / "data" / "splits")
    return trees


def compute_the_same(trees, path, name) -> bool:
    """Whether old and new notebook come to the same bits in two short epochs."""
    return same_bits(*(short_run(tree, path, name) for tree in trees.values()))


def short_run(tree, path, name) -> tuple:
    """Losses and weights after two short epochs of a notebook, with the package of its tree."""
    work = tree / f"run-{name}"  # beside the splits
    work.mkdir()
    parameters = [word for pair in SHORT.items() for word in ("-p", *pair)]
    executed = work / "executed.ipynb"
    run(tree, "papermill", "--no-progress-bar", "--cwd", work, tree / path, executed, *parameters)
    model = keras.models.load_model(work / f"{name}.keras", compile=False)
    return pd.read_csv(work / "checkpoints" / name / "history.csv"), model.get_weights()


def same_bits(one, other) -> bool:
    """Whether two runs have the same losses after each epoch, and the same weights."""
    (before, old), (after, new) = one, other
    common = [column for column in before if column in after and column != "seconds"]
    return (
        {"loss", "val_loss", "hodge_loss"} <= set(common)
        and len(before) == int(SHORT["EPOCHS"])
        and before[common].equals(after[common])
        and all(map(np.array_equal, old, new))
    )


def run(tree, *words) -> None:
    """A module with its arguments, with the package of a tree."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-m", *map(str, words)]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")


def tell(notebook, name, networks) -> None:
    """Let a notebook print what history and record of its network say.

    That is a line for each epoch, of which a resumed run may have shown only the last ones, and
    the sentences at the end.
    """
    record = read_records(networks).get(name)
    if not record:
        return  # not yet trained
    history = read_history(name, networks)
    cells = cells_of(notebook, "code")
    [fit] = [cell for cell in cells if "model.fit(" in cell.source]
    lines = map(progress, history.to_dict("records"))
    for cell, text in ((fit, "\n".join(lines)), (cells[-1], summary(record, history))):
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"{text}\n")]
