"""What is said on the chain of everything that was made: one statement each, parents before children."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from edgeline.artifact import Artifact
from edgeline.digest import digest_of, sha256_file
from edgeline.manifest import MANIFEST, Ancestor
from edgeline.merkle import root
from edgeline.provenance.statement import Statement, Subject
from edgeline.rounds.round import RoundReport
from tasks.step_result import StepResult

Said = tuple[Statement, ...]
"""Statements, none of which comes before a parent of its own; at most one about each digest."""

NAMES = {
    "data": ("data", "card.json"),
    "pretrained": ("pretrained", "weights.safetensors"),
    "finetune": ("tuned", "weights.safetensors"),
    "shrink": ("small", "weights.safetensors"),
}
"""What the chain calls the product of a step, and the file that its digest is of."""


def stated(
    recipe: str, *products: StepResult, rounds: Iterable[StepResult] = (), after: Said = ()
) -> Said:
    """What there is to say of products and then of the rounds that followed them, each once.

    `after` is what was said before; tuning that gained nothing gives back the pretrained digest, said already.
    """
    said = {statement.subject: statement for statement in after}
    for product in products:
        if product.digest not in said:
            kind, name = NAMES[product.step]
            told = {"recipe": recipe, **_origin(product)}
            said[product.digest] = _statement(product, name, kind, told, said)
    new = [product for product in _distinct(rounds) if product.digest not in said]
    for number, product in enumerate(new, start=1):
        about: dict[str, str | int] = {
            "recipe": recipe,
            "task": _federation(new, said),
            "number": number,
            **_contributions(product.report.round),
        }
        said[product.digest] = _statement(product, "weights.safetensors", "round", about, said)
    return tuple(said.values())


def of_parts(said: Said, recipe: str, parts: Path, checkpoint: StepResult) -> Said:
    """A statement for each part of the model that was made of `checkpoint`."""
    files = sorted(parts.iterdir())
    known = {statement.subject: statement for statement in said}
    return tuple(
        Statement(
            (Subject(f"parts/{file.name}", sha256_file(file)),),
            "part",
            (known[checkpoint.digest].digest,),
            {"recipe": recipe, "index": index, "of": len(files)},
        )
        for index, file in enumerate(files)
    )


def history(said: Said, *digests: str) -> Said:
    """Of all that was said, what these digests came from, themselves included."""
    by_key = {statement.digest: statement for statement in said}
    wanted = set(digests)
    for statement in reversed(said):
        if statement.subject in wanted:
            wanted.update(by_key[parent].subject for parent in statement.parents)
    return tuple(statement for statement in said if statement.subject in wanted)


def ancestors(said: Said) -> tuple[Ancestor, ...]:
    """The same as an artifact's manifest tells it: by the digests of the things themselves."""
    subjects = {statement.digest: statement.subject for statement in said}
    return tuple(
        Ancestor(
            statement.subject,
            statement.kind,
            tuple(sorted(subjects[parent] for parent in statement.parents)),
        )
        for statement in said
    )


def sealed(artifact: Artifact, said: Said) -> Statement:
    """The statement about an artifact and every file in it, made from what its manifest names."""
    known = {statement.subject: statement.digest for statement in said}
    files = (Subject(name, entry.sha256) for name, entry in artifact.manifest.files.items())
    return Statement(
        (Subject(MANIFEST, artifact.digest), *files),
        "artifact",
        tuple(known[parent] for parent in artifact.manifest.parents.values()),
        {"recipe": artifact.manifest.recipe},
    )


def released(artifact: Statement, validation: float) -> Statement:
    """The statement that an artifact passed the gate of its recipe with this validation accuracy."""
    about = {**artifact.about, "validation": f"{validation:.4f}"}
    return Statement(artifact.subjects[:1], "release", (artifact.digest,), about)


def _statement(
    product: StepResult,
    name: str,
    kind: str,
    about: Mapping[str, str | int],
    said: dict[str, Statement],
) -> Statement:
    parents = tuple(said[parent].digest for parent in product.parents)
    return Statement((Subject(name, product.digest),), kind, parents, about)


def _origin(product: StepResult) -> dict[str, str]:
    """DVC's name of the data, by which people know them, or the digest of weights that were brought along."""
    if product.step == "data":
        return {"revision": product.report.revision}
    loaded = product.report.loaded if product.step == "pretrained" else None
    return {"weights": loaded.sha256} if loaded else {}


def _federation(rounds: list[StepResult], said: dict[str, Statement]) -> str:
    """Identity of these rounds together: what they began with, and what they made of it."""
    base = sorted(said[parent].digest for parent in rounds[0].parents if parent in said)
    return digest_of([[*base], [product.digest for product in rounds]])


def _contributions(report: RoundReport) -> dict[str, str | int]:
    """How many devices' updates count, and the Merkle root over the digests of their updates in the order of names."""
    counted = [bytes.fromhex(str(c.update)) for c in report.clients if c.device in report.devices]
    return {"clients": len(counted), "updates": root(counted).hex()}


def _distinct(products: Iterable[StepResult]) -> list[StepResult]:
    return list({product.digest: product for product in products}.values())
