"""What a flow has in hand at its end: the results of its steps, typed, each under the step's name."""

from dataclasses import dataclass

from edgeline.finetuning.baseline import BaselineReport
from edgeline.rounds.best import FederateReport
from edgeline.rounds.commit import RoundReport
from edgeline.serving.rehearse import RehearsalReport
from tasks.anchor import AnchorReport, VerifyReport
from tasks.controls import ControlReport
from tasks.data import DataReport
from tasks.export import OnnxReport
from tasks.finetune import TuneReport
from tasks.gate import GateReport
from tasks.pretrain import PretrainReport
from tasks.quantise import Int8Report
from tasks.register import RegisterReport
from tasks.seal import SealReport
from tasks.shrink import ShrinkReport
from tasks.split import PartsReport
from tasks.step_result import StepResult


@dataclass(frozen=True)
class TrainingResults:
    """From the data to the small network; a flow that goes on from a candidate has none of them."""

    baseline: StepResult[BaselineReport]
    pretrained: StepResult[PretrainReport]
    finetune: StepResult[TuneReport]
    scratch: StepResult[ControlReport] | None
    """None where nothing was pretrained: then it is the same network."""
    shrink: StepResult[ShrinkReport]
    untaught: StepResult[ControlReport]


@dataclass(frozen=True)
class ReleaseResults:
    """From a checkpoint to a registered artifact."""

    export: StepResult[OnnxReport]
    reference: StepResult[OnnxReport] | None
    """None where the run has no large network to compare with."""
    quantise: StepResult[Int8Report]
    split: StepResult[PartsReport]
    seal: StepResult[SealReport]
    rehearse: StepResult[RehearsalReport]
    gate: StepResult[GateReport]
    anchor: StepResult[AnchorReport]
    verify: StepResult[VerifyReport]
    register: StepResult[RegisterReport]


@dataclass(frozen=True)
class Results:
    """All of a run."""

    data: StepResult[DataReport]
    training: TrainingResults | None
    rounds: list[StepResult[RoundReport]]
    federate: StepResult[FederateReport]
    release: ReleaseResults
