"""The trial of the parts as processes that talk over a broker, before release."""

from pydantic import Field

from edgeline.recipe.section import Section


class Rehearse(Section):
    items: int = Field(500, ge=1)
    """Test items sent through the parts."""

    batch: int = Field(20, ge=1, le=1000)
    """Items per request; fewer where the broker takes no such message."""

    in_flight: int = Field(4, ge=1, le=64)
    """Requests under way at a time: two per part keep every part busy."""

    timeout_s: float = Field(10.0, gt=0)
    """Longest wait for one answer, in seconds."""

    start_s: float = Field(30.0, gt=0)
    """Longest wait for the workers to start, in seconds."""
