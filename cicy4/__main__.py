"""Command line: ``python -m cicy4 COMMAND``."""

import argparse
import json
import sys
from pathlib import Path

# Fields of the recipe that `train` can change.
RECIPE_OPTIONS = {
    "seed": (int, "of first weights and samples"),
    "oversampling": (float, "of matrices with fitting curves and surfaces"),
    "few_rows": (float, "power of the number of rows that divides the weight of a matrix"),
    "swapped": (float, "share of samples with neighbours swapped, until the last epochs"),
    "swaps": (int, "of neighbouring rows in such a sample, and of columns"),
    "split": (float, "share of samples that are ineffective splittings, until the last epochs"),
    "start_share": (float, "of the first weights in those that are kept"),
    "partner": (str, "a trained model; errors count in the mean of its outputs and the new ones"),
}


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cicy4", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    add = commands.add_parser("hodge", help="exact Hodge and Euler number of a matrix")
    add.add_argument("matrix", type=json.loads, help="such as '[[1,1],[3,0],[0,3]]'")
    add = commands.add_parser("predict", help="Hodge numbers by the trained models, as CSV")
    add.add_argument("file", type=Path, help="npy, a matrix a line, or the published format")
    add.add_argument("--exact", action="store_true", help="with the exact ones beside them")
    add.add_argument("--models", nargs="+", help="by default what is best on validation")
    add.add_argument("--output", type=Path, help="by default the standard output")
    add = commands.add_parser("classify", help="regenerate the list of a dimension and count it")
    add.add_argument("dimension", type=int, choices=(1, 2, 3, 4))
    commands.add_parser("dataset", help="regenerate data/cicy4.npz and compare")
    add = commands.add_parser("export", help="write the list in the published text format")
    add.add_argument("file", type=Path)
    add.add_argument("--products", action="store_true", help="with the 15,813 products")
    add = commands.add_parser("check", help="compare a published list with the solver")
    add.add_argument("file", type=Path)
    commands.add_parser("splits", help="write data/splits/ if it is not there")
    add = commands.add_parser("train", help="train models one after the other, or go on")
    add.add_argument("models", nargs="*", help="such as LSTM-400")
    add.add_argument("--all", action="store_true", help="all twelve, ensemble members first")
    add.add_argument(
        "--samples", type=float, default=3e6, help="to see, per model; with --all in total"
    )
    add.add_argument("--start", help="a trained model to take the first weights from")
    add.add_argument("--peak-rate", type=float, help="another than the recipe's")
    for field, (kind, text) in RECIPE_OPTIONS.items():
        option = f"--{field.replace('_', '-')}"
        add.add_argument(option, type=kind, default=argparse.SUPPRESS, help=text)
    add.add_argument(
        "--larger", action="store_true", help="on 80 %% of the list, with 108,682 left to test"
    )
    add.add_argument("--hardware", help="for the record")
    add = commands.add_parser("compare", help="try a recipe on a narrow network, on validation")
    add.add_argument("changes", nargs="*", metavar="FIELD=VALUE", help="such as peak_rate=0.02")
    add.add_argument("--samples", type=float, default=450_000)
    add.add_argument("--model", default="LSTM-128")
    add.add_argument("--matrices", type=int, help="for training, if not the whole split")
    commands.add_parser("status", help="how far each training is, and how long it still needs")
    add = commands.add_parser("notebooks", help="write the notebooks from the source")
    add.add_argument("--execute", nargs="*", metavar="PATH", help="and run these, or all")
    add = commands.add_parser("kaggle", help="write the files for Kaggle's command line")
    add.add_argument("user", help="your Kaggle user name")
    commands.add_parser("figures", help="draw every figure")
    commands.add_parser("evaluate", help="predict with the ensembles, write the README's tables")

    options = vars(parser.parse_args(arguments))
    command = globals()[f"_{options.pop('command')}"]
    try:
        return command(**options) or 0
    except (ValueError, OSError) as error:
        print(f"cicy4: {error}", file=sys.stderr)
        return 1


def _hodge(matrix):
    from cicy4.hodge import euler_number, hodge_numbers

    print(hodge_numbers(matrix))
    print("Euler number", euler_number(matrix))


def _predict(file, exact, models, output):
    from cicy4.prediction import predict_file, write_csv

    table = predict_file(file, models, exact)
    write_csv(table, output or sys.stdout)
    bad = int((table["error"] != "").sum())
    print(f"{len(table) - bad:,} predicted, {bad:,} refused", file=sys.stderr)
    return bool(bad)


def _classify(dimension):
    from cicy4.classification import classify_padded

    print(f"{len(classify_padded(dimension)):,} irreducible matrices")


def _dataset():
    from cicy4.dataset import ARCHIVE, build_archive, sha256

    before = sha256(ARCHIVE) if ARCHIVE.exists() else None
    after = build_archive()
    verdict = {None: "new", after: "the same bytes as before"}.get(before, "CHANGED")
    print(f"{ARCHIVE.name}: {verdict}, SHA-256 {after}")


def _export(file, products):
    from cicy4.dataset import load_cicy4
    from cicy4.textformat import published_list, write_list

    write_list(file, published_list(*load_cicy4(products)))


def _check(file):
    from cicy4.textformat import disagreements, read_list

    records = read_list(file)
    lines = disagreements(records)
    print(*lines, sep="\n", end="\n" if lines else "")
    print(f"{len(records.number):,} records, {len(lines)} disagreements")
    return bool(lines)


def _splits():
    from cicy4.dataset import load_splits

    for name, (matrices, _) in load_splits().items():
        print(f"{name:5} {len(matrices):7,}")


def _train(models, all, samples, start, peak_rate, larger, hardware, **changes):
    from cicy4.inference import scores_text
    from cicy4.queue import train_all, train_and_record

    apart = start or peak_rate or larger or changes.keys() & {"start_share", "partner"}
    if all == bool(models) or (all and apart):
        raise ValueError(
            "name the models to train, or use --all without --start, --start-share, --partner, "
            "--peak-rate and --larger"
        )
    runs = (
        train_and_record(name, samples, start, peak_rate, hardware, larger=larger, **changes)
        for name in models
    )
    for record in train_all(samples, hardware, **changes) if all else runs:
        print(f"{record['model']}, test accuracy (%)", scores_text(record["test"]), sep="\n")


def _compare(changes, samples, model, matrices):
    from cicy4.comparison import compare

    pairs = (change.partition("=") for change in changes)
    changes = {name: json.loads(value) for name, _, value in pairs}
    print(compare(changes, samples, model, matrices))


def _status():
    from cicy4.queue import status_table

    print(status_table(), end="")


def _notebooks(execute):
    from cicy4.notebooks import execute_and_keep, write_notebooks

    write_notebooks()
    if execute is not None:
        print(execute_and_keep(execute), end="")


def _kaggle(user):
    from cicy4.kaggle import write_kaggle_files

    print(*write_kaggle_files(user), sep="\n")


def _figures():
    from cicy4.figures import draw_all

    print(*draw_all(), sep="\n")


def _evaluate():
    from cicy4.evaluation import all_tables, evaluate_all, update_readme
    from cicy4.inference import TRAINED

    evaluate_all()
    update_readme(TRAINED.parent / "README.md")
    print(all_tables(), end="")


if __name__ == "__main__":
    sys.exit(main())
