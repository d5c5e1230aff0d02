"""Learning a task from labels, from random or from pretrained weights."""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgeline.finetuning import losses, methods
from edgeline.finetuning.evaluate import Labels, Values, score
from edgeline.finetuning.interpolate import Sweep, sweep
from edgeline.finetuning.loop import Examples, OnEpoch, TrainReport, no_callback, train
from edgeline.finetuning.methods import MethodReport
from edgeline.metrics import Interval, t_interval
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.zoo import build, restore, snapshot
from edgeline.preprocess import Preprocessing
from edgeline.recipe.finetune import Finetune
from edgeline.recipe.training import Supervised


@dataclass(frozen=True)
class FinetuneReport:
    """What the labels added to a pretrained network, on validation data."""

    before: float
    """Accuracy of the pretrained network."""
    tuned: float
    """Accuracy after training, before interpolation."""
    after: float
    """Accuracy of the network that was kept."""
    training: TrainReport
    interpolation: Sweep
    learned: MethodReport
    """How much of the network learned."""
    seed: int
    """Of the network that was kept: the most accurate, and of equals the first."""
    seeds: tuple[float, ...]
    """`after` of every seed, from the first."""
    spread: Interval
    """Their mean, with Student's 95 % interval."""


@dataclass(frozen=True)
class _Run:
    """The fine-tuning of one seed."""

    seed: int
    checkpoint: Checkpoint
    training: TrainReport
    learned: MethodReport
    interpolation: Sweep


def train_from_scratch(
    spec: ModelSpec,
    preprocessing: Preprocessing,
    values: Values,
    labels: Labels,
    validation: tuple[Values, Labels],
    settings: Supervised,
    *,
    augmentation: str,
    folder: Path | None = None,
    on_epoch: OnEpoch = no_callback,
) -> tuple[Checkpoint, TrainReport]:
    """A network trained from random weights: pretraining, and the control of fine-tuning.

    A killed call is resumed from `folder`.
    """
    network, report = train(
        build(spec, settings.seed),
        Examples(preprocessing(values), labels),
        settings,
        losses.objective(settings, labels),
        augmentation=augmentation,
        validation=Examples(preprocessing(validation[0]), validation[1]),
        on_epoch=on_epoch,
        folder=folder,
    )
    return snapshot(network, spec, preprocessing), report


def finetune(
    pretrained: Checkpoint,
    values: Values,
    labels: Labels,
    validation: tuple[Values, Labels],
    settings: Finetune,
    *,
    augmentation: str,
    folder: Path | None = None,
    on_epoch: OnEpoch = no_callback,
    fresh: Collection[str] = (),
) -> tuple[Checkpoint, FinetuneReport]:
    """Train on the labels, then interpolate with the pretrained weights; the best of all seeds.

    `fresh` names weights that are random in the pretrained network, which are not interpolated. A
    killed call is resumed from `folder`.
    """
    # The files of every seed stay until all are done, so that a kill in the last costs no other.
    seeds = None if folder is None else folder / "seeds"
    runs = []
    for seed in range(settings.seed, settings.seed + settings.seeds):
        tuned, training, learned = tune(
            pretrained,
            values,
            labels,
            validation,
            settings.model_copy(update={"seed": seed}),
            augmentation=augmentation,
            folder=seeds,
            on_epoch=on_epoch,
        )
        chosen, swept = sweep(
            pretrained,
            tuned,
            *validation,
            training_values=values if settings.reestimate else None,
            fresh=fresh,
        )
        runs.append(_Run(seed, chosen, training, learned, swept))
    if seeds is not None:
        shutil.rmtree(seeds)
    best = max(runs, key=lambda run: run.interpolation.accuracy)
    return best.checkpoint, _report(best, runs, before=score(pretrained, *validation))


def tune(
    pretrained: Checkpoint,
    values: Values,
    labels: Labels,
    validation: tuple[Values, Labels],
    settings: Finetune,
    *,
    augmentation: str,
    folder: Path | None = None,
    on_epoch: OnEpoch = no_callback,
) -> tuple[Checkpoint, TrainReport, MethodReport]:
    """The pretrained network after one training by the method of the settings, not interpolated.

    A second call starts from the files that it leaves in `folder`.
    """
    preprocessing, network = pretrained.preprocessing, restore(pretrained)
    learned = methods.choose(network, settings)
    network, training = train(
        network,
        Examples(preprocessing(values), labels),
        settings,
        losses.objective(settings, labels),
        augmentation=augmentation,
        validation=Examples(preprocessing(validation[0]), validation[1]),
        on_epoch=on_epoch,
        folder=folder,
        keep_files=True,
    )
    tuned = snapshot(methods.merge(network), pretrained.spec, preprocessing)
    # Merging moves weights behind biases; a checkpoint has them in the network's order.
    state = {name: tuned.state[name] for name in pretrained.state}
    return replace(tuned, state=state), training, learned


def _report(best: _Run, runs: Sequence[_Run], before: float) -> FinetuneReport:
    """Of the best of these runs, and what the others reached."""
    accuracies = tuple(run.interpolation.accuracy for run in runs)
    return FinetuneReport(
        before=before,
        tuned=best.interpolation.curve[0][1],
        after=best.interpolation.accuracy,
        training=best.training,
        interpolation=best.interpolation,
        learned=best.learned,
        seed=best.seed,
        seeds=accuracies,
        spread=t_interval(accuracies),
    )
