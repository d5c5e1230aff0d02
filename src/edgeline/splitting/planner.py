"""The best cut for a pipeline of devices, found by looking at all of them.

A pipeline is as fast as its slowest station, be it a device or a link, so the plan minimises that
bottleneck. Measured times are noisy, so that two calls may plan differently.
"""

from dataclasses import dataclass
from pathlib import Path

from edgeline.digest import sha256_file
from edgeline.edge.session import Tensors, load
from edgeline.errors import RecipeError
from edgeline.graph import file as onnx_file
from edgeline.graph.cut_points import CutPoint, cut_points
from edgeline.recipe.split import Split
from edgeline.splitting.costs import Costs, layouts, measure

# Two measurements of the same part differ by as much.
NEARLY = 0.05


@dataclass(frozen=True)
class Candidate:
    """One way to cut; times are those of one image on the devices."""

    cut: tuple[str, ...]
    after: tuple[str, ...]
    """The operations after which it cuts, for a person to read."""
    part_ms: tuple[float, ...]
    wire_bytes: tuple[int, ...]
    """What travels over each link."""
    link_ms: tuple[float, ...]
    """How long each link is busy with it."""
    bottleneck_ms: float
    """The slowest device or link: one image per bottleneck comes out."""
    latency_ms: float
    """From the image to the answer, delays of the links included."""


@dataclass(frozen=True)
class SplitPlan:
    """The best way to cut one model, and all that were considered."""

    model: str
    """SHA-256 of the ONNX file."""
    whole_ms: float
    """The uncut model on one device."""
    bandwidth_mbit: float
    candidates: tuple[Candidate, ...]
    """Best first."""

    @property
    def best(self) -> Candidate:
        return self.candidates[0]

    @property
    def cut(self) -> tuple[str, ...]:
        return self.best.cut

    def __str__(self) -> str:
        lines = [
            f"whole: one device {self.whole_ms:.3f} ms; links of {self.bandwidth_mbit:g} Mbit/s"
        ]
        lines += [_line(candidate) for candidate in self.candidates]
        return "\n".join(lines)


def plan(model: Path, inputs: Tensors, settings: Split) -> SplitPlan:
    """Measures every possible part on the first of the examples in `inputs`, and chooses.

    Raises:
        RecipeError: the model has too few places to cut.
    """
    graph = onnx_file.read(model)
    points = cut_points(graph)
    if len(points) < settings.parts - 1:
        raise RecipeError(
            expected=f"places to cut for split.parts={settings.parts}",
            found=f"{len(points)} in {model.name}",
            remedy="set split.parts lower",
        )
    size = load(model).batch or 1
    first = {name: array[:size] for name, array in inputs.items()}
    costs = measure(graph, points, settings.parts, first, settings.rounds)
    return choose(sha256_file(model), points, costs, settings)


def choose(model: str, points: tuple[CutPoint, ...], costs: Costs, settings: Split) -> SplitPlan:
    """Ranks every way to cut by its bottleneck; among the nearly best, fewest bytes win."""
    candidates = [
        _candidate(
            [points[end - 1] for _, end in layout[:-1]],
            [costs.span_ms[s] for s in layout],
            settings,
        )
        for layout in layouts(len(points), settings.parts)
    ]
    limit = min(candidate.bottleneck_ms for candidate in candidates) * (1 + NEARLY)
    candidates.sort(
        key=lambda one: (
            (0, sum(one.wire_bytes), one.bottleneck_ms)
            if one.bottleneck_ms <= limit
            else (1, one.bottleneck_ms, one.latency_ms)
        )
    )
    return SplitPlan(
        model=model,
        whole_ms=costs.whole_ms * settings.device_slowdown,
        bandwidth_mbit=settings.bandwidth_mbit,
        candidates=tuple(candidates),
    )


def _candidate(cuts: list[CutPoint], spans_ms: list[float], settings: Split) -> Candidate:
    part_ms = tuple(ms * settings.device_slowdown for ms in spans_ms)
    link_ms = tuple(point.bytes * 8 / (settings.bandwidth_mbit * 1000) for point in cuts)
    return Candidate(
        cut=tuple(point.tensor for point in cuts),
        after=tuple(point.maker for point in cuts),
        part_ms=part_ms,
        wire_bytes=tuple(point.bytes for point in cuts),
        link_ms=link_ms,
        bottleneck_ms=max(part_ms + link_ms),
        latency_ms=sum(part_ms + link_ms) + settings.link_delay_ms * len(cuts),
    )


def _line(candidate: Candidate) -> str:
    parts = " + ".join(f"{ms:.3f}" for ms in candidate.part_ms)
    links = " + ".join(
        f"{size} B {ms:.3f} ms"
        for size, ms in zip(candidate.wire_bytes, candidate.link_ms, strict=True)
    )
    places = ", ".join(candidate.after) or "nowhere"
    bottleneck = f"bottleneck {candidate.bottleneck_ms:.3f} ms"
    return f"after {places}: devices {parts} ms, links {links or 'none'}, {bottleneck}"
