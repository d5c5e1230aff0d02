"""The remote that keeps the revisions: a folder, S3, SSH or whatever else DVC is configured for.

A process of its own (`transfer`) talks to the network. It is ended when nothing answers, and its
failure is never the failure of a run.
"""

import json
import select
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from edgeline.digest import sha256_bytes
from edgeline.errors import EdgelineError, EnvironmentUnfit, ServiceUnavailable
from edgeline.files import read_json, write_json
from edgeline.revisions import ledger
from edgeline.revisions.repository import KINDS, exclusive_dvc, repository

REACH_S = 30
"""How long a remote may take to answer first; the transfer itself has no limit."""


@dataclass(frozen=True)
class Remote:
    """The default remote of DVC's configuration."""

    name: str
    url: str

    @property
    def key(self) -> str:
        """A name for files that does not reveal a password in the address."""
        return sha256_bytes(self.url.encode())[:16]


@dataclass(frozen=True)
class TransferReport:
    """What was sent to a remote or fetched from it."""

    remote: str
    revisions: list[str]
    """All that are on the remote now."""
    objects: int
    """Files and lists of files that were not there before."""
    lacking: list[str]
    """Revisions of which files are missing, here or there."""


def default_remote(repo: Any) -> Remote | None:
    """The default remote; nothing where there is none."""
    name = repo.config["core"].get("remote")
    if not name:
        return None
    return Remote(name, str(repo.config["remote"].get(name.lower(), {}).get("url", "")))


def configured_remote(root: Path) -> Remote | None:
    with exclusive_dvc(root) as memory, repository(root, memory) as repo:
        return default_remote(repo)


def send(root: Path, name: str, target: Remote | None) -> str:
    """Send the revisions that the remote lacks; one line says why that failed, empty where it did not."""
    here = {one.digest for one in ledger.list_entries(root, name)}
    try:
        if target and not here <= sent_revisions(root, name, target):
            _transfer(root, target, "push", name)
    except EdgelineError as error:
        assert target
        return (
            f"{name} is not on the remote {target.name} yet: {error.found}; the next run sends it"
        )
    return ""


def push(root: Path, name: str) -> TransferReport:
    """Send every revision to the remote, also those that were sent before.

    Raises:
        EnvironmentUnfit: there is no remote, or it cannot be reached.
        Tampered: an object in DVC's cache is damaged.
    """
    return _transfer(root, _require_remote(root), "push", name, "all")


def pull(root: Path, name: str, digests: Iterable[str] = ("all",)) -> TransferReport:
    """Fetch the records of all revisions on the remote, and the files of some into DVC's cache.

    Raises:
        EnvironmentUnfit: there is no remote, or it cannot be reached.
        Tampered: a file from the remote has another digest than its name.
    """
    return _transfer(root, _require_remote(root), "pull", name, *digests)


def sent_revisions(root: Path, name: str, target: Remote) -> set[str]:
    """Revisions that were sent to the remote, without asking it."""
    if target.url.startswith("/") and not Path(target.url).is_dir():
        return set()
    return set((read_json(_sent_file(root, name, target)) or {}).get("revisions", []))


def remember_sent(root: Path, name: str, target: Remote, revisions: Iterable[str]) -> None:
    """Remember that these are on the remote."""
    write_json(_sent_file(root, name, target), {"revisions": sorted(revisions)})


def _sent_file(root: Path, name: str, target: Remote) -> Path:
    return ledger.folder_of(root, name) / "remotes" / f"{target.key}.json"


def _require_remote(root: Path) -> Remote:
    target = configured_remote(root)
    if target:
        return target
    raise EnvironmentUnfit(
        expected="a remote for the data in DVC's configuration",
        found="none",
        remedy="add one with `.venv/bin/dvc remote add -d NAME URL`",
    )


def _transfer(root: Path, target: Remote, verb: str, name: str, *which: str) -> TransferReport:
    """Run `transfer` as a process in a session of its own, which cannot ask for a password."""
    command = [sys.executable, "-m", "edgeline.revisions.transfer", verb, str(root), name, *which]
    with (
        TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
        subprocess.Popen(
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdout
        try:
            if not select.select([process.stdout], [], [], REACH_S)[0]:
                raise _unreachable(target, f"no answer within {REACH_S} s")
            lines = process.stdout.readlines()
        finally:
            process.kill()
        return _parse_result(target, lines, errors)


def _parse_result(target: Remote, lines: list[str], errors: IO[str]) -> TransferReport:
    """The result or an error of ours from the last line; any other failure is in `errors`."""
    result = json.loads(lines[-1]) if lines else {}
    if "remote" in result:
        return TransferReport(**result)
    if "expected" in result:
        raise KINDS[result.pop("code")](**result)
    errors.seek(0)
    words = [line.strip() for line in errors.read().splitlines() if line.strip()]
    raise _unreachable(target, words[-1][:300] if words else "no output")


def _unreachable(target: Remote, found: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        expected=f"an answer of the remote {target.name}",
        found=found,
        remedy="check `.venv/bin/dvc remote list`, the network and the credentials",
    )
