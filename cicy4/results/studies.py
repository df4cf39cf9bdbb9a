"""The table of studies: what each run has that its notebook has not.

A study is a list of variants of training notebooks, each run with several seeds and compared on the
validation split.  :mod:`cicy4.notebooks.study` makes the runs; their records and histories are in
``Results_p3_Studies/STUDY/``, named by variant and seed.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cicy4.data.cuts import BY_SIZE, CUTS
from cicy4.data.order import ORDERS
from cicy4.files import ROOT, read_json
from cicy4.networks.rounding import HODGE
from cicy4.results.published import PUBLISHED
from cicy4.results.records import read_records

STUDIED = ROOT / "Results_p3_Studies"
SMALL = {"NAME": "LSTM-128", "WIDTH": 128, "EPOCHS": 5, "BATCH": 256, "RATE": 0.08}
LARGE_BATCH = SMALL | {"EPOCHS": 12, "BATCH": 512}
TRAINING_SPLIT = 72  # per cent of the list


@dataclass(frozen=True)
class Variant:
    """A training notebook with something else in it.

    Attributes:
        name: of the variant in its study.
        order: of the rows and columns that it reads, a key of ``ORDERS``.
        parameters: of the notebook that differ.
        edits: texts of the notebook, each found once, and what stands there instead.
        cut: of the splits, a key of :data:`cicy4.data.cuts.CUTS`.
        seeds: of its runs, one a run.
        notebook: stem of the notebook.
        test: whether its network is scored on the test and training splits, too.
    """

    name: str
    order: str = "connectivity"
    parameters: dict = field(default_factory=dict)
    edits: tuple[tuple[str, str], ...] = ()
    cut: str = ""
    seeds: tuple[int, ...] = (1, 2, 3)
    notebook: str = "lstm-448"
    test: bool = False


def orders() -> list[Variant]:
    """Orders after five epochs; the best, and what is close to it, after 24 and at full width."""
    variants = [Variant(order, order, SMALL) for order in ORDERS]
    longer = SMALL | {"EPOCHS": 24}
    best = ("connectivity", "reading")
    variants += [Variant(f"{n}-24-epochs", n, longer) for n in best]
    whole = {"NAME": "LSTM-448", "WIDTH": 448, "EPOCHS": 240, "BATCH": 512, "RATE": 0.08}
    return [*variants, Variant("LSTM-448-reading", "reading", whole, seeds=(11,), test=True)]


def rates() -> list[Variant]:
    """Three rates for each cell, the best of them with three seeds."""
    tried = {"LSTM": (0.04, 0.055, 0.08), "GRU": (0.03, 0.055, 0.08)}
    best = {"LSTM": 0.08, "GRU": 0.055}
    return [
        Variant(
            f"{cell}-{rate}",
            parameters=LARGE_BATCH | {"NAME": f"{cell}-128", "CELL": cell, "RATE": rate},
            seeds=(1, 2, 3) if rate == best[cell] else (1,),
        )
        for cell, rates in tried.items()
        for rate in rates
    ]


def widths() -> list[Variant]:
    """Wider LSTMs in runs like those of the study of rates."""
    return [
        Variant(f"LSTM-{w}", parameters=LARGE_BATCH | {"NAME": f"LSTM-{w}", "WIDTH": w}, seeds=(1,))
        for w in (256, 448)
    ]


def ladder() -> list[Variant]:
    """From the published input and recipe up, and from the recipe here down, one change a rung.

    Three rungs are in the study of orders: see :func:`rungs`.
    """
    bare = SMALL | {"COHOMOLOGY": 0, "OVERSAMPLING": 0}
    up = {f"AdamW-{rate}": (bare, (DEGREES, adamw(rate), HUBER)) for rate in (1e-3, 3e-3, 1e-2)}
    up |= {
        "weighted-loss": (bare, (DEGREES, adamw(3e-3))),
        "Muon": (bare, (DEGREES,)),
        "logarithms": (bare, ()),
        "second-output": (bare | {"COHOMOLOGY": 0.3}, ()),
    }
    down = {
        "no-logarithms": (SMALL, (DEGREES,)),
        "no-second-output": (SMALL | {"COHOMOLOGY": 0}, ()),
        "no-oversampling": (SMALL | {"OVERSAMPLING": 0}, ()),
        "no-weights-in-the-loss": (SMALL, (HUBER,)),
        "no-Muon": (SMALL, ADAMW_FALLING),
        "no-gates-in-Muon": (SMALL, (('{"LSTM": 4, "GRU": 3}.get(CELL, 1)', "1"),)),
        # With seed 2 its loss rises by a half, and the notebook stops.
        "no-decay-of-the-rate": (SMALL, (CONSTANT_RATE,), "", (1, 3)),
    }
    return [Variant(name, "canonical", *change) for name, change in up.items()] + [
        Variant(name, "connectivity", *change) for name, change in down.items()
    ]


DEGREES = (
    'np.log(table).astype("float32")[matrices.sum(axis=2)[..., None], matrices]',
    '(matrices / 6).astype("float32")',
)
CONSTANT_RATE = ("EPOCHS * STEPS, 0.0)", "EPOCHS * STEPS, RATE)")
HUBER = ('loss={"hodge": hodge_error', 'loss={"hodge": keras.losses.Huber()')


def adamw(rate) -> tuple[str, str]:
    """AdamW with a rate, or a schedule, instead of Muon and Adam."""
    muon = "GateMuon(decay, exclude_layers=[no_kernel_of_a_cell], **muon, **adam)"
    return muon, f"keras.optimizers.AdamW({rate})"


ADAMW_FALLING = (adamw("decay"), ("Decay(RATE", "Decay(3e-3"))


def longer() -> list[Variant]:
    """Rungs of the ladder after 24 epochs; see :func:`after_24_epochs`."""
    known = {variant.name: variant for variant in (*orders(), *ladder())}
    return [
        replace(known[name], parameters=known[name].parameters | {"EPOCHS": 24}, seeds=(1,))
        for name in ("AdamW-0.003", "canonical", "no-Muon")
    ]


def learning() -> list[Variant]:
    """A part of the list for training, in per cent."""
    longer = SMALL | {"EPOCHS": 12}
    return [
        Variant(f"{order}-{part:g}", order, longer | {"SHARE": part / TRAINING_SPLIT}, seeds=seeds)
        for order, seeds in (("connectivity", (1, 2, 3)), ("canonical", (1,)))
        for part in (2.5, 5, 10, 20, 30, 50, TRAINING_SPLIT)
    ]


def elsewhere() -> list[Variant]:
    """Other manifolds than in training: more rows or fewer, larger h31 or smaller, no relatives.

    Then small matrices that training has more often.  The last two are worth so little that they
    need several seeds.
    """
    longer = SMALL | {"EPOCHS": 12}
    by_size = {cut.__name__ for cut in BY_SIZE}
    seeds = {cut: (1,) if cut.removesuffix("_control") in by_size else (1, 2, 3) for cut in CUTS}
    return [
        Variant(cut.replace("_", "-"), cut=cut, parameters=longer, seeds=seeds[cut]) for cut in CUTS
    ]


def control() -> list[Variant]:
    """CNN-LSTM-256 of its notebook on the published input, told more, and on less of the list.

    AdamW comes with the published loss, and its rate falls to zero, too.  The last are the network
    of the repository with other seeds.
    """
    whole = {"NAME": "CNN-LSTM-256", "EPOCHS": 60, "BATCH": 512, "RATE": 0.08}
    bare = whole | {"COHOMOLOGY": 0, "OVERSAMPLING": 0}
    variants = (
        Variant("published-input-AdamW", "canonical", bare, (DEGREES, *ADAMW_FALLING, HUBER)),
        Variant("published-input", "canonical", bare, (DEGREES,)),
        Variant("reading", "reading", whole),
        Variant("connectivity-30", parameters=whole | {"SHARE": 30 / TRAINING_SPLIT}),
        Variant("connectivity", parameters=whole),
    )
    seeds = {"connectivity": (1, 2)}
    common = {"notebook": "cnn-lstm-256", "test": True}
    return [replace(v, seeds=seeds.get(v.name, (1,)), **common) for v in variants]


STUDIES = {
    study.__name__: study()
    for study in (orders, rates, widths, ladder, longer, control, learning, elsewhere)
}


def runs(study) -> dict:
    """Variant and seed of each run of a study, by the name of the run; all first seeds come first.

    Raises:
        ValueError: no such study.
    """
    if study not in STUDIES:
        raise ValueError(f"no study {study!r}; there are {', '.join(STUDIES)}")
    variants = STUDIES[study]
    seeds = sorted({seed for variant in variants for seed in variant.seeds})
    return {
        f"{variant.name}-{seed}": (variant, seed)
        for seed in seeds
        for variant in variants
        if seed in variant.seeds
    }


def read_runs(study, folder=None) -> dict:
    """Records of the runs of a study that are there, by name.

    Args:
        study: its name.
        folder: of the studies, by default that of the repository.

    Raises:
        ValueError: no such study, or a record of something else than the table says now.
    """
    found = {}
    for name, (variant, seed) in runs(study).items():
        path = Path(folder or STUDIED, study, f"{name}.json")
        if path.exists():
            found[name] = record = read_json(path)
            if not record_of(record, variant, seed):
                raise ValueError(f"{path} is of another variant than the table has: remove it")
    return found


def record_of(record, variant, seed) -> bool:
    """Whether a record is of a run of a variant with a seed."""
    told = record["parameters"]
    return (
        all(told[key] == value for key, value in (variant.parameters | {"SEED": seed}).items())
        and record["splits"]["order"] == variant.order
        and (record["edits"], record.get("cut", ""))
        == (list(map(list, variant.edits)), variant.cut)
        and (record["notebook"], "test" in record) == (variant.notebook, variant.test)
    )


def scores(study) -> pd.DataFrame:
    """What the runs of a study that are there came to on the validation split.

    Returns:
        a line a run, with columns ``variant``, ``seed``, ``samples``, ``weighted`` (the loss), and
        per cent right: h11, h21, h31, h22, and ``Euler``, all four with the Euler number.
    """
    lines, known = [], runs(study)
    for name, record in read_runs(study).items():
        variant, seed = known[name]
        valid = record["validation"]
        weighted = sum(w * e for w, e in zip((1, 1, 0.25, 0.0625), valid["mae"], strict=True))
        line = {"variant": variant.name, "seed": seed, "samples": record["samples"]}
        lines.append(line | {"weighted": weighted} | _per_cent(valid))
    return pd.DataFrame(lines)


def _per_cent(scored):
    """What is right of a split: each Hodge number, and all four with the Euler number."""
    right = {h: 100 * scored["accuracy"][h] for h in HODGE}
    return right | {"Euler": 100 * scored["accuracy_with_euler"]["all"]}


def read_baselines() -> dict:
    """What :mod:`cicy4.results.baselines` found."""
    return read_json(STUDIED / "baselines.json")


def read_insides() -> dict:
    """What :mod:`cicy4.results.insides` measured of a trained network."""
    return read_json(STUDIED / "insides.json")


def rungs() -> pd.DataFrame:
    """Scores of the ladder, from the published input and recipe up; see :func:`scores`.

    A rung keeps what is below it.  The last three are runs of the study of orders.
    """
    last = {"canonical": "oversampling", "connectivity": "connectivity", "reading": "reading"}
    return pd.concat([_of_the_ladder("canonical"), _of_orders(last)])


def one_less() -> pd.DataFrame:
    """Scores of the recipe with connectivity, whole and without one part; see :func:`scores`."""
    whole = _of_orders({"connectivity": "whole recipe"})
    return pd.concat([whole, _of_the_ladder("connectivity")])


def _of_the_ladder(order):
    found, read = scores("ladder"), {variant.name: variant.order for variant in STUDIES["ladder"]}
    return found[found["variant"].map(read) == order]


def after_24_epochs() -> pd.DataFrame:
    """Scores of the rungs that matter in longer runs; see :func:`scores`."""
    last = {f"{order}-24-epochs": order for order in ("connectivity", "reading")}
    return pd.concat([scores("longer"), _of_orders(last)])


def learning_curve() -> pd.DataFrame:
    """Means over seeds for each order and part of the list in training.

    Returns:
        columns ``order``, ``part`` (of the list, per cent), and those of :func:`table`.
    """
    found, variants = table(scores("learning")), {v.name: v for v in STUDIES["learning"]}
    order = [variants[name].order for name in found.index]
    shares = [variants[name].parameters["SHARE"] for name in found.index]
    part = [round(TRAINING_SPLIT * share, 1) for share in shares]
    return found.assign(order=order, part=part).reset_index(drop=True)


def power_laws(curve) -> dict:
    """Exponent and factor of ``error = factor * part ** exponent`` from 10 per cent on, by order.

    Lines through the logarithms of the weighted errors, where there are several.

    Args:
        curve: see :func:`learning_curve`.
    """
    large = curve[curve["part"] >= 10]
    found = {}
    for order, points in large.groupby("order"):
        if len(points) > 1:
            line = np.polyfit(np.log(points["part"]), np.log(points["weighted"]), 1)
            found[order] = (float(line[0]), float(np.exp(line[1])))
    return found


def at_scale() -> pd.DataFrame:
    """Per cent right on the test split of CNN-LSTM-256: published, and after 9.8 million samples.

    Returns:
        a line for each variant of the study of controls, *connectivity* with the network of the
        repository; columns ``seeds``, and means over these: h11, h21, h31, h22, ``Euler`` (all four
        with the Euler number), and ``h22 in training``.
    """
    name, known = "CNN-LSTM-256", runs("control")
    records = [(known[run][0].name, record) for run, record in read_runs("control").items()]
    records.append(("connectivity", read_records()[name]))
    lines = [{"variant": "published", **dict(zip(HODGE, PUBLISHED[name], strict=True))}]
    for variant, record in records:
        remembered = _per_cent(record["training"])["h22"]
        lines.append(
            {"variant": variant} | _per_cent(record["test"]) | {"h22 in training": remembered}
        )
    return _means(pd.DataFrame(lines))


def beside_controls() -> pd.DataFrame:
    """Per cent right of h31, h22 and with the Euler number for each cut, and for its control."""
    found = table(scores("elsewhere"))[["h21", "h31", "h22", "Euler"]]
    control = found.index.str.endswith("-control")
    after_all = found[control].rename(index=lambda name: name.removesuffix("-control"))
    return found[~control].join(after_all.add_suffix(", control"))


def _of_orders(names):
    found = scores("orders")
    chosen = [found[found["variant"] == name].assign(variant=new) for name, new in names.items()]
    return pd.concat(chosen)


def read_probes() -> dict:
    """What :mod:`cicy4.results.probes` read off states, by network."""
    return read_json(STUDIED / "probes.json")


def table(scores) -> pd.DataFrame:
    """Means over the seeds, and standard errors of them, a line a variant; see :func:`scores`."""
    means = _means(scores.drop(columns="seed"))
    means.insert(3, "±", scores.groupby("variant")["weighted"].sem())
    return means


def _means(lines):
    """Number of lines of each variant, and means of their columns, in the order of the lines."""
    found = lines.groupby("variant", sort=False)
    means = found.mean()
    means.insert(0, "seeds", found.size())
    return means
