"""Carries a plan out: one ONNX file per part, and the proof that together they are the whole."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from edgeline.edge.agreement import Agreement, check_agreement
from edgeline.edge.session import Tensors, load, run_parts
from edgeline.graph import file as onnx_file
from edgeline.graph.cut_points import cut_points, find
from edgeline.graph.segment import segment

# Nothing is fused across a cut, so the parts compute what the whole computes; rounding is all that
# may differ.
TOLERANCE = 1e-4


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


def check(whole: Path, parts: Sequence[Path], inputs: Tensors) -> Agreement:
    """Runs the parts one after another beside the whole.

    Raises:
        EdgelineError: an output differs by more than 1e-4 of its range, or in a class.
    """
    expected = load(whole).run(inputs)
    values = run_parts([load(part) for part in parts], inputs)
    return check_agreement(
        expected,
        {name: values[name] for name in expected},
        tolerance=TOLERANCE,
        what="answers of the parts",
        whose="the whole model's",
        remedy="cut elsewhere: a kernel is fused across this place",
    )
