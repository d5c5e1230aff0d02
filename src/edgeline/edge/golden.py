"""Golden answers: what the lab's machine said to a few items, asked again on each device.

Hashes prove that the files are right; this proves that the runtime and the processor compute with
them as the lab did. Integer kernels of some older processors saturate and answer differently: that
is found here.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.artifact import Artifact
from edgeline.edge.agreement import Agreement, check_agreement
from edgeline.edge.session import Session
from edgeline.errors import EnvironmentUnfit
from edgeline.manifest import GOLDEN_INPUTS, GOLDEN_OUTPUTS
from edgeline.preprocess import Preprocessing, Values

# A rounding that falls the other way moves an int8 net by a step of 1/255 of a tensor's range or
# two; a wrong kernel, a wrong mean or a wrong layout moves it by a tenth and more.
TOLERANCE = 0.02


def record_golden(
    staging: Path, session: Session, preprocessing: Preprocessing, values: Values
) -> None:
    """Writes the items and the logits that `session` answers into the staging folder."""
    arrays: Sequence[tuple[str, NDArray[np.generic]]] = (
        (GOLDEN_INPUTS, values),
        (GOLDEN_OUTPUTS, session.logits(preprocessing(values)).astype(np.float32)),
    )
    for name, array in arrays:
        path = staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, array, allow_pickle=False)


def check_golden(artifact: Artifact, session: Session) -> Agreement:
    """Asks the golden questions again.

    Raises:
        EnvironmentUnfit: this machine answers something else.
    """
    values, expected = artifact.golden()
    (name,) = (spec.name for spec in session.outputs)
    return check_agreement(
        {name: expected},
        {name: session.logits(artifact.preprocessing(values))},
        tolerance=TOLERANCE,
        what="golden answers",
        whose="the sealed ones",
        remedy="update onnxruntime, or run this model on another kind of processor",
        error=EnvironmentUnfit,
    )
