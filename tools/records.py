"""Records of trained networks and of ensembles, as the notebooks write them."""

from pathlib import Path

import pandas as pd

from cicy4.files import read_json
from cicy4.networks.architectures import NETWORKS, TRAINED


def read_records(directory=TRAINED) -> dict:
    """Records ``NAME.json`` of the trained networks of the table, by name."""
    paths = {name: Path(directory) / f"{name}.json" for name in NETWORKS}
    return {name: read_json(path) for name, path in paths.items() if path.exists()}


def read_results(directory=TRAINED) -> dict:
    """Records of the trained networks, in the order of the table, then of the ensembles."""
    path = Path(directory) / "ensembles.json"
    ensembles = read_json(path) if path.exists() else {}
    return {**read_records(directory), **ensembles}


def read_history(name, directory=TRAINED) -> pd.DataFrame:
    """What a network scored after each epoch: a line an epoch, see ``NAME.csv``."""
    return pd.read_csv(Path(directory) / f"{name}.csv")
