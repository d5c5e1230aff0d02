"""Learning a task from labels: from nothing, or from a network that knows something like it."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import nn

from edgeline.finetuning.evaluate import score
from edgeline.finetuning.interpolate import Sweep, sweep
from edgeline.finetuning.loop import Examples, OnEpoch, Training, TrainReport, nothing, train
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.zoo import build, restore
from edgeline.preprocess import Preprocessing

Images: TypeAlias = NDArray[np.uint8]
Labels: TypeAlias = NDArray[np.int64]


class SeededTraining(Training, Protocol):
    """The settings of one fine-tuning."""

    @property
    def seed(self) -> int: ...


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


def train_from_scratch(
    spec: ModelSpec,
    preprocessing: Preprocessing,
    images: Images,
    labels: Labels,
    validation: tuple[Images, Labels],
    settings: Training,
    seed: int,
    on_epoch: OnEpoch = nothing,
) -> tuple[Checkpoint, TrainReport]:
    """A network from its seeded beginning: pretraining, and the control to beat."""
    network, report = train(
        build(spec, seed),
        Examples(preprocessing(images), labels),
        settings,
        seed=seed,
        validation=Examples(preprocessing(validation[0]), validation[1]),
        on_epoch=on_epoch,
    )
    return frozen(network, spec, preprocessing), report


def finetune(
    pretrained: Checkpoint,
    images: Images,
    labels: Labels,
    validation: tuple[Images, Labels],
    settings: SeededTraining,
    on_epoch: OnEpoch = nothing,
) -> tuple[Checkpoint, FinetuneReport]:
    """Train all weights on the labels, then interpolate with the pretrained ones."""
    preprocessing = pretrained.preprocessing
    network, training = train(
        restore(pretrained),
        Examples(preprocessing(images), labels),
        settings,
        seed=settings.seed,
        validation=Examples(preprocessing(validation[0]), validation[1]),
        on_epoch=on_epoch,
    )
    tuned = frozen(network, pretrained.spec, preprocessing)
    chosen, swept = sweep(pretrained, tuned, *validation)
    before = score(pretrained, *validation)
    return chosen, FinetuneReport(before, swept.curve[0][1], swept.accuracy, training, swept)


def frozen(network: nn.Module, spec: ModelSpec, preprocessing: Preprocessing) -> Checkpoint:
    """The checkpoint of a network as it stands."""
    state = {
        name: tensor.detach().clone().contiguous() for name, tensor in network.state_dict().items()
    }
    return Checkpoint(spec, preprocessing, state)
