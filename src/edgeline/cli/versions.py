"""`edgeline data list|diff|card|restore|push|pull`: the revisions of a recipe's data, one beside the other."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edgeline import revisions
from edgeline.cli.console import answer, fact, interruptible, printable, waiting_for, write_page
from edgeline.cli.options import AsJson, DataName
from edgeline.datacard.page import page_of
from edgeline.datasets.card import check
from edgeline.errors import RecipeError
from edgeline.recipe import names
from edgeline.revisions import Difference, HistoryRow, RestoreReport, TransferReport
from edgeline.workspace import Workspace

Revision = Annotated[
    str, typer.Argument(help="Beginning of a revision, or of DVC's MD5 of it.", show_default=False)
]

SHOWN = 10
"""Items that are named; --json names them all."""


def list_revisions(name: DataName, as_json: AsJson = False) -> None:
    """List the revisions of the data, newest first; * is what lies in data/NAME."""
    root = _project_with(name)
    rows = revisions.read_history(root, name)
    answer({"name": name, "revisions": [asdict(row) for row in rows]}, _table(rows), as_json)


def diff(name: DataName, a: Revision, b: Revision, as_json: AsJson = False) -> None:
    """Say what changed from revision A to revision B: settings, items, labels, distributions."""
    root = _project_with(name)
    with _doing(f"comparing two revisions of {name}"):
        found = revisions.compare(root, name, a, b)
    answer({"name": name, **asdict(found)}, _changes(found), as_json)


def card(
    name: DataName,
    page: Annotated[
        Path | None, typer.Argument(help="HTML file to write; NAME-card.html where none is given.")
    ] = None,
) -> None:
    """Write the data card as one page: counts, shares, samples, what was left out, drift."""
    root = _project_with(name)
    known = check(root / "data" / name)
    text, _ = page_of(root / "data" / name, revisions.previous_card(root, name, known.digest))
    target = page or Path(f"{name}-card.html")
    write_page(target, text.encode())
    print(f"{name}: revision {known.digest[:12]} as {target}")


def restore(name: DataName, revision: Revision, as_json: AsJson = False) -> None:
    """Bring back the data of REVISION, with settings.yaml and what dvc.lock says of them."""
    root = _project_with(name)
    with _doing(f"restoring {name}"):
        restored = revisions.restore(root, name, revision, datetime.now(UTC))
    answer(asdict(restored), [_outcome(restored)], as_json)


def push(name: DataName, as_json: AsJson = False) -> None:
    """Send every revision of the data to DVC's default remote, and look at each file there."""
    _transfer(name, revisions.push, "sending", "sent to", as_json)


def pull(name: DataName, as_json: AsJson = False) -> None:
    """Bring every revision that DVC's default remote knows into DVC's cache; data/NAME stays as it is."""
    _transfer(name, revisions.pull, "fetching", "brought from", as_json)


def _transfer(
    name: str,
    transfer: Callable[[Path, str], TransferReport],
    doing: str,
    done: str,
    as_json: bool,
) -> None:
    root = _project_with(name)
    with _doing(f"{doing} {name}"):
        sent = transfer(root, name)
    many = len(sent.revisions)
    line = f"{sent.objects} objects {done} {sent.remote}; it has {many} revision{'s' * (many != 1)}"
    lacking = (f"not whole: {one[:12]}" for one in sent.lacking)
    answer(asdict(sent), (line, *lacking), as_json)


@contextmanager
def _doing(what: str) -> Iterator[None]:
    """Shows that something goes on, which a person may end."""
    with interruptible(what), waiting_for(what):
        yield


def _project_with(name: str) -> Path:
    """The project's folder, where a recipe has that name, or had it when its data were made.

    Raises:
        RecipeError: none.
    """
    root = Workspace.find().root
    made = {path.parent.name for path in (root / "data").glob("*/settings.yaml")}
    if name not in (known := {*names(root), *made}):
        raise RecipeError(
            expected=f"a recipe among {', '.join(sorted(known))}",
            found=repr(name),
            remedy="`edgeline recipe list` shows them",
        )
    return root


def _table(lines: Iterable[HistoryRow]) -> Iterator[str]:
    row = "{} {:12}  {:20}  {:28}  {:16}  {}"
    yield row.format(" ", "revision", "when", "items", "where", "changed settings").rstrip()
    for line in lines:
        sets = ", ".join(
            f"{line.sets.get(key, 0):,} {key[:5]}" for key in ("train", "validation", "test")
        )
        changed = ", ".join(f"{key}: {_arrow(key, *pair)}" for key, pair in line.changed.items())
        where = ", ".join(line.places) or "nowhere whole"
        yield row.format(
            "*" if line.current else " ", line.revision[:12], _time(line.when), sets, where, changed
        ).rstrip()


def _changes(found: Difference) -> Iterator[str]:
    for key, pair in found.settings.items():
        yield fact(f"data.{key}", _arrow(key, *pair))
    for key, (before, after) in found.sets.items():
        yield fact(key, f"{before:,} > {after:,}" if before != after else f"{before:,}")
    yield from _named("added", found.added)
    yield from _named("removed", found.removed)
    yield from _named("renamed", [f"{was} > {now}" for was, now in found.renamed.values()])
    yield from _named("relabelled", _arrows(found.relabelled))
    yield from _named("other content", found.changed)
    yield from _named("other set", _arrows(found.moved))
    drift = found.drift
    alarms = [f"{shift.name} by {shift.distance:.3f} (p {shift.p:.2g})" for shift in drift.alarms]
    yield from _named("new features", drift.added)
    yield from _named("lost features", drift.removed)
    yield fact("drift", "; ".join(alarms) or "no more than chance")


def _time(when: str) -> str:
    """To the second."""
    return f"{when[:19]}Z"


def _arrow(key: str, was: object, now: object) -> str:
    """What a setting was and is; digests as short as revisions."""
    return f"{str(was)[:12]} > {str(now)[:12]}" if key == "digest" else f"{was} > {now}"


def _arrows(pairs: dict[str, tuple[str, str]]) -> list[str]:
    return [f"{id}: {was} > {now}" for id, (was, now) in pairs.items()]


def _named(what: str, names: Iterable[str]) -> Iterator[str]:
    """How many, and the first ones by name; nothing where there are none."""
    found = list(names)
    if found:
        more = ", ..." if len(found) > SHOWN else ""
        shown = ", ".join(printable(name) for name in found[:SHOWN])
        yield fact(what, f"{len(found):,}: {shown}{more}")


def _outcome(restored: RestoreReport) -> str:
    origin = f", {restored.fetched} objects from the remote" if restored.fetched else ""
    return (
        f"{restored.name}: revision {restored.digest[:12]} of {_time(restored.when)} is there again{origin}; "
        "a run makes what its recipe's settings ask for"
    )
