import json
import os
import shutil

import numpy as np
import pytest

from cicy4 import canonical, euler_number, hodge_numbers_batch
from cicy4.__main__ import main
from cicy4.data import splits as module
from cicy4.data.archive import sha256
from cicy4.data.published_files import read_published
from cicy4.data.splits import (
    SPLIT_SIZES,
    SPLITS,
    how_cut,
    load_splits,
    read_manifest,
    split_indices,
    up_to_date,
    write_splits,
)
from cicy4.geometry.configuration import unpad
from cicy4.geometry.hodge import tangent_cohomology
from cicy4.geometry.line_bundles import equation_cohomology


def test_splits_cut_the_list_in_three(cicy4):
    splits = load_splits()
    assert {name: len(X) for name, (X, _) in splits.items()} == SPLIT_SIZES
    total = sum(y.astype(int).sum(axis=0) for _, y in splits.values())
    assert total.tolist() == cicy4[1].astype(int).sum(axis=0).tolist()
    members = {q.tobytes() for q in cicy4[0]}
    for X, y in splits.values():
        assert np.array_equal(hodge_numbers_batch(X[:200]), y[:200])
        for q in canonical(X[::50]):
            members.remove(q.tobytes())  # an error if it is in two splits


def test_other_splits_are_cut_as_they_are_asked_for():
    """Shares of the list, folds that are disjoint and together the whole of it, seeds."""
    total, usual = 905_684, split_indices()
    assert {name: len(places) for name, places in usual.items()} == SPLIT_SIZES
    less = split_indices(train=0.3, valid=0.1)
    assert [len(places) / total for places in less.values()] == pytest.approx([0.3, 0.1, 0.6], 1e-5)
    folds = [split_indices(fold=f"{k}/5") for k in range(1, 6)]
    for fold in (usual, less, *folds, split_indices(seed=1, fold="2/3", stratify=True)):
        assert np.array_equal(np.sort(np.concatenate([*fold.values()])), np.arange(total))
    tests = np.concatenate([fold["test"] for fold in folds])
    assert np.array_equal(np.sort(tests), np.arange(total))
    # The last fold is the usual test split.
    assert all(np.array_equal(folds[-1][name], usual[name]) for name in usual)
    part = split_indices(train=0.3, fold="1/5")
    assert len(part["train"]) == round(0.3 * total)
    assert np.array_equal(part["test"], folds[0]["test"])


def test_strata_have_their_share_in_every_split(cicy4):
    """Far closer than a random permutation comes to it; rare ones to within some manifolds."""
    hodge, stratified = cicy4[1], split_indices(stratify=True)
    kinds = [hodge[:, 1] > 0, hodge[:, 0] == 3, hodge[:, 2] > 100, hodge[:, 1] == 4]
    for kind in kinds:
        for name, places in split_indices().items():
            expected = kind.mean() * len(places)
            assert abs(kind[stratified[name]].sum() - expected) < max(12, expected**0.5 / 3)


def test_euler_numbers_and_cohomology_belong_to_the_matrices():
    X = np.load(SPLITS / "conf_Xvalid.npy")[:300]
    euler = np.load(SPLITS / "euler_valid.npy")[:300]
    assert euler.tolist() == [euler_number(unpad(q)) for q in X]
    cohomology = np.load(SPLITS / "cohomology_valid.npy")[:300]
    assert cohomology.dtype == np.int16 and cohomology.shape == (300, 60)
    by_place = cohomology.reshape(300, 20, 3)
    assert not by_place[~X.any(axis=1)].any()  # where there is no equation


def test_cohomology_of_the_equations_gives_the_hodge_numbers(cicy4):
    """h^q of the normal bundle, by the Euler sequence (arXiv:1405.2073, section 2)."""
    few = cicy4[0][::20_000]
    sums = equation_cohomology(few).sum(axis=1, dtype=int)
    for q, (h0, h1, h2) in zip(map(unpad, few), sums, strict=True):
        # The sextic: 426 deformations are 462 - 1 sections less 35 reparametrisations.
        if q.tolist() == [[6]]:
            assert (h0, h1, h2) == (461, 0, 0)
        h11, h21, _ = tangent_cohomology(q)
        rows = len(q)
        assert (h1 > 0) == (h21 > 0)
        assert h11 >= rows and (h2 > 0) == (h11 > rows)


def test_public_files_become_the_same_splits(public_files, small_splits):
    for name, (X, y) in load_splits(small_splits).items():
        assert (X.dtype, y.dtype) == (np.uint8, np.int16)
        public = np.rint(6 * np.load(public_files / f"conf_X{name}.npy")[..., 0])
        assert np.array_equal(canonical(X), canonical(public))
        assert np.array_equal(y, np.load(public_files / f"hodge_y{name}.npy"))


def test_the_manifest_tells_what_there_is(small_splits):
    manifest = read_manifest(small_splits)
    assert {"train": 4096, "valid": 512, "test": 512} == {
        name: manifest["files"][f"conf_X{name}.npy"]["count"] for name in SPLIT_SIZES
    }
    for file, known in manifest["files"].items():
        assert known["sha256"] == sha256(small_splits / file)
    assert {*manifest["files"], "manifest.json"} == {p.name for p in small_splits.iterdir()}


def test_what_another_version_wrote_is_written_anew(small_splits, tmp_path, monkeypatch):
    folder = shutil.copytree(small_splits, tmp_path / "splits")
    assert up_to_date(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": 1}))
    assert not up_to_date(folder)
    with pytest.raises(ValueError, match="another version"):
        load_splits(folder)
    (folder / "manifest.json").unlink()
    assert not up_to_date(folder)
    with pytest.raises(FileNotFoundError, match="python -m cicy4 splits --from"):
        load_splits(folder)
    calls = []
    monkeypatch.setattr(module, "SPLITS", folder)
    monkeypatch.setattr(module, "write_splits", lambda *a: calls.append(a) or restore(folder))

    def restore(folder):
        (folder / "manifest.json").write_text(json.dumps(manifest))

    load_splits(folder)
    assert calls == [(folder,)]


@pytest.mark.parametrize("file", ["conf_Xtest.npy", "cohomology_train.npy"])
def test_missing_truncated_and_damaged_files_are_named(small_splits, tmp_path, file):
    folder = shutil.copytree(small_splits, tmp_path / "splits")
    (folder / file).write_bytes((folder / file).read_bytes()[:5000])
    with pytest.raises(ValueError, match=f"{file} is damaged"):
        load_splits(folder)
    whole = bytearray((small_splits / file).read_bytes())
    whole[-7] ^= 1
    (folder / file).write_bytes(whole)
    with pytest.raises(ValueError, match=f"{file} is damaged: its SHA-256"):
        load_splits(folder)
    (folder / file).unlink()
    with pytest.raises(FileNotFoundError, match=f"lacks {file}"):
        load_splits(folder)


def _damage(array):
    array[1, 0] += 1
    return array


def _with(value):
    def changed(array):
        array[7, 2, 3] = value
        return array

    return changed


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("conf_Xvalid.npy", lambda x: 0.9 * x, r"conf_Xvalid.npy: entry \(0, .* not from 0 to 255"),
        ("conf_Xvalid.npy", _with(np.nan), r"conf_Xvalid.npy: entry \(7, 2, 3\) is nan"),
        ("conf_Xvalid.npy", _with(np.inf), r"conf_Xvalid.npy: entry \(7, 2, 3\) is inf"),
        ("conf_Xvalid.npy", _with(-1 / 6), r"conf_Xvalid.npy: entry \(7, 2, 3\) is -1"),
        ("conf_Xvalid.npy", lambda x: x > 0, "conf_Xvalid.npy holds bool"),
        ("conf_Xvalid.npy", lambda x: x + 0j, "conf_Xvalid.npy holds complex"),
        ("conf_Xvalid.npy", lambda x: 0 * x, "matrix 0 of the batch is not a connected fourfold"),
        ("hodge_yvalid.npy", lambda y: 1e6 * y, r"hodge_yvalid.npy: entry \(0, 0\) is"),
        ("hodge_yvalid.npy", lambda y: y + 0.4, r"hodge_yvalid.npy: entry \(0, 0\) is"),
        ("conf_Xvalid.npy", lambda x: x[:-1], "shapes"),
        ("hodge_yvalid.npy", _damage, "hodge_yvalid.npy: the Hodge numbers of matrix 1 are not"),
        ("hodge_yvalid.npy", lambda y: y + np.eye(4)[0], "the Hodge numbers of matrix 0 are not"),
        (
            "hodge_yvalid.npy",
            lambda y: y[:, [0, 2, 1, 3]],
            "columns h11, h31, h21, h22, not h11, h21",
        ),
        ("hodge_yvalid.npy", None, "hodge_yvalid.npy is not an npy file"),
    ],
)
def test_bad_public_files_are_refused(public_files, tmp_path, file, change, message):
    source = shutil.copytree(public_files, tmp_path / "public")
    for name in SPLIT_SIZES:
        for stem in ("conf_X", "hodge_y"):
            path = source / f"{stem}{name}.npy"
            np.save(path, np.load(path)[:100])
    if change:
        np.save(source / file, change(np.load(source / file)))
    else:
        (source / file).write_bytes(b"\x93NUMPY and no more")
    with pytest.raises(ValueError, match=message):
        write_splits(tmp_path / "splits", source, progress=False)
    assert not up_to_date(tmp_path / "splits")


def test_degrees_as_floats_are_not_taken_for_sixths(public_files, tmp_path):
    conf, labels = (public_files / f"{stem}valid.npy" for stem in ("conf_X", "hodge_y"))
    np.save(tmp_path / "degrees.npy", np.rint(6 * np.load(conf)))
    expected, found = read_published(conf, labels), read_published(tmp_path / "degrees.npy", labels)
    assert np.array_equal(found[0], expected[0])


def test_a_write_that_fails_leaves_what_was_there(
    small_splits, public_files, tmp_path, monkeypatch
):
    folder = shutil.copytree(small_splits, tmp_path / "splits")
    killed, running = 2**30, os.getppid()
    for process in (killed, running):
        (folder / f".part-{process}-of-it").mkdir()
    before = {path.name: sha256(path) for path in folder.glob("*.*") if path.is_file()}
    save, calls = np.save, []

    def full_disk(path, array):
        calls.append(path)
        if len(calls) == 5:
            raise OSError(28, "No space left on device")
        save(path, array)

    monkeypatch.setattr(module.np, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_splits(folder, public_files, progress=False)
    (folder / f".part-{running}-of-it").rmdir()
    assert {path.name: sha256(path) for path in folder.iterdir()} == before
    load_splits(folder)


def test_orders_and_seeds_are_by_name_in_the_manifest(cicy4, tmp_path, monkeypatch):
    """The same matrices in other places and other splits; the command says what it wrote."""
    few = tuple(array[::2000] for array in cicy4)
    monkeypatch.setattr(module, "load_cicy4", lambda: few)
    sizes = {"train": 300, "valid": 50, "test": len(few[0]) - 350}
    monkeypatch.setattr(module, "SPLIT_SIZES", sizes)
    module._split_indices.cache_clear()
    folders = {seed: tmp_path / f"seed-{seed}" for seed in (1, 2)}
    for seed, folder in folders.items():
        words = ["splits", "--order", "canonical", "--seed", str(seed), "--to", str(folder)]
        assert main(words) == 0 and main(words) == 0  # the second time they are there
        manifest = read_manifest(folder)
        assert (manifest["order"], manifest["cut"]) == ("canonical", how_cut(seed=seed))
        X = np.concatenate([X for X, _ in load_splits(folder).values()])
        assert sorted(map(bytes, canonical(X))) == sorted(map(bytes, few[0]))
    one, other = (load_splits(folder)["train"][0] for folder in folders.values())
    assert not np.array_equal(one, other)
    assert main(["splits", "--order", "reading", "--seed", "1", "--to", str(folders[1])]) == 1
    module._split_indices.cache_clear()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--order", "canonical"], "need --to"),
        (["--seed", "1"], "need --to"),
        (
            ["--order", "sorted", "--to", "new"],
            "no order 'sorted'; there are connectivity, canonical, reading",
        ),
        (["--train", "0.3"], "need --to"),
        (["--stratify"], "need --to"),
        (["--train", "0.9", "--valid", "0.1", "--to", "new"], "0 for the test: each needs some"),
        (["--valid", "0", "--to", "new"], "0 for validation and"),
        (["--fold", "1/5", "--train", "0.75", "--to", "new"], "there are 905,684"),
        (["--fold", "6/5", "--to", "new"], "no fold '6/5'; the second of five is 2/5"),
        (["--fold", "2", "--to", "new"], "no fold '2'"),
        (["--from", ".", "--to", "new", "--seed", "1"], "--seed: its files are cut already"),
        (["--from", ".", "--to", "."], "the same folder"),
        (["--from", "."], "need --to"),
    ],
)
def test_splits_that_make_no_sense_are_refused(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["splits", *words]) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
