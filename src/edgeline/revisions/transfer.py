"""Transfers between DVC's cache and a remote, in a process that `remote` starts and may end.

It prints a line when the remote has answered, then one with the result. Objects are sent first, the
lists of folders' files next, the record of a revision last: where there is a record, the revision is
complete. The process can be killed at any time, and the same command resumes.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgeline.errors import EdgelineError, Tampered
from edgeline.files import acquire_lock
from edgeline.revisions import ledger, objects
from edgeline.revisions.ledger import DIGEST, LedgerEntry
from edgeline.revisions.remote import (
    Remote,
    TransferReport,
    default_remote,
    remember_sent,
    sent_revisions,
)
from edgeline.revisions.repository import PATIENCE_S, repository, temporary_state
from edgeline.workspace import Workspace

RECORDS = ("edgeline", "revisions")
"""Below the remote's address, beside DVC's own `files`."""


def main(verb: str, root: Path, name: str, which: list[str]) -> None:
    with temporary_state(root, "remote-") as folder, repository(root, folder) as repo:
        remote, place = repo.cloud.get_remote(), default_remote(repo)
        assert place
        remote.fs.exists(remote.path)
        _print_json({"reached": place.name})
        lock = Workspace(root).lock_file(f"{name}-remote")
        with acquire_lock(lock, f"the remote's copy of {name} to be free", patience_s=PATIENCE_S):
            sent = (_push if verb == "push" else _pull)(repo, remote, place, root, name, which)
    _print_json(asdict(sent))


def _push(
    repo: Any, remote: Any, place: Remote, root: Path, name: str, which: list[str]
) -> TransferReport:
    """Send the revisions that were not sent before; with `all`, every one."""
    cache, entries = Path(repo.cache.local.path), ledger.list_entries(root, name)
    there, lacking, moved = set() if "all" in which else sent_revisions(root, name, place), [], 0
    for entry in entries:
        if entry.digest in there:
            continue
        if objects.find_missing(cache, entry):
            lacking.append(entry.digest)
            continue
        moved += _send(repo, remote, cache, entry)
        record = ledger.folder_of(root, name) / f"{entry.digest}.json"
        folder = remote.fs.join(remote.path, *RECORDS, name)
        remote.fs.makedirs(folder)
        remote.fs.put_file(str(record), remote.fs.join(folder, record.name))
        there.add(entry.digest)
        remember_sent(root, name, place, there)
    return TransferReport(place.name, sorted(there), moved, lacking)


def _send(repo: Any, remote: Any, cache: Path, entry: LedgerEntry) -> int:
    """Send the objects of one revision; one of another size there is left from a killed transfer."""
    files = dict.fromkeys(objects.list_files(cache, entry).values())
    folders = [md5 for md5 in entry.objects.values() if md5.endswith(".dir")]
    moved = 0
    for level in (list(files), folders):
        places = [remote.odb.oid_to_path(md5) for md5 in level]
        infos = remote.fs.info(places, return_exceptions=True)
        missing = [
            md5
            for md5, info in zip(level, infos, strict=True)
            if not isinstance(info, dict)
            or info.get("size") != objects.object_path(cache, md5).stat().st_size
        ]
        if bad := objects.find_damaged(cache, missing):
            place = objects.object_path(cache, bad[0])
            raise Tampered(
                expected=f"the MD5 {bad[0]} of the object {place} in DVC's cache",
                found="another MD5",
                remedy="delete the file, and a run makes it again",
            )
        if missing:
            paths = [str(objects.object_path(cache, md5)) for md5 in missing]
            remote.odb.add(paths, repo.cache.local.fs, missing, check_exists=False)
            moved += len(missing)
    return moved


def _pull(
    repo: Any, remote: Any, place: Remote, root: Path, name: str, which: list[str]
) -> TransferReport:
    """Fetch all records, then the objects of the revisions in `which`."""
    cache = Path(repo.cache.local.path)
    there = _records(remote, root, name)
    lacking, moved = [], 0
    for entry in ledger.list_entries(root, name):
        if entry.digest in there and ("all" in which or entry.digest in which):
            try:
                moved += _fetch(repo, remote, cache, entry)
            except FileNotFoundError:
                there.discard(entry.digest)
                lacking.append(entry.digest)
    remember_sent(root, name, place, there)
    return TransferReport(place.name, sorted(there), moved, lacking)


def _records(remote: Any, root: Path, name: str) -> set[str]:
    """The revisions that the remote has records of; new ones are added to the ledger."""
    folder = remote.fs.join(remote.path, *RECORDS, name)
    local = {one.digest for one in ledger.list_entries(root, name)}
    there: set[str] = set()
    if not remote.fs.exists(folder):
        return there
    for path in sorted(remote.fs.find(folder)):
        digest = remote.fs.name(path).removesuffix(".json")
        if DIGEST.fullmatch(digest):
            if digest not in local:
                ledger.add_remote_entry(root, name, digest, bytes(remote.fs.cat_file(path)))
            there.add(digest)
    return there


def _fetch(repo: Any, remote: Any, cache: Path, entry: LedgerEntry) -> int:
    """Fetch the objects that the cache lacks, the lists of folders' files first, as they name the others."""
    moved = 0
    while missing := objects.find_missing(cache, entry):
        paths = [remote.odb.oid_to_path(md5) for md5 in missing]
        repo.cache.local.add(paths, remote.fs, missing, check_exists=False)
        if bad := objects.find_damaged(cache, missing):
            for md5 in bad:
                objects.object_path(cache, md5).unlink()
            raise Tampered(
                expected=f"objects on the remote {remote.name} that have the MD5 of their names",
                found=f"{len(bad)} with another MD5, {bad[0]} first",
                remedy="delete them on the remote, then run `edgeline data push` where the revision is complete",
            )
        moved += len(missing)
    return moved


def _print_json(line: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
    except EdgelineError as error:
        _print_json({**vars(error), "code": error.exit_code})
        sys.exit(error.exit_code)
