"""Compare recipes on a narrow network before spending hours on a wide one."""

import tempfile
from dataclasses import fields

from cicy4.cpu import fast_on_cpu
from cicy4.dataset import load_splits
from cicy4.inference import model_scores
from cicy4.queue import recipe_for
from cicy4.splitting import with_splittings
from cicy4.training import Recipe, train


def compare(changes: dict, samples=450_000, model="LSTM-128", matrices=None) -> str:
    """Train a network with a changed recipe, and look at the validation split.

    Args:
        changes: fields of :class:`Recipe`, but not ``epochs`` and what concerns a start, and
            their values.
        samples: how many to see, rounded up to whole epochs.
        model: its name; see ``architecture``.
        matrices: how many of the training split to train on, all by default; with few, the
            network sees each as often as in a long run.

    Returns:
        a line of a Markdown table: the changes, then the mean absolute errors, raw
        accuracies of h11 and h21, and the share of manifolds wholly right with the Euler
        number.

    Raises:
        ValueError: no such field can be changed, or no such architecture.
    """
    known = {field.name for field in fields(Recipe)} - {"epochs", "start", "start_share", "partner"}
    if not set(changes) <= known:
        raise ValueError(f"what can be changed is {', '.join(sorted(known))}")
    splits = load_splits()
    splits["train"] = tuple(array[:matrices] for array in splits["train"])
    recipe = recipe_for(samples, training_samples=len(splits["train"][0]), **changes)
    splits = with_splittings(splits, recipe, progress=False)
    with tempfile.TemporaryDirectory() as directory:
        trained, _ = train(model, splits, recipe, directory, fast_on_cpu(), verbose=0)
    scores = model_scores(trained, splits["valid"])
    label = ", ".join(f"{key} {value:g}" for key, value in changes.items()) or "as adopted"
    mae = " | ".join(f"{value:.3f}" for value in scores["mae"])
    shares = [scores["accuracy"]["h11"], scores["accuracy"]["h21"]]
    shares.append(scores["accuracy_with_euler"]["all"])
    return f"| {label} | {mae} | " + " | ".join(f"{100 * s:.1f}" for s in shares) + " |"
