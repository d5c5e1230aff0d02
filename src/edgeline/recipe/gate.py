"""What a model must reach before it is anchored and released."""

from pydantic import Field

from edgeline.recipe.section import Section


class Gate(Section):
    min_accuracy: float = Field(0.93, ge=0, le=1)
    """Least validation accuracy of the int8 model, as a share; below it nothing leaves the lab."""

    max_quantisation_loss: float = Field(0.02, ge=0, le=1)
    """Most validation accuracy that int8 may cost against fp32, as a share (0.02 is two points)."""

    max_regression: float = Field(0.0, ge=0, le=1)
    """Most validation accuracy below the present candidate's, as a share; 0 means never worse."""
