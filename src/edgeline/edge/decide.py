"""From items to decisions that name the model they came from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeline.artifact import Artifact
from edgeline.edge.profile import Deviation, find_deviations
from edgeline.edge.session import Session, load_model
from edgeline.errors import RecipeError
from edgeline.metrics import softmax
from edgeline.preprocess import Preprocessing, Values, find_missing


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
    filled: tuple[str, ...] = ()
    """Columns in which the input lacks values, for which the mean of the training data stands."""
    outside: tuple[Deviation, ...] | None = None
    """How the input differs from all that the network learned from; None where the artifact does not say what
    that was."""


@dataclass(frozen=True)
class Summary:
    """What the windows of one recording say together."""

    input: str
    """Name of the recording."""
    windows: dict[str, int]
    """How many windows were decided for each class that was an answer."""
    answer: str
    """The class whose probability is the highest in the mean over the windows."""
    confidence: float
    """That mean, between 0 and 1."""
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

    Of a series longer than the network's window, its end alone is seen; see `predict_recording`.

    Raises:
        RecipeError: the model's answers are no classes, or it does not take items.
    """
    if len(items) == 0:
        return []
    decisions, _ = _decide(artifact, items, names or list(map(str, range(len(items)))), session)
    return decisions


def predict_recording(
    artifact: Artifact,
    name: str,
    windows: Sequence[Values],
    *,
    names: Sequence[str],
    session: Session | None = None,
) -> tuple[list[Decision], Summary]:
    """One decision per window of a recording, of which there is at least one, and what they say together.

    Raises:
        RecipeError: as `predict`.
    """
    decisions, probabilities = _decide(artifact, windows, names, session)
    mean = probabilities.mean(axis=0)
    answers = [decision.answer for decision in decisions]
    return decisions, Summary(
        input=name,
        windows={one: answers.count(one) for one in artifact.manifest.classes if one in answers},
        answer=artifact.manifest.classes[int(mean.argmax())],
        confidence=float(mean.max()),
        digest=artifact.digest,
    )


def _decide(
    artifact: Artifact, items: Sequence[Values], names: Sequence[str], session: Session | None
) -> tuple[list[Decision], NDArray[np.float64]]:
    """A decision on each of N items, and the probabilities (N, C) of all classes."""
    classes, preprocessing = artifact.manifest.classes, artifact.preprocessing
    if not classes:
        raise RecipeError(
            expected="an artifact that names the classes of its answers",
            found=f"none in {artifact.folder}",
            remedy="run its model through edgeline.edge.session, and read the numbers",
        )
    session = session or load_model(artifact)
    fitted = np.stack([preprocessing.fit(item) for item in items])
    probabilities = softmax(session.logits(preprocessing(fitted)))
    outside: Sequence[tuple[Deviation, ...] | None] = [None] * len(items)
    if artifact.profile is not None:
        sizes = np.array([item.shape[:2] for item in items]) if preprocessing.is_image else None
        outside = find_deviations(artifact.profile, fitted, preprocessing, sizes)
    decisions = [
        Decision(
            name,
            classes[int(row.argmax())],
            float(row.max()),
            artifact.digest,
            _find_filled(preprocessing, item),
            deviations,
        )
        for name, item, row, deviations in zip(names, items, probabilities, outside, strict=True)
    ]
    return decisions, probabilities


def _find_filled(preprocessing: Preprocessing, item: Values) -> tuple[str, ...]:
    if preprocessing.is_image:
        return ()
    lacking = find_missing(item[None]).any(axis=tuple(range(item.ndim)))
    columns = preprocessing.columns or [str(at + 1) for at in range(preprocessing.channels)]
    return tuple(columns[at] for at in np.flatnonzero(lacking).tolist())
