"""From images to decisions that name the model they came from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeline.artifact import Artifact
from edgeline.edge.session import Session, load
from edgeline.metrics import softmax


@dataclass(frozen=True)
class Decision:
    """What the device concluded about one input."""

    input: str
    """Name of the input, for a person: a file, a camera, a number."""
    answer: str
    """The most probable class."""
    confidence: float
    """Its probability by softmax, between 0 and 1; not calibrated."""
    digest: str
    """The artifact that said so."""


def predict(
    artifact: Artifact,
    images: Sequence[NDArray[np.uint8]],
    *,
    names: Sequence[str] = (),
    session: Session | None = None,
) -> list[Decision]:
    """One decision per 8-bit picture of any size, brought to the network's own size first."""
    if len(images) == 0:
        return []
    session = session or load(artifact.model_path)
    fitted = np.stack([artifact.preprocessing.fit(image) for image in images])
    probabilities = softmax(session.logits(artifact.preprocessing(fitted)))
    names = names or [str(index) for index in range(len(images))]
    return [
        Decision(
            name, artifact.manifest.classes[int(row.argmax())], float(row.max()), artifact.digest
        )
        for name, row in zip(names, probabilities, strict=True)
    ]
