"""Command line of what maintains this repository: ``python -m tools COMMAND``."""

import argparse
import sys
from pathlib import Path

from cicy4.__main__ import run


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    commands.add_parser("dataset", help="regenerate data/cicy4.npz and compare")
    add = commands.add_parser("notebooks", help="make the notebooks from their scripts")
    add.add_argument("names", nargs="*", help="such as lstm-448; by default all")
    add = add.add_mutually_exclusive_group()
    add.add_argument("--check", action="store_true", help="only say whether they are up to date")
    text = "take the outputs of one notebook from a run of it"
    add.add_argument("--executed", type=Path, metavar="FILE", help=text)
    add = commands.add_parser("kaggle", help="prepare a folder for upload to Kaggle")
    add.add_argument("name", help="data, models, or a notebook such as lstm-448")
    add.add_argument("--user", required=True, help="your name on Kaggle")
    add.add_argument("--to", type=Path, metavar="FOLDER", help="by default kaggle/NAME")
    add = commands.add_parser("train", help="make a network by executing its notebook")
    add.add_argument("notebook", help="such as lstm-448")
    text = "another value of a parameter; the network is kept in experiments/ then"
    add.add_argument("-p", dest="parameters", nargs=2, action="append", help=text)
    add = commands.add_parser("study", help="make the runs of a study that are missing")
    add.add_argument("name", help="such as orders")
    add.add_argument("--at-once", type=int, default=1, metavar="N", help="runs at the same time")
    commands.add_parser("baselines", help="score what is no network")
    add = commands.add_parser("analysis", help="measure what a trained network depends on")
    add.add_argument("--network", default="LSTM-448", help="by default LSTM-448")
    commands.add_parser("branches", help="measure what the branch of each network is worth")
    commands.add_parser("probes", help="read the cohomology off the state of networks")
    commands.add_parser("looks", help="count how often the test split was looked at")
    commands.add_parser("reliability", help="count how often predictions are right")
    add = commands.add_parser("figures", help="draw every figure")
    add.add_argument("only", nargs="*", metavar="NAME", help="such as widths; by default all")
    commands.add_parser("table", help="write the tables of README.md and recipe.md")

    return run(parser, globals(), arguments)


def _reliability():
    from cicy4.networks.reliability import write_reliability

    write_reliability()


def _dataset():
    from cicy4.data.archive import ARCHIVE, sha256
    from tools.dataset import build_archive

    before = sha256(ARCHIVE) if ARCHIVE.exists() else None
    after = build_archive()
    verdict = {None: "new", after: "the same bytes as before"}.get(before, "CHANGED")
    print(f"{ARCHIVE.name}: {verdict}, SHA-256 {after}")


def _notebooks(names, check, executed):
    from tools.notebooks.make import adopt_outputs, check_notebooks, write_notebooks

    if check:
        check_notebooks(names)
    elif executed:
        if len(names) != 1:
            raise ValueError("--executed goes with the name of one notebook")
        adopt_outputs(executed, *names)
    else:
        print(*write_notebooks(only=names), sep="\n")


def _train(notebook, parameters):
    from tools.notebooks.train import train

    print("network, history and record are in", train(notebook, parameters or ()))


def _kaggle(name, user, to):
    from tools.notebooks.kaggle import prepare

    print(prepare(name, user, to or Path("kaggle", name)))


def _study(name, at_once):
    from tools.studies.run import make_study

    failed = make_study(name, at_once)
    for variant, message in failed.items():
        print(f"{variant} failed:\n{message}", file=sys.stderr)
    return bool(failed)


def _baselines():
    from tools.studies.baselines import write_baselines

    write_baselines()


def _analysis(network):
    from tools.studies.analysis import write_analysis

    write_analysis(network)


def _branches():
    from tools.branches import write_branch_statistics

    write_branch_statistics()


def _looks():
    from tools.looks import looks

    for (what, when), count in looks().items():
        print(f"{count} {what} {when}")


def _probes():
    from tools.studies.probes import write_probes

    write_probes()


def _figures(only):
    from tools.figures import draw_all

    print(*draw_all(only), sep="\n")


def _table():
    from tools.tables import update_all

    print(update_all(), end="")


if __name__ == "__main__":
    sys.exit(main())
