"""What a network answered to the test set, as MLflow shows it: confusion, calibration, the items that were misread."""

import numpy as np
from numpy.typing import NDArray

from edgeline import figures as pictures
from edgeline import tracking
from edgeline.datasets.card import Form
from edgeline.datasets.items import Items
from edgeline.metrics import confusion, expected_calibration_error, reliability, top1


def show(run_id: str, logits: NDArray[np.floating], test: Items, form: Form) -> None:
    """Log the pictures of the answers to `run_id`."""
    counts = confusion(logits, test.labels)
    sure = reliability(logits, test.labels), expected_calibration_error(logits, test.labels)
    seen = pictures.samples(
        form.preprocessing, test.values, test.labels, top1(logits), form.classes
    )
    for name, figure in {
        "confusion": pictures.confusion(counts, form.classes),
        "calibration": pictures.calibration(*sure),
        "samples": seen,
    }.items():
        tracking.log_figure(run_id, figure, f"{name}.png")
