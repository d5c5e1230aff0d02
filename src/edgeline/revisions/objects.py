"""The content behind a revision: objects in DVC's cache, each named by its MD5.

What counts is SHA-256: a revision is whole when its card has the digest that names the revision,
and every other file the one that the card says. Nothing of it is executed.
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from edgeline.datasets import card
from edgeline.digest import sha256_file
from edgeline.errors import EnvironmentUnfit, Tampered
from edgeline.revisions.ledger import MD5, Entry
from edgeline.revisions.lockfile import md5_of


def place_of(cache: Path, md5: str) -> Path:
    """Where DVC keeps an object."""
    return cache / md5[:2] / md5[2:]


def files_of(cache: Path, entry: Entry) -> dict[str, str]:
    """MD5 of every file of a revision, by path below the data's folder.

    Raises:
        EnvironmentUnfit: the list of a folder's files is not in the cache.
        Tampered: such a list is not one, or leads out of its folder.
    """
    found = {}
    for path, md5 in entry.objects.items():
        if md5.endswith(".dir"):
            listed = _listed(cache, md5, entry)
            found.update({f"{path}/{below}": inner for below, inner in listed.items()})
        else:
            found[path] = md5
    return found


def lacking(cache: Path, entry: Entry) -> list[str]:
    """Objects that are not in the cache; the files of a folder only where its list is."""
    folders = [md5 for md5 in entry.objects.values() if md5.endswith(".dir")]
    if missing := [md5 for md5 in folders if not place_of(cache, md5).is_file()]:
        return missing
    files = dict.fromkeys(files_of(cache, entry).values())
    return [md5 for md5 in files if not place_of(cache, md5).is_file()]


def damaged(cache: Path, objects: Iterable[str]) -> list[str]:
    """Those of the objects that no longer have the MD5 they are named by."""
    return [md5 for md5 in objects if md5_of(place_of(cache, md5)) != md5.removesuffix(".dir")]


def proven(cache: Path, entry: Entry, below: Path) -> tuple[card.Card, dict[str, Path]]:
    """The card of a revision, and where each of its files lies in the cache, all hashed again.

    `below` is a folder for what has to be written meanwhile.

    Raises:
        EnvironmentUnfit: an object is not in the cache.
        Tampered: an object is not what the revision's digest says.
    """
    files = {path: place_of(cache, md5) for path, md5 in files_of(cache, entry).items()}
    if gone := [path for path, place in files.items() if not place.is_file()]:
        raise _gone(entry, gone[0])
    described = card_of(cache, entry, below)
    data = {path: place for path, place in files.items() if path not in card.NOT_DATA}
    for path in sorted(described.files.keys() | data.keys()):
        said, place = described.files.get(path), data.get(path)
        _same(entry, path, said, sha256_file(place) if place else None, place)
    return described, files


def card_of(cache: Path, entry: Entry, below: Path) -> card.Card:
    """The card of a revision, which has the digest that names the revision."""
    place = place_of(cache, entry.dvc)
    if not place.is_file():
        raise _gone(entry, card.CARD)
    _same(entry, card.CARD, entry.digest, sha256_file(place), place)
    with TemporaryDirectory(dir=below, ignore_cleanup_errors=True) as folder:
        shutil.copyfile(place, Path(folder) / card.CARD)
        return card.load(Path(folder))


def _listed(cache: Path, md5: str, entry: Entry) -> dict[str, str]:
    try:
        content = json.loads(place_of(cache, md5).read_bytes())
        listed = {str(file["relpath"]): str(file["md5"]) for file in content}
    except FileNotFoundError:
        raise _gone(entry, md5) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        listed = {"": ""}
    if all(_is_below(path) and MD5.fullmatch(inner) for path, inner in listed.items()):
        return listed
    raise _foreign(entry, f"the list of files {md5}", "something else", place_of(cache, md5))


def _is_below(path: str) -> bool:
    """Whether a path of a list stays in its folder."""
    return (
        path not in ("", ".") and not path.startswith("/") and ".." not in PurePosixPath(path).parts
    )


def _same(
    entry: Entry, path: str, expected: str | None, found: str | None, place: Path | None
) -> None:
    if expected != found:
        said = f"data/{entry.name}/{path} {card.describe_digest(expected, 'not to be there')}"
        raise _foreign(entry, said, card.describe_digest(found, "no such file"), place)


def _foreign(entry: Entry, expected: str, found: str, place: Path | None) -> Tampered:
    away = f"delete {place}: " if place else ""
    return Tampered(
        expected=f"{expected}, as in revision {entry.digest[:12]}",
        found=found,
        remedy=f"{away}what the cache lacks comes from the remote, "
        f"or a run with the settings of that revision makes it again",
    )


def _gone(entry: Entry, what: str) -> EnvironmentUnfit:
    return EnvironmentUnfit(
        expected=f"revision {entry.digest[:12]} of {entry.name} in DVC's cache or on a remote",
        found=f"no {what}",
        remedy="a run with the settings of that revision makes it again",
    )
