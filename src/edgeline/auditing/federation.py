"""The rounds of a federation, read from their statements: each has the round before among its parents."""

from collections.abc import Iterable

from edgeline.auditing.answers import Entry, Federation, Fork, Round
from edgeline.auditing.audit import Audit, parents
from edgeline.auditing.entries import is_abandoned
from edgeline.errors import NotAnchored


def find_rounds(audit: Audit, digest: str) -> Federation:
    """The rounds before and after the one with this digest, its checkpoint's or its statement's.

    Rounds with one number that follow the same statement are a fork, unless they were not kept: then
    the next run goes on from the round before. All of them are listed.

    Raises:
        NotAnchored: the chain holds no round with this digest.
    """
    start = _rounds(audit.require(digest))
    if not start:
        raise NotAnchored(
            expected=f"a round of a federation with digest {digest}",
            found="something else: `edgeline audit what` says what it is",
            remedy="name a round's checkpoint or statement; `edgeline audit log` lists rounds",
        )
    line = audit.reach(start, parents, _is_round) | audit.reach(start, audit.children, _is_round)
    # Beside each of them, what else follows the same statement.
    followed = audit.of(parent for entry in line.values() for parent in entry.parents)
    bases = {key: entry for key, entry in followed.items() if entry.kind != "data"}
    children = (key for base in bases.values() for key in audit.children(base))
    beside = _rounds(audit.of(children).values())
    rounds: dict[str, Round] = {}
    for entry in audit.parents_first(beside | line):
        previous = next((key for key in entry.parents if key in bases), "")
        rounds[entry.statement] = _round(entry, previous, rounds.get(previous))
    groups: dict[tuple[int, str], list[str]] = {}
    for key, one in rounds.items():
        if not is_abandoned(one.entry.about):
            groups.setdefault((one.number, one.previous), []).append(key)
    forks = tuple(Fork(*place, tuple(keys)) for place, keys in groups.items() if len(keys) > 1)
    shown = line.keys() | {key for fork in forks for key in fork.rounds}
    return Federation(digest, tuple(one for key, one in rounds.items() if key in shown), forks)


def _round(entry: Entry, previous: str, before: Round | None) -> Round:
    about = entry.about
    number = int(about.get("number", before.number + 1 if before else 1))
    clients = int(about["clients"]) if "clients" in about else None
    return Round(number, previous, clients, str(about.get("updates", "")), entry)


def _rounds(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {one.statement: one for one in entries if _is_round(one)}


def _is_round(entry: Entry) -> bool:
    return entry.kind == "round" and entry.is_anchored
