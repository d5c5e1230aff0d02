"""The data in one file: the SHA-256 of every file, counts, classes, shares, source, licence.

The card is written last and withdrawn first: where there is a card, the data are complete. Its
SHA-256 is the identity of the data.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeline.datasets.profile import Profile
from edgeline.datasets.raw import ColumnNote
from edgeline.digest import NOT_PLAIN, JsonValue, canonical_json, folder_digests, sha256_bytes
from edgeline.errors import EnvironmentUnfit, Tampered
from edgeline.files import PARTIAL, write_atomically
from edgeline.preprocess import Preprocessing

CARD = "card.json"
FORMAT = "edgeline data card 2"

# Files in the folder that are no data.
NOT_DATA = (CARD, "settings.yaml", "README.md", "receipt.json")


@dataclass(frozen=True)
class Form:
    """What a network is made for: its inputs and its classes."""

    preprocessing: Preprocessing
    classes: tuple[str, ...]
    """Names, in the order of the labels."""
    augmentation: str
    """Random changes that do not change an item's class."""

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "preprocessing": self.preprocessing.to_json(),
            "classes": list(self.classes),
            "augmentation": self.augmentation,
        }

    @classmethod
    def from_json(cls, described: dict[str, Any]) -> "Form":
        return cls(
            preprocessing=Preprocessing.from_json(described["preprocessing"]),
            classes=tuple(map(str, described["classes"])),
            augmentation=str(described["augmentation"]),
        )


@dataclass(frozen=True)
class Card:
    """A data set as its card describes it."""

    digest: str
    """SHA-256 of the card's bytes: the revision of the data."""
    files: dict[str, str]
    """SHA-256 by POSIX path below the folder."""
    source: dict[str, str]
    """Name, title, licence (SPDX) and origin."""
    raw: int
    """Items that the source named."""
    set_classes: dict[str, tuple[int, ...]]
    """Items of each class in train, validation and test."""
    groups: dict[str, int]
    """How many groups are in train, validation and test; 0 where groups are not known."""
    left_out: dict[str, int]
    """By reason, how many raw items are in no set."""
    damaged: int
    """Of these, how many are damaged, constant or not finite; the others are copies."""
    duplicates: dict[str, int]
    """How many copies were left out: "exact within", "near within", "exact across", "near across"."""
    suspects: int
    """Labels suspected wrong that the report lists."""
    central: tuple[int, ...]
    """Items of each class at the central site."""
    devices: tuple[tuple[int, ...], ...]
    """Per device, its number of items of each class."""
    deal: dict[str, Any]
    """How items were assigned to devices."""
    owners: tuple[str, ...]
    """The group that each device is, where groups are devices."""
    distances: tuple[str, ...]
    """Total variation distance of each device's mix of classes from that of all together."""
    skew: str
    """Mean of the distances."""
    form: Form
    profile: Profile
    """Of the training set, for `drift`."""
    column_notes: tuple[ColumnNote, ...] = ()
    """On columns of the source that were turned, left out or lack values; only where there are any."""

    @property
    def sets(self) -> dict[str, int]:
        """Items in train, validation and test."""
        return {name: sum(counts) for name, counts in self.set_classes.items()}


def check(folder: Path) -> Card:
    """Hash every file again and compare with the card.

    Raises:
        EnvironmentUnfit: there is no card, so the data are not complete.
        Tampered: a file differs, is missing or is not on the card; the message names it.
    """
    card = load(folder)
    for path, recorded, actual in find_differences(folder, card):
        raise Tampered(
            expected=f"{folder.name}/{path} {describe_digest(recorded, 'not to be there')}",
            found=describe_digest(actual, "no such file"),
            remedy="delete the file, and make the data again with `dvc repro`",
        )
    return card


def find_differences(folder: Path, card: Card) -> Iterator[tuple[str, str | None, str | None]]:
    """Path, recorded and actual SHA-256 of every file that differs, is missing or is not on the card."""
    digests = folder_digests(folder, without=NOT_DATA, cached=True)
    for path in sorted(card.files.keys() | digests.keys()):
        if card.files.get(path) != digests.get(path):
            yield path, card.files.get(path), digests.get(path)


def load(folder: Path) -> Card:
    """The card, without a check of the files.

    Raises:
        EnvironmentUnfit: there is no card.
        Tampered: the file is not a card.
    """
    path = folder / CARD
    try:
        return parse(path.read_bytes(), f"{folder.name}/{CARD}")
    except FileNotFoundError:
        raise EnvironmentUnfit(
            expected=f"complete data in {folder.name}",
            found=f"no {CARD} there",
            remedy="make the data with `dvc repro`",
        ) from None


def parse(content: bytes, where: str) -> Card:
    """The card with these bytes; the message says `where` they are.

    Raises:
        Tampered: the file is not a card.
    """
    try:
        return _parse(json.loads(content), sha256_bytes(content))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Tampered(
            expected=f"a data card in {where}",
            found="a file that is no data card",
            remedy="delete the file, and make the data again with `dvc repro`",
        ) from None


def write(folder: Path, **content: JsonValue) -> Card:
    """Write the card of all files in `folder`; the last act of making data."""
    files: dict[str, JsonValue] = dict(folder_digests(folder, without=NOT_DATA, cached=True))
    # "card" is the first key of all, by which a file is known as a card before it is read whole
    write_atomically(folder / CARD, canonical_json({"card": FORMAT, "files": files, **content}))
    return load(folder)


def withdraw(folder: Path) -> None:
    """Remove the card; the first act of every stage, so that half-made data are never used.

    Files that a killed stage or a killed DVC was writing go as well, or the next card would list them.
    """
    (folder / CARD).unlink(missing_ok=True)
    for partial in (*folder.rglob(f"*{PARTIAL}"), *folder.glob(".*.tmp")):
        partial.unlink()


def _parse(content: dict[str, Any], digest: str) -> Card:
    if content.pop("card") != FORMAT:
        raise ValueError(FORMAT)
    return Card(
        digest=digest,
        form=Form.from_json(content.pop("form")),
        profile=Profile.from_json(content.pop("profile")),
        set_classes=_tuples(content.pop("sets")),
        column_notes=tuple(ColumnNote(**one) for one in content.pop("column_notes", ())),
        **_tuples(content),
    )


def _tuples(value: Any) -> Any:
    """JSON's lists as tuples."""
    match value:
        case list():
            return tuple(map(_tuples, value))
        case dict():
            return {name: _tuples(one) for name, one in value.items()}
    return value


def describe_digest(digest: str | None, otherwise: str) -> str:
    """A digest in the words of a message."""
    if digest is None:
        return otherwise
    return digest if digest == NOT_PLAIN else f"with SHA-256 {digest[:12]}..."
