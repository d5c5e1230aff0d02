"""Between DVC's cache and a remote; a process of its own, that `remote` starts and may end.

On stdout a line when the remote has answered, then one with the result. Objects go first, the lists
of folders' files next, the record of a revision last: where there is a record, the revision is
whole. It can be killed at any time, and the same command goes on.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgeline.errors import EdgelineError, Tampered
from edgeline.files import acquire_lock
from edgeline.revisions import ledger, objects
from edgeline.revisions.ledger import DIGEST, Entry
from edgeline.revisions.remote import Place, Sent, mark, on, place_of
from edgeline.revisions.repository import PATIENCE_S, memory, repository
from edgeline.workspace import Workspace

RECORDS = ("edgeline", "revisions")
"""Below the remote's address, beside DVC's own `files`."""


def main(verb: str, root: Path, name: str, which: list[str]) -> None:
    with memory(root, "remote-") as folder, repository(root, folder) as repo:
        remote, place = repo.cloud.get_remote(), place_of(repo)
        assert place
        remote.fs.exists(remote.path)
        _say({"reached": place.name})
        lock = Workspace(root).lock_file(f"{name}-remote")
        with acquire_lock(lock, f"the remote's copy of {name} to be free", patience_s=PATIENCE_S):
            sent = (_push if verb == "push" else _pull)(repo, remote, place, root, name, which)
    _say(asdict(sent))


def _push(repo: Any, remote: Any, place: Place, root: Path, name: str, which: list[str]) -> Sent:
    """Send the revisions that the remote is not known to have, or really all."""
    cache, here = Path(repo.cache.local.path), ledger.entries(root, name)
    there, lacking, moved = set() if "all" in which else on(root, name, place), [], 0
    for entry in here:
        if entry.digest in there:
            continue
        if objects.lacking(cache, entry):
            lacking.append(entry.digest)
            continue
        moved += _send(repo, remote, cache, entry)
        record = ledger.folder_of(root, name) / f"{entry.digest}.json"
        _place(remote, str(record), remote.fs.join(remote.path, *RECORDS, name, record.name))
        there.add(entry.digest)
        mark(root, name, place, there)
    return Sent(place.name, tuple(sorted(there)), moved, tuple(lacking))


def _send(repo: Any, remote: Any, cache: Path, entry: Entry) -> int:
    """The objects of one revision; one of another size is the rest of a transfer that was killed."""
    files = dict.fromkeys(objects.files_of(cache, entry).values())
    folders = [md5 for md5 in entry.objects.values() if md5.endswith(".dir")]
    moved = 0
    for level in (list(files), folders):
        places = [remote.odb.oid_to_path(md5) for md5 in level]
        known = remote.fs.info(places, return_exceptions=True)
        wanted = [
            md5
            for md5, info in zip(level, known, strict=True)
            if not isinstance(info, dict)
            or info.get("size") != objects.place_of(cache, md5).stat().st_size
        ]
        if bad := objects.damaged(cache, wanted):
            place = objects.place_of(cache, bad[0])
            raise Tampered(
                expected=f"objects of DVC's cache with the MD5 they are named by, {place} too",
                found="something else",
                remedy=f"delete {place}, and a run puts it right",
            )
        if wanted:
            paths = [str(objects.place_of(cache, md5)) for md5 in wanted]
            remote.odb.add(paths, repo.cache.local.fs, wanted, check_exists=False)
            moved += len(wanted)
    return moved


def _place(remote: Any, path: str, target: str) -> None:
    remote.fs.makedirs(remote.fs.parent(target))
    remote.fs.put_file(path, target)


def _pull(repo: Any, remote: Any, place: Place, root: Path, name: str, which: list[str]) -> Sent:
    """Bring all records, then the objects of the revisions that are asked for."""
    cache = Path(repo.cache.local.path)
    there = _records(remote, root, name)
    lacking, moved = [], 0
    for entry in ledger.entries(root, name):
        if entry.digest in there and ("all" in which or entry.digest in which):
            try:
                moved += _fetch(repo, remote, cache, entry)
            except FileNotFoundError:
                there.discard(entry.digest)
                lacking.append(entry.digest)
    mark(root, name, place, there)
    return Sent(place.name, tuple(sorted(there)), moved, tuple(lacking))


def _records(remote: Any, root: Path, name: str) -> set[str]:
    """The revisions that the remote has records of; those that were not known are entered."""
    folder = remote.fs.join(remote.path, *RECORDS, name)
    known = {one.digest for one in ledger.entries(root, name)}
    there: set[str] = set()
    if not remote.fs.exists(folder):
        return there
    for path in sorted(remote.fs.find(folder)):
        digest = remote.fs.name(path).removesuffix(".json")
        if DIGEST.fullmatch(digest):
            if digest not in known:
                ledger.adopt(root, name, digest, bytes(remote.fs.cat_file(path)))
            there.add(digest)
    return there


def _fetch(repo: Any, remote: Any, cache: Path, entry: Entry) -> int:
    """The objects of one revision that the cache lacks: lists of folders' files first, as they name the rest."""
    moved = 0
    while wanted := objects.lacking(cache, entry):
        paths = [remote.odb.oid_to_path(md5) for md5 in wanted]
        repo.cache.local.add(paths, remote.fs, wanted, check_exists=False)
        if bad := objects.damaged(cache, wanted):
            for md5 in bad:
                objects.place_of(cache, md5).unlink()
            raise Tampered(
                expected=f"objects of the remote {remote.name} with the MD5 they are named by",
                found=f"{len(bad)} with another one, {bad[0]} first",
                remedy="`edgeline data push` from where the revision is whole, once they are deleted there",
            )
        moved += len(wanted)
    return moved


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
    except EdgelineError as error:
        words = {"expected": error.expected, "found": error.found, "remedy": error.remedy}
        _say({**words, "code": error.exit_code})
        sys.exit(error.exit_code)
