"""The ledger: every revision of the data that was here, with all that is needed to bring it back.

One file for each, `.edgeline/revisions/NAME/DIGEST.json`. A remote keeps copies of these files, and
its copies are checked as strictly as a stranger's.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from edgeline.datasets import card
from edgeline.errors import RecipeError, Tampered
from edgeline.files import read_json, write_json
from edgeline.recipe.data import read_settings, settings_text
from edgeline.revisions.lockfile import addresses, outputs, read_stages
from edgeline.workspace import Workspace

FORMAT = "edgeline data revision 1"

DIGEST, MD5 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{32}(\.dir)?")


@dataclass(frozen=True)
class LedgerEntry:
    """One revision of the data of a recipe."""

    name: str
    digest: str
    """SHA-256 of the card: the revision."""
    dvc: str
    """MD5 of the card in dvc.lock."""
    when: str
    """When it was first there; UTC."""
    sets: dict[str, int]
    """Items in train, validation and test."""
    settings: str
    """What data/NAME/settings.yaml held."""
    lock: dict[str, Any]
    """What dvc.lock held about the recipe's three stages."""

    @property
    def values(self) -> dict[str, Any]:
        """The settings by name."""
        return dict(yaml.safe_load(self.settings))

    @property
    def objects(self) -> dict[str, str]:
        """MD5 of every file and folder that the stages made, by path below the data's folder."""
        below = f"data/{self.name}/"
        return {path.removeprefix(below): value for path, value in outputs(self.lock).items()}


def folder_of(root: Path, name: str) -> Path:
    return Workspace(root).revisions(name)


def add_entry(root: Path, name: str, described: card.Card, now: datetime) -> LedgerEntry:
    """Add the present data; a revision that is in the ledger keeps the time of its first entry."""
    path = folder_of(root, name) / f"{described.digest}.json"
    stages = read_stages(root, name)
    previous = read_json(path) or {}
    entry = LedgerEntry(
        name=name,
        digest=described.digest,
        dvc=outputs(stages)[f"data/{name}/{card.CARD}"],
        when=previous.get("when") or f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        sets=dict(described.sets),
        settings=settings_text(read_settings(Workspace(root).data(name) / "settings.yaml")),
        lock=stages,
    )
    content = {"format": FORMAT, **asdict(entry)}
    if content != previous:
        write_json(path, content)
    return entry


def add_remote_entry(root: Path, name: str, digest: str, content: bytes) -> LedgerEntry:
    """Add a revision that a remote has.

    Raises:
        Tampered: the record is not a ledger entry.
    """
    entry = _parse(name, digest, content, f"the record of revision {digest[:12]} on the remote")
    write_json(folder_of(root, name) / f"{digest}.json", {"format": FORMAT, **asdict(entry)})
    return entry


def list_entries(root: Path, name: str) -> list[LedgerEntry]:
    """All revisions of the ledger, newest first."""
    entries = [
        _parse(name, path.stem, path.read_bytes(), path.relative_to(root).as_posix())
        for path in folder_of(root, name).glob("*.json")
        if DIGEST.fullmatch(path.stem)
    ]
    return sorted(entries, key=lambda entry: (entry.when, entry.digest), reverse=True)


def find_entry(root: Path, name: str, prefix: str) -> LedgerEntry:
    """The revision whose SHA-256, or DVC's MD5, begins with `prefix`.

    Raises:
        RecipeError: no revision does, or several do.
    """
    entries = match_entries(root, name, prefix)
    if len(entries) == 1:
        return entries[0]
    raise RecipeError(
        expected=f"the beginning of one revision of {name}",
        found=f"{len(entries) or 'no'} revisions that begin with {prefix!r}",
        remedy=f"`edgeline data list {name}` shows them",
    )


def match_entries(root: Path, name: str, prefix: str) -> list[LedgerEntry]:
    """The revisions that `prefix` may mean."""
    start = prefix.lower()
    return [
        entry
        for entry in list_entries(root, name)
        if start and (entry.digest.startswith(start) or entry.dvc.startswith(start))
    ]


def changed_settings(before: LedgerEntry | None, after: LedgerEntry) -> dict[str, tuple[Any, Any]]:
    """Settings that differ, as (before, after)."""
    if before is None:
        return {}
    old, new = before.values, after.values
    return {
        key: (old.get(key), new.get(key))
        for key in [*new, *(key for key in old if key not in new)]
        if old.get(key) != new.get(key)
    }


def _parse(name: str, digest: str, content: bytes, where: str) -> LedgerEntry:
    try:
        values = json.loads(content)
        if values.pop("format") != FORMAT:
            raise ValueError(where)
        entry = LedgerEntry(**values)
        problem = next(_problems(entry, name, digest), None)
    except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError, RecursionError):
        problem = "a file that is no such record"
    if problem is None:
        return entry
    raise Tampered(
        expected=f"a record of a revision of {name} in {where}",
        found=problem,
        remedy="delete it, and add the revision again with a run or `edgeline data pull`",
    )


def _problems(entry: LedgerEntry, name: str, digest: str) -> Iterator[str]:
    """Why an entry is not valid; its paths decide which files are written."""
    if (entry.name, entry.digest) != (name, digest) or not DIGEST.fullmatch(digest):
        yield "a record of another revision"
    if list(entry.lock) != addresses(name) or entry.objects.get(card.CARD) != entry.dvc:
        yield "a record of other stages"
    if not all(isinstance(text, str) for text in (entry.when, entry.settings)):
        yield "a time or settings that are no text"
    if not isinstance(entry.values, dict) or not all(map(_is_count, entry.sets.items())):
        yield "settings or counts that are none"
    for path, md5 in outputs(entry.lock).items():
        parts = PurePosixPath(path).parts
        if parts[:2] != ("data", name) or len(parts) != 3 or ".." in parts:
            yield f"a file outside of data/{name}: {path!r}"
        if not MD5.fullmatch(md5):
            yield f"{md5!r} in place of an MD5"


def _is_count(item: tuple[Any, Any]) -> bool:
    return isinstance(item[0], str) and isinstance(item[1], int)
