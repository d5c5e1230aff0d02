"""What each possible part costs, measured as a session of its own.

Sums of a profiler's times per node predicted the times of parts with an error of 17 to 52 percent;
parts measured as they will run, with 1 to 3 percent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise

import numpy as np
import onnx

from edgeline.edge.session import Tensors, load
from edgeline.edge.stopwatch import paired_cpu_ms
from edgeline.graph.cut_points import CutPoint
from edgeline.graph.file import to_bytes
from edgeline.graph.segment import segment

Span = tuple[int, int]
"""From one border to another: 0 is the input, 1 the first cut point, ..., the last the output."""


@dataclass(frozen=True)
class Costs:
    """CPU milliseconds for one example on one thread of this machine, medians over rounds."""

    whole_ms: float
    span_ms: dict[Span, float]


def layouts(points: int, parts: int) -> list[tuple[Span, ...]]:
    """Every way to make that many parts by cutting at some of the points."""
    inner = range(1, points + 1)
    return [tuple(pairwise((0, *cuts, points + 1))) for cuts in combinations(inner, parts - 1)]


def measure(
    model: onnx.ModelProto,
    points: tuple[CutPoint, ...],
    parts: int,
    example: Tensors,
    rounds: int,
) -> Costs:
    """Times every span that some layout uses, all in each round; `example` is one batch by name."""
    borders = (None, *points, None)
    spans = sorted({span for layout in layouts(len(points), parts) for span in layout})
    values: dict[int, Tensors] = {0: example}
    calls: list[Callable[[], object]] = [partial(load(to_bytes(model)).run, example)]
    for start, end in spans:
        session = load(to_bytes(segment(model, borders[start], borders[end])))
        if end not in values:
            values[end] = session.run(values[start])
        calls.append(partial(session.run, values[start]))
    medians = np.median(paired_cpu_ms(calls, rounds), axis=0)
    return Costs(float(medians[0]), dict(zip(spans, map(float, medians[1:]), strict=True)))
