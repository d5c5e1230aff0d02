"""What fine-tuning is worth on chest X-rays: a start that knew other images, few labels, less that learns.

    edgeline bench finetuning --json -p data.path=pneumoniamnist.npz -p pretrained.weights=resnet20-cifar10.safetensors

The data are PneumoniaMNIST (28 x 28, its own train, validation and test sets, nothing left out); the
start is a ResNet-20 that was taught CIFAR-10. Said beforehand: the settings below, the threshold 0.5,
and that the probabilities of an X-ray and of its mirror image are averaged. The test set is not dealt
as the others are: what is better on validation may be worse there.
Published for 28 x 28: Google AutoML Vision AUC 0.991 and accuracy 0.946, ResNet-18 0.944 and 0.854
(Yang et al., MedMNIST v2, Scientific Data 10:41, 2023).
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from edgeline import metrics
from edgeline.datasets import raw
from edgeline.datasets.items import Items
from edgeline.errors import RecipeError
from edgeline.finetuning.evaluate import Values, answers
from edgeline.finetuning.finetune import train_from_scratch, tune
from edgeline.finetuning.interpolate import sweep
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint
from edgeline.models.pretrained import load_weights
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data
from edgeline.recipe.finetune import Finetune
from edgeline.sources.fetch import fetch

ROOT = Path(__file__).parents[1]
NEEDED = ("data.path", "pretrained.weights")
POLICY = "radiograph"
SEEDS = (0, 1, 2)
SETTINGS = Finetune(
    epochs=8,
    batch_size=64,
    optimiser="adamw",
    learning_rate=0.002,
    weight_decay=0.01,
    class_weights=True,
    label_smoothing=0.05,
)
# Fewer labels are seen more often, so that there is something to learn from.
EPOCHS = {"1 %": 60, "10 %": 30, "100 %": 8}
SHARES = {"1 %": 0.01, "10 %": 0.1, "100 %": 1.0}
METHODS = ("full", "lora", "bias", "probe")
FEW = "10 %"
"""Labels with which methods are compared and the way back to the start is walked."""

Run: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """The sets, and the network that knows other images."""

    train: Items
    validation: Items
    test: Items
    start: Checkpoint
    fresh: tuple[str, ...]
    """Weights that the start lacks: its head is for ten other classes."""


def measure(overrides: dict[str, str], short: bool = False) -> dict[str, object]:
    """Every figure; `short` takes a few items, one epoch and one seed, and means nothing."""
    begun = time.process_time()
    task = _task(overrides, short)
    seeds = SEEDS[:1] if short else SEEDS
    shares = (FEW, "100 %") if short else tuple(SHARES)
    runs = {
        (share, seed, method): _once(task, share, seed, method, short)
        for share in shares
        for seed in seeds
        for method in ("scratch", *(METHODS if share == FEW else METHODS[:1]))
    }
    return {
        "seeds": list(seeds),
        "test": len(task.test),
        "all_labels": _summary([runs["100 %", seed, "full"] for seed in seeds]),
        "labels": {
            share: _against_scratch(
                [runs[share, seed, "full"] for seed in seeds],
                [runs[share, seed, "scratch"] for seed in seeds],
            )
            for share in shares
        },
        "methods": {
            method: _summary([runs[FEW, seed, method] for seed in seeds]) for method in METHODS
        },
        "interpolation": {
            share: [runs[share, seed, "full"]["interpolation"] for seed in seeds]
            for share in shares
        },
        "cpu_seconds": round(time.process_time() - begun, 1),
    }


def _task(overrides: dict[str, str], short: bool) -> Task:
    if sorted(overrides) != sorted(NEEDED):
        raise RecipeError(
            expected=f"-p {'=FILE -p '.join(NEEDED)}=FILE",
            found=f"-p {' -p '.join(overrides)}" if overrides else "neither",
            remedy="give the PneumoniaMNIST file, and the ResNet-20's weights, and nothing else",
        )
    path, weights = (Path(overrides[name]).absolute() for name in NEEDED)
    with TemporaryDirectory() as name:
        folder = Path(name)
        fetch(folder, Data(source="medmnist", path=str(path)), root=path.parent)
        whole = raw.read(folder / raw.RAW)
    sets = [_part(whole, name, short) for name in ("train", "validation", "test")]
    pixels = sets[0].values.astype(np.float64) / 255
    shape = (*pixels.shape[1:], 1)
    preprocessing = Preprocessing("image", shape, (float(pixels.mean()),), (float(pixels.std()),))
    spec = zoo.spec("resnet20", preprocessing.input_shape, len(whole.classes))
    state, loaded = load_weights(str(weights), spec, seed=0)
    return Task(*sets, Checkpoint(spec, preprocessing, state), loaded.fresh)


def _part(whole: raw.Raw, name: str, short: bool) -> Items:
    at = np.flatnonzero(whole.splits == name)
    return whole.items.take(at[:16] if short else at)


def _once(task: Task, share: str, seed: int, method: str, short: bool) -> Run:
    """One training and what it is worth on the test set."""
    print(f"{share} of labels, {method}, seed {seed}", file=sys.stderr, flush=True)
    few = task.train if short else _some(task.train, SHARES[share], seed)
    settings = SETTINGS.model_copy(
        update={
            "seed": seed,
            "epochs": 1 if short else EPOCHS[share],
            "batch_size": min(SETTINGS.batch_size, max(8, len(few) // 8)),
            "method": "full" if method == "scratch" else method,
        }
    )
    learning = (*few.examples, task.validation.examples, settings)
    begun = time.process_time()
    if method == "scratch":
        start = task.start
        made, _ = train_from_scratch(
            start.spec, start.preprocessing, *learning, augmentation=POLICY
        )
        return _worth(task, made, begun)
    tuned, _, learned = tune(task.start, *learning, augmentation=POLICY)
    measured = _worth(task, tuned, begun)
    made, swept = sweep(
        task.start,
        tuned,
        *learning[2],
        training_values=few.values,
        fresh=task.fresh,
    )
    return {
        **measured,
        "trained_share": learned.share,
        "interpolation": {
            **asdict(swept),
            "test_gain": _gain(task, made, tuned),
        },
    }


def _gain(task: Task, made: Checkpoint, tuned: Checkpoint) -> dict[str, object]:
    """Of the interpolated network over the tuned one, on the test set."""
    both = [mirrored(each, task.test.values) for each in (made, tuned)]
    return {
        name: asdict(metrics.paired_bootstrap(metric, *both, task.test.labels, seed=0))
        for name, metric in (("accuracy", metrics.accuracy), ("auc", metrics.auc))
    }


def _some(whole: Items, share: float, seed: int) -> Items:
    """That share of each class."""
    draw = np.random.default_rng(seed)
    members = [np.flatnonzero(whole.labels == label) for label in np.unique(whole.labels)]
    return whole.take(
        np.sort(
            np.concatenate(
                [draw.permutation(each)[: max(2, round(share * len(each)))] for each in members]
            )
        )
    )


def _worth(task: Task, made: Checkpoint, begun: float) -> Run:
    cpu = time.process_time() - begun
    return {
        "test": asdict(metrics.scores(mirrored(made, task.test.values), task.test.labels)),
        "validation": asdict(
            metrics.scores(mirrored(made, task.validation.values), task.validation.labels)
        ),
        "cpu_seconds": cpu,
    }


def mirrored(checkpoint: Checkpoint, values: Values) -> NDArray[np.float64]:
    """Logarithms of the mean probabilities of each X-ray and of its mirror image."""
    network = zoo.restore(checkpoint)
    inputs = torch.from_numpy(checkpoint.preprocessing(values))
    both = [metrics.softmax(answers(network, each)) for each in (inputs, inputs.flip(3))]
    logits: NDArray[np.float64] = np.log(np.mean(both, axis=0) + 1e-12)
    return logits


def _summary(runs: Sequence[Run]) -> dict[str, object]:
    """Means over the seeds with Student's intervals, and every seed's own figures."""
    told: dict[str, object] = {
        name: asdict(metrics.t_interval([run["test"][name] for run in runs]))
        for name in ("auc", "accuracy", "balanced_accuracy")
    }
    told["cpu_seconds"] = round(float(np.mean([run["cpu_seconds"] for run in runs])), 1)
    told["trained_share"] = runs[0].get("trained_share", 1.0)
    told["seeds"] = [{name: run[name] for name in ("test", "validation")} for run in runs]
    return told


def _against_scratch(tuned: Sequence[Run], scratch: Sequence[Run]) -> dict[str, object]:
    """Both, and what the start is worth seed by seed."""
    return {
        "pretrained": _summary(tuned),
        "scratch": _summary(scratch),
        "gain": {
            name: asdict(
                metrics.t_interval(
                    [a["test"][name] - b["test"][name] for a, b in zip(tuned, scratch, strict=True)]
                )
            )
            for name in ("auc", "accuracy")
        },
    }
