"""The number of parts of a model, and the network between their devices."""

from pydantic import Field

from edgeline.recipe.section import Section


class Split(Section):
    parts: int = Field(2, ge=1, le=4)
    """How many devices run the model one after another; 1 leaves it whole."""

    bandwidth_mbit: float = Field(100.0, gt=0)
    """Of the link between two devices, in megabits per second: 100 a cable, 20 poor wireless."""

    link_delay_ms: float = Field(0.3, ge=0)
    """Time that an empty message takes, in milliseconds; it delays answers, not the pipeline."""

    device_slowdown: float = Field(20.0, gt=0)
    """How many times longer a device computes than a core of this machine: 20 for a small board."""

    rounds: int = Field(15, ge=3, le=1000)
    """How often each possible part is timed; the median counts."""
