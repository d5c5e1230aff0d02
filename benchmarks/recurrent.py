"""Which recurrent network hears best who is speaking: a plain one, an LSTM or a GRU, over seeds?

    edgeline bench recurrent --json [-p finetune.epochs=60]

The data are Japanese Vowels with its own 270 training and 370 test items, all labels, nothing left
out; settings are those of the recipe `voice`, which were chosen on training items alone: five folds,
each a stretch of every speaker's recordings. The three differ in their cell only; a seed decides the
first weights, the order of items and their changes. The last epoch's network is measured. Beside
them: logistic regression on the mean of each channel.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeline.datasets import raw
from edgeline.datasets.items import Items
from edgeline.datasets.profile import moments
from edgeline.finetuning.baseline import baseline
from edgeline.finetuning.evaluate import score
from edgeline.finetuning.finetune import train_from_scratch
from edgeline.metrics import Interval, t_interval
from edgeline.models import zoo
from edgeline.models.checkpoint import ModelSpec
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data
from edgeline.recipe.load import load
from edgeline.recipe.recipe import Recipe
from edgeline.sources.fetch import fetch

ROOT = Path(__file__).parents[1]
CELLS = ("rnn", "lstm", "gru")
SEEDS = "5"


def measure(overrides: dict[str, str]) -> dict[str, object]:
    """Test accuracies by seed, means with 95 % intervals, and who wins by how much.

    `overrides` are keys of the recipe `voice`: `finetune.*`, `pretrained.widths` and
    `data.augmentation` count; `finetune.seeds` says how many seeds, else 5.
    """
    begun = time.process_time()
    recipe = load(ROOT, "voice", {"finetune.seeds": SEEDS, **overrides}).recipe
    learned, test = _sets(recipe.data)
    plain = baseline(*learned.examples, *test.examples, "series")
    accuracies = {cell: _accuracies(cell, recipe, learned, test) for cell in CELLS}
    networks = {
        cell: {
            "by_seed": [round(value, 4) for value in found],
            "test": _rounded(t_interval(found)),
            "weights": zoo.count_weights(_spec(cell, recipe, learned)),
        }
        for cell, found in accuracies.items()
    }
    return {
        "train": len(learned),
        "test": len(test),
        "networks": networks,
        "logistic_regression": round(plain.linear.accuracy, 4),
        "trivial_rule": round(plain.trivial.accuracy, 4),
        "best": _best(accuracies, plain.linear.accuracy),
        "cpu_seconds": round(time.process_time() - begun, 1),
    }


def _sets(settings: Data) -> tuple[Items, Items]:
    """The source's own training and test items, all of them."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        fetch(folder, settings, root=ROOT)
        given = raw.read(folder / raw.RAW)
    return given.items.take(given.splits == "train"), given.items.take(given.splits == "test")


def _accuracies(cell: str, recipe: Recipe, learned: Items, test: Items) -> list[float]:
    """On the test set, of one network for each seed."""
    settings = recipe.finetune
    shape = learned.values.shape[1:]
    preprocessing = Preprocessing("series", shape, *moments(learned.values, "series"))
    watched = learned.take(slice(0, 1)).examples  # with no patience it decides nothing
    found = []
    for seed in range(settings.seed, settings.seed + settings.seeds):
        network, _ = train_from_scratch(
            _spec(cell, recipe, learned),
            preprocessing,
            *learned.examples,
            watched,
            settings.model_copy(update={"seed": seed}),
            augmentation=recipe.data.augmentation,
        )
        found.append(score(network, *test.examples))
        print(f"{cell}, seed {seed}: {found[-1]:.4f}", file=sys.stderr)
    return found


def _spec(cell: str, recipe: Recipe, learned: Items) -> ModelSpec:
    classes = int(learned.labels.max()) + 1
    return zoo.spec(cell, learned.values.shape[1:], classes, recipe.pretrained.widths)


def _best(accuracies: dict[str, list[float]], regression: float) -> dict[str, object]:
    """The highest mean, and its lead over the others, seed by seed; a lead is clear where its
    interval lies above zero, and those without a clear one between them share the first place."""
    means = {cell: round(t_interval(found).estimate, 9) for cell, found in accuracies.items()}
    first, *others = sorted(means, key=means.__getitem__, reverse=True)
    leads = {
        other: t_interval(
            [a - b for a, b in zip(accuracies[first], accuracies[other], strict=True)]
        )
        for other in others
    }
    leads["logistic_regression"] = t_interval([a - regression for a in accuracies[first]])
    return {
        "cell": first,
        "shared_with": [cell for cell in others if leads[cell].low <= 0],
        "lead": {
            name: {**_rounded(lead), "clear": bool(lead.low > 0)} for name, lead in leads.items()
        },
    }


def _rounded(interval: Interval) -> dict[str, float]:
    return {name: round(getattr(interval, name), 4) for name in ("estimate", "low", "high")}
