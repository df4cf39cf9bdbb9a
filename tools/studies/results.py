"""What the runs of studies came to: their records, tables of scores, curves.

Records and histories are in ``Results_p3_Studies/STUDY/``, named by variant and seed.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from cicy4.files import ROOT, read_json
from cicy4.networks.rounding import HODGE
from tools.published import PUBLISHED
from tools.records import read_records
from tools.studies.variants import STUDIES, TRAINING_SPLIT, runs

STUDIED = ROOT / "Results_p3_Studies"


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
    """What :mod:`tools.studies.baselines` found."""
    return read_json(STUDIED / "baselines.json")


def read_analysis() -> dict:
    """What :mod:`tools.studies.analysis` measured of a trained network."""
    return read_json(STUDIED / "analysis.json")


def ablation_steps() -> pd.DataFrame:
    """Scores of the ablation, from the published input and recipe to ours; see :func:`scores`.

    A step keeps what came before it.  The last three are runs of the study of orders.
    """
    last = {"canonical": "oversampling", "connectivity": "connectivity", "reading": "reading"}
    return pd.concat([_of_the_ablation("canonical"), _of_orders(last)])


def leave_one_out() -> pd.DataFrame:
    """Scores of the recipe with connectivity, whole and without one part; see :func:`scores`."""
    whole = _of_orders({"connectivity": "whole recipe"})
    return pd.concat([whole, _of_the_ablation("connectivity")])


def _of_the_ablation(order):
    found, read = (
        scores("ablation"),
        {variant.name: variant.order for variant in STUDIES["ablation"]},
    )
    return found[found["variant"].map(read) == order]


def after_24_epochs() -> pd.DataFrame:
    """Scores of the steps that matter in longer runs; see :func:`scores`."""
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
    found = table(scores("out_of_distribution"))[["h21", "h31", "h22", "Euler"]]
    control = found.index.str.endswith("-control")
    after_all = found[control].rename(index=lambda name: name.removesuffix("-control"))
    return found[~control].join(after_all.add_suffix(", control"))


def _of_orders(names):
    found = scores("orders")
    chosen = [found[found["variant"] == name].assign(variant=new) for name, new in names.items()]
    return pd.concat(chosen)


def read_probes() -> dict:
    """What :mod:`tools.studies.probes` read off states, by network."""
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
