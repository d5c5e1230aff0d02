"""What a model must reach before it is anchored and released."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field

from edgeline.recipe.section import Section


@dataclass(frozen=True)
class Limit:
    """One limit of the gate, and what was measured against it."""

    setting: str
    expected: str
    measured: float
    is_met: bool


class Gate(Section):
    min_accuracy: float = Field(0.93, ge=0, le=1)
    """Least validation accuracy of the int8 model, as a share; below it nothing leaves the lab."""

    max_quantisation_loss: float = Field(0.02, ge=0, le=1)
    """Most validation accuracy that int8 may cost against fp32, as a share (0.02 is two points)."""

    max_regression: float = Field(0.0, ge=0, le=1)
    """Most validation accuracy below the present candidate's, as a share; 0 means never worse."""

    def limits(self, validation: float, loss: float, candidate: float | None) -> Iterator[Limit]:
        """Every limit that applies to a model's accuracy, what quantisation cost, and the candidate's accuracy."""
        least = self.min_accuracy
        text = f"validation accuracy of at least {least:.4f}"
        yield Limit("min_accuracy", text, validation, validation >= least)
        most = self.max_quantisation_loss
        text = f"validation accuracy lost by quantisation of at most {most:.4f}"
        yield Limit("max_quantisation_loss", text, loss, loss <= most)
        if candidate is not None:
            least = candidate - self.max_regression
            text = f"validation accuracy of at least {least:.4f}, against the present candidate"
            yield Limit("max_regression", text, validation, validation >= least)
