"""What is a pretrained start worth when labels are few? Fine-tuned against from scratch, over seeds.

    python benchmarks/labels.py [--json]

Both get the same labels, settings and number of batches; only the first weights differ, and the
fine-tuned one may interpolate back. Each seed decides which images are labelled, the order of
batches and the control's first weights; accuracy is on 1,000 test images that neither has seen.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from edgeline.datasets import load_central, load_set
from edgeline.datasets.partition import partition
from edgeline.datasets.prepare import prepare
from edgeline.datasets.printed import render
from edgeline.finetuning.evaluate import score
from edgeline.finetuning.finetune import finetune, train_from_scratch
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data
from edgeline.recipe.finetune import Finetune
from edgeline.recipe.pretrained import Pretrained
from edgeline.sources.fetch import fetch

FORM = Preprocessing("image", (28, 28, 1), (0.1307,), (0.3081,))
LABELS = (50, 100)
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Pair:
    """Test accuracies of one seed."""

    tuned: float
    scratch: float


def measure(labels: Sequence[int] = LABELS, seeds: Sequence[int] = SEEDS) -> dict[str, object]:
    """Test accuracy with so many labels: every pair, and mean, least and most of each kind."""
    begun = time.process_time()
    pretrained = _pretrain(Pretrained(weights="printed"))
    rows = {}
    for many in labels:
        pairs = [
            _compare(pretrained, Data(source="digits", central=many, seed=seed), seed)
            for seed in seeds
        ]
        rows[str(many)] = {
            "pairs": [asdict(pair) for pair in pairs],
            "tuned": _spread([pair.tuned for pair in pairs]),
            "scratch": _spread([pair.scratch for pair in pairs]),
            "gain": _spread([pair.tuned - pair.scratch for pair in pairs]),
        }
    return {
        "seeds": list(seeds),
        "labels": rows,
        "cpu_seconds": round(time.process_time() - begun, 1),
    }


def _pretrain(settings: Pretrained) -> Checkpoint:
    checkpoint, _ = train_from_scratch(
        zoo.spec(settings.architecture, FORM.input_shape, 10, settings.widths),
        FORM,
        *render(settings.items, FORM.shape[0], settings.seed),
        render(500, FORM.shape[0], settings.seed + 1),
        settings,
        augmentation="pen",
    )
    return checkpoint


def _compare(pretrained: Checkpoint, data: Data, seed: int) -> Pair:
    with TemporaryDirectory() as name:
        folder = Path(name)
        fetch(folder, data)
        prepare(folder, data)
        partition(folder, data)
        owned = load_central(folder).examples
        validation, test = (load_set(folder, name).examples for name in ("validation", "test"))
    settings = Finetune(seed=seed)
    tuned, _ = finetune(pretrained, *owned, validation, settings, augmentation="pen")
    scratch, _ = train_from_scratch(
        pretrained.spec, FORM, *owned, validation, settings, augmentation="pen"
    )
    return Pair(score(tuned, *test), score(scratch, *test))


def _spread(values: list[float]) -> dict[str, float]:
    summary = {"mean": mean(values), "least": min(values), "most": max(values)}
    return {name: round(value, 4) for name, value in summary.items()}


def _print_table(result: dict[str, object]) -> None:
    print(f"{'labels':>6}  {'fine-tuned':>22}  {'from scratch':>22}  {'gain':>22}")
    rows = result["labels"]
    assert isinstance(rows, dict)
    for many, row in rows.items():
        cells = [
            f"{row[kind]['mean']:.3f} ({row[kind]['least']:.3f} .. {row[kind]['most']:.3f})"
            for kind in ("tuned", "scratch", "gain")
        ]
        print(f"{many:>6}  " + "  ".join(f"{cell:>22}" for cell in cells))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    as_json = parser.parse_args().json
    measured = measure()
    print(json.dumps(measured)) if as_json else _print_table(measured)
