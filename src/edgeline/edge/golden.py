"""Golden answers: the outputs of the lab's machine for a few items, compared on each device.

Hashes prove that the files are right; this proves that the runtime and the processor compute with
them as the lab did. Integer kernels of some older processors saturate and answer differently, which
no hash can show.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edgeline.artifact import Artifact
from edgeline.edge.agreement import Agreement, check_agreement
from edgeline.edge.session import Session
from edgeline.errors import EnvironmentUnfit
from edgeline.manifest import golden_files
from edgeline.preprocess import Preprocessing, Values

# A rounding that falls the other way moves an int8 net by a step of 1/255 of a tensor's range or
# two; a wrong kernel, a wrong mean or a wrong layout moves it by a tenth and more.
TOLERANCE = 0.02


def record_golden(
    staging: Path,
    session: Session,
    inputs: Mapping[str, Values],
    preprocessing: Preprocessing | None = None,
) -> None:
    """Writes the inputs, and the outputs that `session` gives to them, into the staging folder.

    With a `preprocessing`, the inputs are items, and what the network sees is made of them.
    """
    feed = {name: preprocessing(one) for name, one in inputs.items()} if preprocessing else inputs
    net = session.net("")
    files, outputs = golden_files(net), session.run(feed)
    pairs = [
        *zip((inputs[spec.name] for spec in net.inputs), files["inputs"], strict=True),
        *zip((outputs[spec.name] for spec in net.outputs), files["outputs"], strict=True),
    ]
    for array, name in pairs:
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        np.save(staging / name, array, allow_pickle=False)


def check_golden(artifact: Artifact, session: Session) -> Agreement:
    """Gives the network the golden inputs again.

    Raises:
        EnvironmentUnfit: this machine answers something else.
    """
    inputs, expected = artifact.golden()
    if artifact.item_preprocessing is not None:
        (items,) = inputs.values()
        inputs = artifact.prepare(items)
    return check_agreement(
        expected,
        session.run(inputs),
        tolerance=TOLERANCE,
        what="golden answers",
        whose="the sealed ones",
        remedy="update onnxruntime, or run this model on another kind of processor",
        classes=bool(artifact.manifest.classes),
        error=EnvironmentUnfit,
    )
