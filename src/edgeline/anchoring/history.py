"""What there is to anchor about a thing: its own statement, and before it all that it came from."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.subject import CARD, Named
from edgeline.errors import NotAnchored, RecipeError
from edgeline.provenance.receipt import read_receipt
from edgeline.provenance.statement import Statement, Subject

BY_HAND = ("data", "pretrained", "tuned", "small")
"""Kinds that a file can be stated to be; the others are made by the line alone."""


def history_of(thing: Named, kind: str, known: Outbox) -> tuple[Statement, ...]:
    """The history of an artifact, parents first, itself last; else the thing's statement, or a new one.

    Raises:
        NotAnchored: neither its receipt nor the outbox tells what the artifact came from.
        RecipeError: no such kind.
    """
    if thing.what == "artifact":
        history = find_history(thing.digest, thing.receipt, known)
        if history is None:
            raise NotAnchored(
                expected=f"a receipt in {thing}, or what the outbox knows of it",
                found="neither, so nothing tells what it came from",
                remedy="take the folder from whoever made it, or make it again with `edgeline run`",
            )
        return history
    if kind not in BY_HAND:
        raise RecipeError(
            expected=f"a kind among {', '.join(BY_HAND)}", found=kind, remedy="name one of them"
        )
    if stated := known.about(thing.digest, kind):
        return known.history(stated[-1].digest)
    assert thing.path is not None
    name = CARD if thing.what == "dataset" else thing.path.name
    try:
        return (Statement((Subject(name, thing.digest),), kind),)
    except ValueError as error:
        raise RecipeError(
            expected="a name that a statement can hold",
            found=str(error),
            remedy="give it another name",
        ) from error


def reissue(
    statements: Iterable[Statement], unusable: Collection[str], salt: Callable[[], str]
) -> tuple[Statement, ...]:
    """The history in which every unusable statement, and all that rests on one, has another digest.

    `salt` gives 32 hexadecimal characters, each time others: the contract takes a digest once, so only a
    statement that differs can be anchored again.
    """
    renamed: dict[str, str] = {}
    again = []
    for statement in statements:
        parents = tuple(renamed.get(parent, parent) for parent in statement.parents)
        if statement.digest in unusable or set(parents) != set(statement.parents):
            anew = replace(statement, parents=parents, salt=salt())
            renamed[statement.digest] = anew.digest
            again.append(anew)
        else:
            again.append(statement)
    return tuple(again)


def find_history(digest: str, receipt: Path | None, outbox: Outbox) -> tuple[Statement, ...] | None:
    """The history of an artifact, itself last, from its receipt or the outbox; none where neither holds it."""
    read = read_receipt(receipt) if receipt else None
    if read is not None and read.statement.subject == digest:
        return (*read.lineage, read.statement)
    stated = outbox.about(digest, "artifact")
    return outbox.history(stated[0].digest) if stated else None
