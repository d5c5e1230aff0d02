"""What data are, in one file: the SHA-256 of every file, counts, classes, shares, source, licence.

The card is written last and withdrawn first: where there is one, the data are complete. Its own
SHA-256 is the identity of the data.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeline.digest import NOT_PLAIN, JsonValue, canonical_json, folder_digests, sha256_bytes
from edgeline.errors import EnvironmentUnfit, Tampered

CARD = "card.json"
FORMAT = "edgeline data card 1"

# In the folder, but not data: the settings that made them, and words about them.
BESIDES = (CARD, "settings.yaml", "README.md", "receipt.json")


@dataclass(frozen=True)
class Card:
    """A data set as its card describes it."""

    digest: str
    """SHA-256 of the card's bytes."""
    files: dict[str, str]
    """SHA-256 by POSIX path below the folder."""
    source: dict[str, str]
    """Name, title, licence (SPDX) and origin."""
    classes: int
    sets: dict[str, int]
    """Examples in train, validation and test."""
    left_out: dict[str, int]
    """By reason, how many raw images are in no set; exact copies are under "duplicate"."""
    central: tuple[int, ...]
    """Examples of each class at the central site."""
    devices: tuple[tuple[int, ...], ...]
    """Per device, its number of examples of each class."""
    skew: str
    """Mean total variation distance of the devices' mixes of classes from that of all together."""

    @property
    def revision(self) -> str:
        """Identity of the data; another name for the digest."""
        return self.digest


def check(folder: Path) -> Card:
    """Hash every file again and compare with the card.

    Raises:
        EnvironmentUnfit: there is no card, so the data were not made to the end.
        Tampered: a file differs, is missing or does not belong there; the message names it.
    """
    card = load(folder)
    for path, recorded, found in differences(folder, card):
        raise Tampered(
            expected=f"{folder.name}/{path} {describe(recorded, 'not to be there')}",
            found=describe(found, "no such file"),
            remedy="delete it, and the data's stages make it again",
        )
    return card


def differences(folder: Path, card: Card) -> Iterator[tuple[str, str | None, str | None]]:
    """Path, recorded and found SHA-256 of every file that differs, is missing or is too many."""
    found = folder_digests(folder, without=BESIDES)
    for path in sorted(card.files.keys() | found.keys()):
        if card.files.get(path) != found.get(path):
            yield path, card.files.get(path), found.get(path)


def load(folder: Path) -> Card:
    """The card as it stands, without a look at the files.

    Raises:
        EnvironmentUnfit: there is no card.
        Tampered: the file is not a card.
    """
    path = folder / CARD
    try:
        content = path.read_bytes()
        return _parse(json.loads(content), sha256_bytes(content))
    except FileNotFoundError:
        raise EnvironmentUnfit(
            expected=f"complete data in {folder.name}",
            found=f"no {CARD} there",
            remedy="make them with `dvc repro`",
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Tampered(
            expected=f"a data card in {folder.name}/{CARD}",
            found="something else",
            remedy="delete it, and the data's stages make it again",
        ) from None


def write(folder: Path, **content: JsonValue) -> Card:
    """Describe all that lies in `folder`; the last thing that is done to it."""
    files: dict[str, JsonValue] = dict(folder_digests(folder, without=BESIDES))
    written = canonical_json({"format": FORMAT, "files": files, **content})
    partial = folder / f"{CARD}.partial"
    partial.write_bytes(written)
    partial.replace(folder / CARD)
    return load(folder)


def withdraw(folder: Path) -> None:
    """First act of every step: nobody shall take half-made data for whole ones."""
    (folder / CARD).unlink(missing_ok=True)


def _parse(content: dict[str, Any], digest: str) -> Card:
    if content["format"] != FORMAT:
        raise ValueError(content["format"])
    prepared = content["prepared"]
    return Card(
        digest=digest,
        files=dict(content["files"]),
        source=dict(content["source"]),
        classes=int(content["classes"]),
        sets=dict(prepared["sets"]),
        left_out={reason: len(positions) for reason, positions in prepared["left_out"].items()},
        central=tuple(content["central"]),
        devices=tuple(tuple(counts) for counts in content["devices"]),
        skew=str(content["skew"]),
    )


def describe(digest: str | None, otherwise: str) -> str:
    """A digest as words of a message."""
    if digest is None:
        return otherwise
    return digest if digest == NOT_PLAIN else f"with SHA-256 {digest[:12]}..."
