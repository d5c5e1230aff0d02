"""How things came about: one statement about each, parents before children.

A lineage is built from the digests of the things themselves. This module alone turns the digest of
a parent into the digest of the statement about it, so the chain, the registry and an artifact's
manifest name the same parents.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from edgeline.manifest import Ancestor
from edgeline.provenance.statement import Statement, Subject

FILE_OF = {
    "data": "card.json",
    "pretrained": "weights.safetensors",
    "tuned": "weights.safetensors",
    "small": "weights.safetensors",
    "round": "weights.safetensors",
    "artifact": "manifest.json",
}
"""The name of the file whose digest stands for a thing of a kind."""


@dataclass(frozen=True)
class Lineage:
    """Statements, none of which comes before a parent of its own; at most one about each thing."""

    statements: tuple[Statement, ...] = ()

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.statements)

    def add(
        self,
        kind: str,
        digest: str,
        parents: Iterable[str],
        about: Mapping[str, str | int],
        *,
        name: str = "",
        files: Iterable[Subject] = (),
    ) -> "Lineage":
        """The lineage with a statement about a thing that was made from `parents`, by their digests.

        A thing that has a statement gets no second one: tuning that gained nothing gives back the
        pretrained weights. `name` is the name of the file, where the kind does not fix it. `files`
        are further subjects.

        Raises:
            KeyError: a parent without a statement.
        """
        known = {statement.subject: statement.digest for statement in self.statements}
        if digest in known:
            return self
        above = tuple(known[parent] for parent in parents)
        subjects = (Subject(name or FILE_OF[kind], digest), *files)
        return Lineage((*self.statements, Statement(subjects, kind, above, about)))

    def ancestry(self, *digests: str) -> "Lineage":
        """Only what these things came from, themselves included."""
        by_key = {statement.digest: statement for statement in self.statements}
        wanted = set(digests)
        for statement in reversed(self.statements):
            if statement.subject in wanted:
                wanted.update(by_key[parent].subject for parent in statement.parents)
        return Lineage(tuple(one for one in self.statements if one.subject in wanted))

    def ancestors(self) -> tuple[Ancestor, ...]:
        """The same for an artifact's manifest: by the digests of the things themselves."""
        subjects = {statement.digest: statement.subject for statement in self.statements}
        return tuple(
            Ancestor(
                statement.subject,
                statement.kind,
                tuple(sorted(subjects[parent] for parent in statement.parents)),
            )
            for statement in self.statements
        )


def release_statement(artifact: Statement, validation: float, number: str, files: str) -> Statement:
    """The statement that an artifact passed the gate of its recipe with this validation accuracy.

    It was registered by the recipe's name and this number; `files` is the digest of what the registry stored.
    """
    claims = {"validation": f"{validation:.4f}", "stored": files}
    about = {**artifact.about, **claims, "version": int(number)}
    return Statement(artifact.subjects[:1], "release", (artifact.digest,), about)


def stated_last(statement: Statement, before: Sequence[Statement]) -> Statement:
    """The statement, so that it is the last word after those before it, which come newest first.

    What was said in the meantime of something else, as of a later version that is the candidate no longer, makes it
    another statement: a salt, after the one that it follows, since a chain takes each statement once.
    """
    if not any(replace(one, salt="") == statement for one in before):
        return statement
    if replace(before[0], salt="") == statement:
        return before[0]
    return replace(statement, salt=before[0].digest[:32])
