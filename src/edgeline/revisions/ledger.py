"""The ledger: every revision of the data that there was here, enough to bring it back.

One file for each, `.edgeline/revisions/NAME/DIGEST.json`. A remote keeps copies of these files, and
what comes from there is read as strictly as if a stranger had written it.
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
from edgeline.revisions.lockfile import addresses, outputs, recorded
from edgeline.workspace import Workspace

FORMAT = "edgeline data revision 1"

DIGEST, MD5 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{32}(\.dir)?")


@dataclass(frozen=True)
class Entry:
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


def enter(root: Path, name: str, described: card.Card, now: datetime) -> Entry:
    """Enter the data that lie there; a revision that is known keeps the time of its first entry."""
    path = folder_of(root, name) / f"{described.digest}.json"
    stages = recorded(root, name)
    known = read_json(path) or {}
    entry = Entry(
        name=name,
        digest=described.digest,
        dvc=outputs(stages)[f"data/{name}/{card.CARD}"],
        when=known.get("when") or f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        sets=dict(described.sets),
        settings=settings_text(read_settings(Workspace(root).data(name) / "settings.yaml")),
        lock=stages,
    )
    content = {"format": FORMAT, **asdict(entry)}
    if content != known:
        write_json(path, content)
    return entry


def adopt(root: Path, name: str, digest: str, content: bytes) -> Entry:
    """Enter a revision that a remote knows.

    Raises:
        Tampered: the record is not one.
    """
    entry = _parse(name, digest, content, f"the record of revision {digest[:12]} on the remote")
    write_json(folder_of(root, name) / f"{digest}.json", {"format": FORMAT, **asdict(entry)})
    return entry


def entries(root: Path, name: str) -> list[Entry]:
    """All revisions that are known, newest first."""
    found = [
        _parse(name, path.stem, path.read_bytes(), path.relative_to(root).as_posix())
        for path in folder_of(root, name).glob("*.json")
        if DIGEST.fullmatch(path.stem)
    ]
    return sorted(found, key=lambda entry: (entry.when, entry.digest), reverse=True)


def find(root: Path, name: str, prefix: str) -> Entry:
    """The revision whose SHA-256, or DVC's MD5, begins with `prefix`.

    Raises:
        RecipeError: none does, or more than one.
    """
    found = matches(root, name, prefix)
    if len(found) == 1:
        return found[0]
    raise RecipeError(
        expected=f"the beginning of one revision of {name}",
        found=f"{prefix!r}, with which {'none begins' if not found else f'{len(found)} begin'}",
        remedy=f"`edgeline data list {name}` shows them",
    )


def matches(root: Path, name: str, prefix: str) -> list[Entry]:
    """The revisions that `prefix` may mean."""
    wanted = prefix.lower()
    return [
        entry
        for entry in entries(root, name)
        if wanted and (entry.digest.startswith(wanted) or entry.dvc.startswith(wanted))
    ]


def changed(before: Entry | None, after: Entry) -> dict[str, tuple[Any, Any]]:
    """Settings that differ, as (before, after)."""
    if before is None:
        return {}
    old, new = before.values, after.values
    return {
        key: (old.get(key), new.get(key))
        for key in [*new, *(key for key in old if key not in new)]
        if old.get(key) != new.get(key)
    }


def _parse(name: str, digest: str, content: bytes, where: str) -> Entry:
    try:
        values = json.loads(content)
        if values.pop("format") != FORMAT:
            raise ValueError(where)
        entry = Entry(**values)
        wrong = next(_wrong(entry, name, digest), None)
    except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError, RecursionError):
        wrong = "something else"
    if wrong is None:
        return entry
    raise Tampered(
        expected=f"a record of a revision of {name} in {where}",
        found=wrong,
        remedy="delete it; a run, or `edgeline data pull`, enters the revision again",
    )


def _wrong(entry: Entry, name: str, digest: str) -> Iterator[str]:
    """Why an entry cannot be what it says; it decides which files are written where."""
    if (entry.name, entry.digest) != (name, digest) or not DIGEST.fullmatch(digest):
        yield "another revision"
    if list(entry.lock) != addresses(name) or entry.objects.get(card.CARD) != entry.dvc:
        yield "other stages"
    if not all(isinstance(text, str) for text in (entry.when, entry.settings)):
        yield "no text where there should be"
    if not isinstance(entry.values, dict) or not all(map(_is_count, entry.sets.items())):
        yield "no settings, or no counts"
    for path, md5 in outputs(entry.lock).items():
        parts = PurePosixPath(path).parts
        if parts[:2] != ("data", name) or len(parts) != 3 or ".." in parts:
            yield f"a file elsewhere, {path!r}"
        if not MD5.fullmatch(md5):
            yield f"no MD5, {md5!r}"


def _is_count(item: tuple[Any, Any]) -> bool:
    return isinstance(item[0], str) and isinstance(item[1], int)
