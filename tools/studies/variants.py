"""The table of studies: what each run has that its notebook has not.

A study is a list of variants of training notebooks, each run with several seeds and compared on the
validation split.  :mod:`tools.studies.run` makes the runs, :mod:`tools.studies.results` reads what
they came to.
"""

from dataclasses import dataclass, field, replace

from tools.studies.cuts import BY_SIZE, CUTS
from tools.studies.orders import ORDERS

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
        cut: of the splits, a key of :data:`tools.studies.cuts.CUTS`.
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


def ablation() -> list[Variant]:
    """From the published input and recipe to ours, one change a step; and ours without one part.

    Three steps are in the study of orders: see
    :func:`tools.studies.results.ablation_steps`.
    """
    bare = SMALL | {"COHOMOLOGY": 0, "OVERSAMPLING": 0}
    up = {f"AdamW-{rate}": (bare, (DEGREES, adamw(rate), HUBER)) for rate in (1e-3, 3e-3, 1e-2)}
    up |= {
        "weighted-loss": (bare, (DEGREES, adamw(1e-2))),  # the rate with the least weighted error
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
    """Steps of the ablation after 24 epochs."""
    known = {variant.name: variant for variant in (*orders(), *ablation())}
    return [
        replace(known[name], parameters=known[name].parameters | {"EPOCHS": 24}, seeds=(1,))
        for name in ("AdamW-0.01", "canonical", "no-Muon")
    ]


def learning() -> list[Variant]:
    """A part of the list for training, in per cent."""
    longer = SMALL | {"EPOCHS": 12}
    return [
        Variant(f"{order}-{part:g}", order, longer | {"SHARE": part / TRAINING_SPLIT}, seeds=seeds)
        for order, seeds in (("connectivity", (1, 2, 3)), ("canonical", (1,)))
        for part in (2.5, 5, 10, 20, 30, 50, TRAINING_SPLIT)
    ]


def out_of_distribution() -> list[Variant]:
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
    """CNN-LSTM-256 of its notebook on the published input, a leaky order, and less of the list.

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
    for study in (orders, rates, widths, ablation, longer, control, learning, out_of_distribution)
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
