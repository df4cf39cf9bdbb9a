"""Command line: ``python -m cicy4 COMMAND``."""

import argparse
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cicy4", description=__doc__)
    parser.add_argument("--version", action="version", version=version("cicy4"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    add = commands.add_parser("hodge", help="exact Hodge and Euler number of a matrix")
    add.add_argument("matrix", type=_matrix, help="such as '[[1,1],[3,0],[0,3]]'")
    add = commands.add_parser("identify", help="reduce a matrix and find it in the list")
    add.add_argument("matrix", type=_matrix, help="any description of the manifold")
    add = commands.add_parser("predict", help="Hodge numbers by the trained networks, as CSV")
    add.add_argument("file", type=Path, help="npy, a matrix a line, or the published format")
    add.add_argument("--exact", action="store_true", help="with the exact ones beside them")
    add.add_argument("--models", nargs="+", help="by default an ensemble of three")
    add.add_argument("--output", type=Path, help="by default the standard output")
    add = commands.add_parser("classify", help="regenerate the list of a dimension and count it")
    add.add_argument("dimension", type=int, choices=(1, 2, 3, 4))
    commands.add_parser("dataset", help="regenerate data/cicy4.npz and compare")
    add = commands.add_parser("export", help="write the list in the published text format")
    add.add_argument("file", type=Path)
    add.add_argument("--products", action="store_true", help="with the 15,813 products")
    text = "ours, which are not those of the published list, or none"
    add.add_argument("--numbers", choices=("ours", "none"), default="ours", help=text)
    add = commands.add_parser("check", help="compare a published list with the solver")
    add.add_argument("file", type=Path)
    add = commands.add_parser("splits", help="write data/splits/ if it is not there")
    add.add_argument("--from", dest="source", type=Path, help="a folder with the published files")
    add.add_argument("--to", type=Path, help="by default data/splits/")
    text = "with 80 %% of the list for training, beside the networks of that kind"
    add.add_argument("--larger", action="store_true", help=text)
    add = commands.add_parser("notebooks", help="make the notebooks from their scripts")
    add.add_argument("names", nargs="*", help="such as lstm-448; by default all")
    commands.add_parser("reliability", help="count how often predictions are right")
    commands.add_parser("figures", help="draw every figure")
    commands.add_parser("table", help="write the tables of README.md and recipe.md")

    options = vars(parser.parse_args(arguments))
    command = globals()[f"_{options.pop('command')}"]
    try:
        return command(**options) or 0
    except (ValueError, OSError) as error:
        print(f"cicy4: {error}", file=sys.stderr)
        return 1


def _matrix(text):
    try:
        return json.loads(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a matrix: {text!r}") from None


def _hodge(matrix):
    from cicy4.geometry.hodge import euler_number, hodge_numbers

    print(hodge_numbers(matrix))
    print("Euler number", euler_number(matrix))


def _identify(matrix):
    from cicy4.data.identification import identify

    found = identify(matrix)
    for words, q in found.reduction.steps:
        print(f"{words}: {q.tolist()}")
    for q, member in zip(found.reduction.factors, found.members, strict=True):
        split = f", in the {member.split} split" if member.split else ""
        print(f"number {member.number} of dimension {member.dimension}{split}: {q.tolist()}")
    if found.favourable is not None:
        print("favourable" if found.favourable else "not favourable")
    if found.hodge:
        print(found.hodge)
    print("Euler number", found.euler)


def _predict(file, exact, models, output):
    from cicy4.files import replacing
    from cicy4.networks.prediction import predict_file

    table = predict_file(file, models, exact)
    if output:
        with replacing(output) as temporary:
            table.to_csv(temporary)
    else:
        table.to_csv(sys.stdout)
    kinds = {
        "predicted": table["source"] == "networks",
        "exact": table["source"] == "exact",
        "reduced": table["reduced_to"] != "",
        "of the training split": table["split"] == "train",
        "refused": table["error"] != "",
    }
    print(", ".join(f"{chosen.sum():,} {kind}" for kind, chosen in kinds.items()), file=sys.stderr)
    return bool(kinds["refused"].any())


def _reliability():
    from cicy4.networks.reliability import write_reliability

    write_reliability()


def _classify(dimension):
    from cicy4.geometry.classification import classify_padded

    print(f"{len(classify_padded(dimension)):,} irreducible matrices")


def _dataset():
    from cicy4.data.archive import ARCHIVE, build_archive, sha256

    before = sha256(ARCHIVE) if ARCHIVE.exists() else None
    after = build_archive()
    verdict = {None: "new", after: "the same bytes as before"}.get(before, "CHANGED")
    print(f"{ARCHIVE.name}: {verdict}, SHA-256 {after}")


def _export(file, products, numbers):
    from cicy4.data.archive import load_cicy4
    from cicy4.data.textformat import published_list, write_list

    write_list(file, published_list(*load_cicy4(products), numbers == "ours"))


def _check(file):
    from cicy4.data.textformat import disagreements, read_list

    records = read_list(file)
    lines = disagreements(records)
    print(*lines, sep="\n", end="\n" if lines else "")
    print(f"{len(records.number):,} records, {len(lines)} disagreements")
    return bool(lines)


def _splits(source, to, larger):
    from cicy4.data import splits

    if larger and (source or to):
        raise ValueError("--larger goes without --from and --to")
    directory = to or (splits.LARGER_SPLITS if larger else splits.SPLITS)
    if source or not splits.up_to_date(directory):
        splits.write_splits(directory, source, larger)
    for name, (matrices, _) in splits.load_splits(directory).items():
        print(f"{name:5} {len(matrices):7,}")
    print("checksum", splits.read_manifest(directory)["checksum"])


def _notebooks(names):
    from cicy4.notebooks.make import write_notebooks

    print(*write_notebooks(only=names), sep="\n")


def _figures():
    from cicy4.results.figures import draw_all

    print(*draw_all(), sep="\n")


def _table():
    from cicy4.results.records import TRAINED
    from cicy4.results.tables import differences_table, results_table, update_table

    results = results_table()
    update_table(TRAINED.parent / "README.md", "results", results)
    update_table(TRAINED / "recipe.md", "differences", differences_table())
    print(results, end="")


if __name__ == "__main__":
    sys.exit(main())
