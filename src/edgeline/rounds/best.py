"""After the last round: which of the networks since the start goes on, and what the devices' data added."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeline.comparison import Comparison, compare
from edgeline.finetuning.evaluate import Labels, Values, logits, score
from edgeline.metrics import Scores, scores
from edgeline.models.checkpoint import load
from edgeline.rounds.commit import RoundReport


@dataclass(frozen=True)
class FederateReport:
    """What the devices' data added."""

    test: Scores
    gains: tuple[Comparison, ...]
    """Against the network that the rounds began with."""
    validation: float
    """Of the chosen network."""
    start: float
    """Validation accuracy of the network that the rounds began with."""
    chosen: int
    """Number of the round whose network was kept; 0 when none beat the start on validation."""
    rounds: tuple[float, ...]
    """Validation accuracy after each round up to the chosen one."""
    not_kept: tuple[float, ...]
    """Validation accuracy after each round behind it: none of them is in the network."""
    devices: int
    bytes: int

    @property
    def figure(self) -> str:
        """A few words for a progress line."""
        kept = f"round {self.chosen}" if self.chosen else "the start"
        change = f"{self.test.accuracy:.3f} on test, from {self.gains[0].accuracy.before:.3f}"
        without = f", {len(self.not_kept)} not kept" if self.not_kept else ""
        return f"{change}, {kept} kept{without}"

    @property
    def accuracies(self) -> tuple[float, ...]:
        """On validation, of the start and after each round."""
        return self.start, *self.rounds, *self.not_kept


def select_best(
    start: Path,
    against: str,
    rounds: Sequence[tuple[Path, RoundReport]],
    validation: tuple[Values, Labels],
    test: tuple[Values, Labels],
) -> tuple[Path, FederateReport]:
    """The checkpoint that is best on validation, the start included; of equals the latest.

    `against` is what the start is called.
    """
    reports = [report for _, report in rounds]
    before = reports[0].before if reports else score(load(start), *validation)
    accuracies = [before, *(report.after for report in reports)]
    best = max(range(len(accuracies)), key=lambda position: (accuracies[position], position))
    path = (start, *(made for made, _ in rounds))[best]
    values, labels = test
    answers, after = (logits(load(each), values) for each in (start, path))
    return path, FederateReport(
        test=scores(after, labels),
        gains=(compare(against, answers, after, labels),),
        validation=accuracies[best],
        start=before,
        chosen=reports[best - 1].number if best else 0,
        rounds=tuple(accuracies[1 : best + 1]),
        not_kept=tuple(accuracies[best + 1 :]),
        devices=len({device for report in reports for device in report.devices}),
        bytes=path.stat().st_size,
    )
