"""Compares an ONNX file with its checkpoint, on inputs that are meant to find a difference."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from edgeline.edge.agreement import check_agreement
from edgeline.edge.session import load
from edgeline.models.checkpoint import Checkpoint
from edgeline.models.zoo import restore

TOLERANCE = 1e-4
BATCHES = (1, 2, 5, 33)

# Ordinary inputs, and three that leave the range in which the net was trained.
PROBES: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "ordinary": lambda x: x,
    "negated": lambda x: -x,
    "zero": np.zeros_like,
    "large": lambda x: x * np.float32(1000),
}


@dataclass(frozen=True)
class ParityReport:
    """The largest difference, as a share of the range of the logits."""

    difference: float
    probe: str
    """The kind of input and the batch size that gave it."""
    comparisons: int
    tolerance: float


def check_parity(checkpoint: Checkpoint, path: Path, values: NDArray[Any]) -> ParityReport:
    """Compares torch and the device's own session on items as the preprocessing takes them (33 or
    more), plain and distorted.

    Raises:
        EdgelineError: they differ by more than 1e-4 of the range of the logits.
    """
    module, session = restore(checkpoint).eval(), load(path)
    examples = checkpoint.preprocessing(values)
    differences: dict[str, float] = {}
    for name, distort in PROBES.items():
        for size in BATCHES:
            batch = np.resize(distort(examples), (size, *examples.shape[1:]))
            with torch.no_grad():
                expected = module(torch.from_numpy(batch)).numpy()
            probe = f"{name}, batch {size}"
            differences[probe] = check_agreement(
                {"logits": expected},
                {"logits": session.logits(batch)},
                tolerance=TOLERANCE,
                what=f"ONNX logits ({probe})",
                whose="torch's",
                remedy="look for an operation that the exporter translates wrongly",
                classes=False,
            ).difference
    worst = max(differences, key=lambda probe: differences[probe])
    return ParityReport(differences[worst], worst, len(differences), TOLERANCE)
