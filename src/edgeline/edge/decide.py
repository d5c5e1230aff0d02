"""From items to decisions that name the model they came from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeline.artifact import Artifact
from edgeline.edge.session import Session, load_model
from edgeline.errors import RecipeError
from edgeline.metrics import softmax
from edgeline.preprocess import Values


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
    """Of the artifact whose model decided."""


def predict(
    artifact: Artifact,
    items: Sequence[Values],
    *,
    names: Sequence[str] = (),
    session: Session | None = None,
) -> list[Decision]:
    """One decision per picture, series or row, brought to the network's own shape first.

    Raises:
        RecipeError: the model's answers are no classes, or it does not take items.
    """
    if len(items) == 0:
        return []
    classes = artifact.manifest.classes
    if not classes:
        raise RecipeError(
            expected="an artifact that names the classes of its answers",
            found=f"none in {artifact.folder}",
            remedy="run its model through edgeline.edge.session, and read the numbers",
        )
    session = session or load_model(artifact)
    fitted = np.stack([artifact.preprocessing.fit(item) for item in items])
    probabilities = softmax(session.logits(artifact.preprocessing(fitted)))
    names = names or [str(index) for index in range(len(items))]
    return [
        Decision(name, classes[int(row.argmax())], float(row.max()), artifact.digest)
        for name, row in zip(names, probabilities, strict=True)
    ]
