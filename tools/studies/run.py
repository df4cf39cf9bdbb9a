"""Makes the runs of a study: the committed notebook, executed with what a variant changes."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import nbformat
from tqdm.auto import tqdm

from cicy4.data.order import DEFAULT_ORDER
from cicy4.data.splits import SPLITS, up_to_date, write_splits
from cicy4.files import ROOT, read_json, write_json
from cicy4.geometry.chunks import THREADS
from tools.notebooks import train
from tools.notebooks.make import cells_of, check_notebooks, chosen_notebooks
from tools.studies.cuts import CUTS
from tools.studies.results import STUDIED, read_runs
from tools.studies.variants import runs


def make_study(study, at_once=1, folder=STUDIED) -> dict:
    """Execute the notebook for each run of a study that has no record yet.

    What a killed run has done is kept in ``STUDY/unfinished/``, from where it resumes.  Its
    network is kept in ``STUDY/networks/``; neither is committed.

    Args:
        study: its name.
        at_once: number of runs at the same time, each with its part of the cores.
        folder: of the studies.

    Returns:
        messages of the runs that failed, by name.

    Raises:
        ValueError: no such study, a record of another variant, or a notebook that is not what its
            script makes.
    """
    done = Path(folder, study)
    there = read_runs(study, folder)
    missing = {name: run for name, run in runs(study).items() if name not in there}
    if not missing:
        return {}
    variants = [variant for variant, _ in missing.values()]
    check_notebooks(sorted({variant.notebook for variant in variants}))
    splits = {kind: splits_with(*kind, folder) for kind in {(v.order, v.cut) for v in variants}}
    failed = {}

    def one(name):
        variant, seed = missing[name]
        message = execute(name, variant, seed, splits[variant.order, variant.cut], done, at_once)
        if message:
            failed[name] = message
        else:
            keep(name, variant, done)

    epochs = {name: variant.parameters["EPOCHS"] for name, (variant, _) in missing.items()}
    with ThreadPoolExecutor(at_once) as pool:
        futures = {name: pool.submit(one, name) for name in missing}
        show_progress(futures, epochs, done)
        for future in futures.values():
            future.result()
    return failed


def show_progress(futures, epochs, done) -> None:
    """A bar over the epochs of all runs, until they are over."""
    with tqdm(total=sum(epochs.values()), unit="epoch", smoothing=0) as bar:
        while not all(future.done() for future in futures.values()):
            sleep(1)
            over = [name for name, future in futures.items() if future.done()]
            bar.set_description(f"{len(over)} of {len(futures)} runs", refresh=False)
            seen = [epochs[n] if n in over else epochs_in(done, n) for n in futures]
            bar.update(sum(seen) - bar.n)


def splits_with(order, cut, folder) -> Path:
    """The folder of the splits in an order and with a cut, written if it is not there."""
    if order == DEFAULT_ORDER and not cut:
        directory = SPLITS
    else:
        directory = Path(folder, "splits", "-".join(filter(None, (order, cut))))
    if not up_to_date(directory, order=order, selected=cut):
        write_splits(directory, order=order, select=CUTS[cut] if cut else None)
    return directory


def epochs_in(done, name) -> int:
    """How many epochs of an unfinished run are over."""
    histories = list(Path(done, "unfinished", name).glob("checkpoints/*/history.csv"))
    return max(0, len(histories[0].read_text().splitlines()) - 1) if histories else 0


def execute(name, variant, seed, splits, done, at_once) -> str:
    """Execute the notebook of one run; the end of what it printed if that fails, else nothing."""
    folder, notebook = Path(done, "unfinished", name), nbformat.writes(edited(variant))
    path = folder / "notebook.ipynb"
    if path.exists() and path.read_text() != notebook:
        shutil.rmtree(folder)  # begun with other edits
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook)
    parameters = {**variant.parameters, "SEED": seed, "SPLITS": splits, "TEST": variant.test}
    threads = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    share = str(max(1, THREADS // at_once))
    environment = {**os.environ, **dict.fromkeys(threads, share), "NUMBA_NUM_THREADS": share}
    output = {"env": environment, "capture_output": True, "text": True}
    ran = train.execute(path, folder / "executed.ipynb", folder, parameters.items(), **output)
    return ran.stderr[-2000:] if ran.returncode else ""


def edited(variant):
    """The notebook of a variant.

    Raises:
        ValueError: a text that a variant changes is not in the notebook once.
    """
    [path] = chosen_notebooks([variant.notebook])
    notebook = nbformat.read(ROOT / path, 4)
    for old, new in variant.edits:
        cells = [cell for cell in cells_of(notebook, "code") if old in cell.source]
        if len(cells) != 1 or cells[0].source.count(old) != 1:
            raise ValueError(f"{path} does not have this once, which {variant.name} edits: {old}")
        cells[0].source = cells[0].source.replace(old, new)
    return notebook


def keep(name, variant, done) -> None:
    """Move what a run made to its place, the record last."""
    folder, made = Path(done, "unfinished", name), variant.parameters["NAME"]
    (done / "networks").mkdir(exist_ok=True)
    os.replace(folder / f"{made}.keras", done / "networks" / f"{name}.keras")
    os.replace(folder / f"{made}.csv", done / f"{name}.csv")
    record = read_json(folder / f"{made}.json")
    record |= {"notebook": variant.notebook, "edits": variant.edits, "cut": variant.cut}
    write_json(done / f"{name}.json", record)
    shutil.rmtree(folder)
