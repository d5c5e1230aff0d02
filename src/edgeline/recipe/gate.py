"""What a model must reach before it is anchored and released."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from edgeline.comparison import HARMED, Comparison
from edgeline.recipe.section import Section


@dataclass(frozen=True)
class Limit:
    """One limit of the gate, and what was measured against it."""

    setting: str
    expected: str
    found: str
    is_met: bool


class Gate(Section):
    min_accuracy: float = Field(0.93, ge=0, le=1)
    """Least validation accuracy of the int8 model, as a share; below it nothing leaves the lab."""

    max_quantisation_loss: float = Field(0.02, ge=0, le=1)
    """Most validation accuracy that int8 may cost against fp32, as a share (0.02 is two points)."""

    max_regression: float = Field(0.0, ge=0, le=1)
    """Most validation accuracy below the present candidate's, as a share; 0 means never worse."""

    score: Literal["accuracy", "balanced_accuracy"] = "accuracy"
    """On the test set, by which each step is judged against the one before and the model against its
    baselines. balanced_accuracy counts rare classes as much as the others: for `class_weights`."""

    allow_below_baseline: bool = False
    """Whether a model is released that answers worse than logistic regression or the trivial rule, by
    more than chance: the 95 % interval of the difference on the test items."""

    def limits(
        self,
        validation: float,
        loss: float,
        candidate: float | None,
        baselines: Iterable[Comparison],
    ) -> Iterator[Limit]:
        """Every limit that applies to a model's accuracy, what quantisation cost, and what it is compared with."""
        least = self.min_accuracy
        text = f"validation accuracy of at least {least:.4f}"
        yield Limit("min_accuracy", text, f"{validation:.4f}", validation >= least)
        most = self.max_quantisation_loss
        text = f"validation accuracy lost by quantisation of at most {most:.4f}"
        yield Limit("max_quantisation_loss", text, f"{loss:.4f}", loss <= most)
        if candidate is not None:
            least = candidate - self.max_regression
            text = f"validation accuracy of at least {least:.4f}, against the present candidate"
            yield Limit("max_regression", text, f"{validation:.4f}", validation >= least)
        for one in baselines:
            change = one.by(self.score)
            text = f"a test {self.score.replace('_', ' ')} not below that of the {one.against}, {change.before:.4f}"
            found = f"{change.after:.4f}, a gain of {change} at 95 %"
            is_met = self.allow_below_baseline or change.effect != HARMED
            yield Limit("allow_below_baseline", text, found, is_met)
