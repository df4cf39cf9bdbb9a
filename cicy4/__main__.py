"""Command line: ``cicy4 COMMAND``, or ``python -m cicy4 COMMAND``."""

import argparse
import os
import sys
from pathlib import Path

from cicy4 import __version__

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog="cicy4", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    add = commands.add_parser("hodge", help="exact Hodge and Euler number of a matrix")
    add.add_argument("matrix", type=_matrix, help="such as '[[1,1],[3,0],[0,3]]'")
    add = commands.add_parser("identify", help="reduce a matrix and find it in the list")
    add.add_argument("matrix", type=_matrix, help="any description of the manifold")
    add = commands.add_parser("topology", help="intersection and Chern numbers, fibrations")
    add.add_argument("matrix", type=_matrix, help="of dimension 2 to 4")
    text = "cohomology of O(1,2), say, as '[1,2]'; all degrees of one sign"
    add.add_argument("--bundle", type=_matrix, help=text)
    add = commands.add_parser("predict", help="Hodge numbers by the trained networks, as CSV")
    text = "a matrix, or a file: npy, a matrix a line, or the published format"
    add.add_argument("given", type=_matrix_or_file, metavar="MATRICES", help=text)
    add.add_argument("--exact", action="store_true", help="with the exact ones beside them")
    add.add_argument("--models", nargs="+", help="by default an ensemble")
    add.add_argument("--output", type=Path, help="by default the standard output")
    add.add_argument("--format", choices=("csv", "json"), default="csv", help="json: one a line")
    add = commands.add_parser("classify", help="regenerate the list of a dimension and count it")
    add.add_argument("dimension", type=int, choices=(1, 2, 3, 4))
    commands.add_parser("twins", help="find members of the list that are the same manifold")
    add = commands.add_parser("export", help="write the list in the published text format")
    add.add_argument("file", type=Path)
    add.add_argument("--products", action="store_true", help="with the 15,813 products")
    text = "ours, which are not those of the published list, or none"
    add.add_argument("--numbers", choices=("ours", "none"), default="ours", help=text)
    add = commands.add_parser("check", help="compare a published list with the solver")
    add.add_argument("file", type=Path)
    add = commands.add_parser("splits", help="write data/splits/ if it is not there")
    text = "a folder for other splits than data/splits/; the options below need it"
    add.add_argument("--to", type=Path, metavar="FOLDER", help=text)
    text = "a folder with the published files, instead of cutting the list"
    add.add_argument("--from", dest="source", type=Path, metavar="FOLDER", help=text)
    add.add_argument("--order", help="of rows and columns: connectivity, canonical, reading, ...")
    add.add_argument("--seed", type=int, help="of the permutation that is cut; by default 2022")
    text = "share of the list for training; by default 0.72, or all that the others leave"
    add.add_argument("--train", type=float, metavar="SHARE", help=text)
    text = "share of the list for validation; by default 0.08"
    add.add_argument("--valid", type=float, metavar="SHARE", help=text)
    add.add_argument("--fold", metavar="K/N", help="test on the K-th of N equal parts")
    text = "the same shares of manifolds with any Hodge numbers in each split"
    add.add_argument("--stratify", action="store_true", default=None, help=text)

    return run(parser, globals(), arguments)


def run(parser, functions, arguments=None) -> int:
    """Call the function ``_COMMAND`` with the options of a command line; its exit status.

    Args:
        parser: with subparsers of the destination "command".
        functions: by name; they return nothing, or whether something is wrong.
        arguments: by default those of the process.
    """
    options = vars(parser.parse_args(arguments))
    command = functions[f"_{options.pop('command')}"]
    try:
        with _compilation_said():
            return command(**options) or 0
    except (ValueError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
    except ModuleNotFoundError as error:
        if error.name not in ("keras", "tensorflow"):
            raise
        print(f"{parser.prog}: networks need Keras: pip install 'cicy4[networks]'", file=sys.stderr)
    return 1


def _compilation_said():
    """While this lasts, the first compilation by Numba is announced; later runs find it cached."""
    from numba.core import event

    class First(event.Listener):
        said = False

        def on_start(self, event):
            if not self.said:
                print("compiling once, some seconds ...", file=sys.stderr, flush=True)
            self.said = True

        def on_end(self, event):
            pass

    return event.install_listener("numba:compile", First())


def _matrix(text):
    from cicy4.data.matrix_files import parse_matrix

    try:
        return parse_matrix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _matrix_or_file(text):
    return _matrix(text) if text.lstrip().startswith(("[", "{")) else Path(text)


def _hodge(matrix):
    from cicy4.geometry.euler import euler_number
    from cicy4.geometry.hodge import hodge_numbers

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
        if member.twins:
            print(f"the same manifold as number {', '.join(map(str, member.twins))}")
    if found.favourable is not None:
        print("favourable" if found.favourable else "not favourable")
    if found.hodge:
        print(found.hodge)
    print("Euler number", found.euler)


def _topology(matrix, bundle):
    from itertools import combinations_with_replacement

    import numpy as np

    from cicy4.geometry.topology import line_bundle_cohomology, obvious_fibrations, topology

    found = topology(matrix)
    cohomology = line_bundle_cohomology(matrix, bundle) if bundle else ()
    for name, numbers in (("", found.intersection), ("c2", found.c2), ("c3", found.c3)):
        for rows in combinations_with_replacement(range(len(matrix)), np.ndim(numbers)):
            if numbers is not None and numbers[rows]:
                print(*filter(None, [name]), *(f"J{r + 1}" for r in rows), "=", numbers[rows])
    if found.c2_squared is not None:
        print("c2 c2 =", found.c2_squared)
    print("Euler number", found.euler)
    for rows in obvious_fibrations(matrix):
        print("elliptic fibre: rows", *(r + 1 for r in rows))
    if bundle:
        print("h^0, h^1, ... =", *cohomology)


def _predict(given, exact, models, output, format):
    from cicy4.files import replacing
    from cicy4.networks.prediction import predict_given

    table = predict_given(given, models, exact)
    if format == "csv":
        text = table.to_csv(float_format="%.4f")
    else:
        text = table.reset_index().to_json(orient="records", lines=True, double_precision=4)
    if output:
        with replacing(output) as temporary:
            temporary.write_text(text)
    else:
        print(text, end="")
    kinds = {
        "predicted": table["source"] == "networks",
        "exact": table["source"] == "exact",
        "reduced": table["reduced_to"] != "",
        "known from training": table["split"].str.startswith("train"),
        "refused": table["error"] != "",
    }
    print(", ".join(f"{chosen.sum():,} {kind}" for kind, chosen in kinds.items()), file=sys.stderr)
    return bool(kinds["refused"].any())


def _classify(dimension):
    from cicy4.geometry.classification import classify_padded

    print(f"{len(classify_padded(dimension)):,} irreducible matrices")


def _twins():
    from cicy4.data.archive import TWINS, load_twins
    from cicy4.data.twins import write_twins

    write_twins()
    number, twin_class = load_twins()
    print(f"{len(number):,} members with a twin, {len(set(twin_class)):,} classes: {TWINS}")


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


def _splits(to, source, order, **cut):
    from cicy4.data import splits
    from cicy4.data.order import DEFAULT_ORDER

    cut = {name: value for name, value in cut.items() if value is not None}
    if not to and (source or order or cut):
        raise ValueError("other splits than data/splits need --to, a folder for them")
    if source and cut:
        raise ValueError(f"--from goes without --{', --'.join(cut)}: its files are cut already")
    if source and to.exists() and to.samefile(source):
        raise ValueError(f"--from and --to are the same folder: {to}")
    directory, order = to or splits.SPLITS, order or DEFAULT_ORDER
    if source or not splits.up_to_date(directory, order=order, cut=splits.how_cut(**cut)):
        if to and splits.up_to_date(to):
            raise ValueError(f"{to} holds other splits: remove it, or choose another folder")
        splits.write_splits(directory, source, order, **cut)
    manifest = splits.read_manifest(directory)
    for name in splits.SPLIT_SIZES:
        print(f"{name:5} {manifest['files'][f'conf_X{name}.npy']['count']:7,}")
    print(f"{manifest['order']} order, checksum {manifest['checksum']}")


if __name__ == "__main__":
    sys.exit(main())
