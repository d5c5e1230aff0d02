"""PyTorch to ONNX for any number of examples at a time."""

import contextlib
import functools
import logging
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from onnx import ModelProto
from onnxscript.optimizer import fold_constants
from torch.onnx._internal import _lazy_import

from edgeline.export.cells import TRANSLATIONS, traceable
from edgeline.graph import file as onnx_file
from edgeline.models.checkpoint import Checkpoint
from edgeline.models.zoo import restore

INPUT, OUTPUT, BATCH = "input", "logits", "N"
OPSET = 18

# torch asks at every export for all operators that onnxscript translates, which reads the source of each
# anew: half of the time that an export takes. They stay the same, so one answer serves all exports.
_onnxscript: Any = _lazy_import.onnxscript_apis
_onnxscript.get_torchlib_ops = functools.cache(_onnxscript.get_torchlib_ops)


@dataclass(frozen=True)
class ExportReport:
    """What was written."""

    sha256: str
    bytes: int
    weights: int
    """Numbers that were learned."""
    nodes: int
    opset: int


def export(checkpoint: Checkpoint, path: Path) -> tuple[Path, ExportReport]:
    """The checkpoint's network as an ONNX file; the same weights give the same bytes anywhere."""
    network = restore(checkpoint)
    model = export_module(network, checkpoint.spec.shape)
    digest = onnx_file.write(model, path)
    return path, ExportReport(
        sha256=digest,
        bytes=path.stat().st_size,
        weights=sum(weight.numel() for weight in network.parameters()),
        nodes=len(model.graph.node),
        opset=OPSET,
    )


def export_module(module: torch.nn.Module, shape: tuple[int, ...]) -> ModelProto:
    """The ONNX form of a network that takes examples of `shape`."""
    # Two examples: a size of one would be taken for a constant.
    example = torch.zeros(2, *shape)
    with _quiet():
        program = torch.onnx.export(
            traceable(module).eval(),
            (example,),
            dynamo=True,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim(BATCH)},),
            opset_version=OPSET,
            external_data=False,
            verbose=False,
            custom_translation_table=TRANSLATIONS,
        )
    assert program is not None
    # What reads weights alone is computed here, however large it is, and not at every inference.
    fold_constants(program.model, input_size_limit=sys.maxsize, output_size_limit=sys.maxsize)
    return program.model_proto


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of its own deprecations and of packages that we do not use."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logger.setLevel(level)
