"""The files of a revision: objects in DVC's cache, each named by its MD5.

A revision is complete when its card has the SHA-256 that names the revision, and every other file
the SHA-256 that the card records. Nothing of it is executed.
"""

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from edgeline.datasets import card
from edgeline.digest import sha256_file
from edgeline.errors import EnvironmentUnfit, Tampered
from edgeline.revisions.ledger import MD5, LedgerEntry
from edgeline.revisions.lockfile import md5_file


def object_path(cache: Path, md5: str) -> Path:
    """The path at which DVC keeps an object."""
    return cache / md5[:2] / md5[2:]


def list_files(cache: Path, entry: LedgerEntry) -> dict[str, str]:
    """MD5 of every file of a revision, by path below the data's folder.

    Raises:
        EnvironmentUnfit: the list of a folder's files is not in the cache.
        Tampered: the list is not valid, or names a file outside of its folder.
    """
    files = {}
    for path, md5 in entry.objects.items():
        if md5.endswith(".dir"):
            folder = _read_folder(cache, md5, entry)
            files.update({f"{path}/{below}": inner for below, inner in folder.items()})
        else:
            files[path] = md5
    return files


def find_missing(cache: Path, entry: LedgerEntry) -> list[str]:
    """Objects that are not in the cache; the files of a folder only where its list is."""
    folders = [md5 for md5 in entry.objects.values() if md5.endswith(".dir")]
    if missing := [md5 for md5 in folders if not object_path(cache, md5).is_file()]:
        return missing
    files = dict.fromkeys(list_files(cache, entry).values())
    return [md5 for md5 in files if not object_path(cache, md5).is_file()]


def find_damaged(cache: Path, objects: Iterable[str]) -> list[str]:
    """Those of the objects that no longer have the MD5 they are named by."""
    return [md5 for md5 in objects if md5_file(object_path(cache, md5)) != md5.removesuffix(".dir")]


def verify_files(cache: Path, entry: LedgerEntry) -> tuple[card.Card, dict[str, Path]]:
    """The card of a revision, and the path of each of its files in the cache, all hashed again.

    Raises:
        EnvironmentUnfit: an object is not in the cache.
        Tampered: an object has another digest than the card records.
    """
    files = {path: object_path(cache, md5) for path, md5 in list_files(cache, entry).items()}
    if missing := [path for path, place in files.items() if not place.is_file()]:
        raise _not_cached(entry, missing[0])
    described = load_card(cache, entry)
    data = {path: place for path, place in files.items() if path not in card.NOT_DATA}
    for path in sorted(described.files.keys() | data.keys()):
        expected, place = described.files.get(path), data.get(path)
        _require_same(entry, path, expected, sha256_file(place) if place else None, place)
    return described, files


def load_card(cache: Path, entry: LedgerEntry) -> card.Card:
    """The card of a revision, which has the digest that names the revision."""
    place = object_path(cache, entry.dvc)
    if not place.is_file():
        raise _not_cached(entry, card.CARD)
    _require_same(entry, card.CARD, entry.digest, sha256_file(place), place)
    return card.parse(place.read_bytes(), str(place))


def _read_folder(cache: Path, md5: str, entry: LedgerEntry) -> dict[str, str]:
    try:
        content = json.loads(object_path(cache, md5).read_bytes())
        files = {str(file["relpath"]): str(file["md5"]) for file in content}
    except FileNotFoundError:
        raise _not_cached(entry, md5) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        files = {"": ""}
    if all(_is_below(path) and MD5.fullmatch(inner) for path, inner in files.items()):
        return files
    raise _tampered(entry, f"the list of files {md5}", "another file", object_path(cache, md5))


def _is_below(path: str) -> bool:
    """Whether a path of a list stays in its folder."""
    return (
        path not in ("", ".") and not path.startswith("/") and ".." not in PurePosixPath(path).parts
    )


def _require_same(
    entry: LedgerEntry, path: str, expected: str | None, actual: str | None, place: Path | None
) -> None:
    if expected != actual:
        words = f"data/{entry.name}/{path} {card.describe_digest(expected, 'not to be there')}"
        raise _tampered(entry, words, card.describe_digest(actual, "no such file"), place)


def _tampered(entry: LedgerEntry, expected: str, found: str, place: Path | None) -> Tampered:
    deletion = f"delete {place}; " if place else ""
    return Tampered(
        expected=f"{expected}, as in revision {entry.digest[:12]}",
        found=found,
        remedy=f"{deletion}then `edgeline data pull {entry.name}` fetches it from the remote, "
        f"or a run with the settings of that revision makes it again",
    )


def _not_cached(entry: LedgerEntry, what: str) -> EnvironmentUnfit:
    return EnvironmentUnfit(
        expected=f"revision {entry.digest[:12]} of {entry.name} in DVC's cache or on a remote",
        found=f"no {what} in either",
        remedy="a run with the settings of that revision makes it again",
    )
