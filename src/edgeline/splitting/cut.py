"""Carries a plan out: one ONNX file per part, and the proof that together they are the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.edge.agreement import Agreement, agreement
from edgeline.edge.session import load
from edgeline.errors import EdgelineError
from edgeline.graph import file as onnx_file
from edgeline.graph.cut_points import cut_points, find
from edgeline.graph.segment import segment

# Nothing is fused across a cut, so the parts compute what the whole computes; rounding is all that
# may differ.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class SplitReport:
    """The parts against the whole."""

    agreement: Agreement
    bytes_whole: int
    bytes_parts: tuple[int, ...]


def cut(model: Path, at: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """Writes folder/0.onnx, folder/1.onnx, ... for the tensors to cut at, in order."""
    graph = onnx_file.read(model)
    points = cut_points(graph)
    borders = (None, *(find(points, tensor) for tensor in at), None)
    paths = []
    for index, (start, end) in enumerate(pairwise(borders)):
        paths.append(folder / f"{index}.onnx")
        onnx_file.write(segment(graph, start, end), paths[-1])
    return tuple(paths)


def check(whole: Path, parts: Sequence[Path], inputs: NDArray[np.float32]) -> SplitReport:
    """Runs the parts one after another beside the whole.

    Raises:
        EdgelineError: the logits differ by more than 1e-4 of their range, or in a class.
    """
    travelling = inputs
    for part in parts:
        travelling = load(part).logits(travelling)
    found = agreement(load(whole).logits(inputs), travelling)
    if found.difference > TOLERANCE or found.top1 < 1:
        raise EdgelineError(
            expected=f"parts that answer within {TOLERANCE} of the whole model",
            found=f"{found.difference:.2e} away, {found.top1:.1%} of the same classes",
            remedy="cut elsewhere: a kernel is fused across this place",
        )
    return SplitReport(found, whole.stat().st_size, tuple(part.stat().st_size for part in parts))
