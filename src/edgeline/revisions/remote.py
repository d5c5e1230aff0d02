"""The remote that keeps the revisions: a folder, S3, SSH or whatever else DVC is configured for.

The network is asked by a process of its own (`transfer`): one that can be given up when nothing
answers, and whose failure never is the failure of a run.
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
from edgeline.errors import EdgelineError, EnvironmentUnfit, ServiceUnavailable, Tampered
from edgeline.files import read_json, write_json
from edgeline.revisions import ledger
from edgeline.revisions.repository import alone, repository

REACH_S = 30
"""How long a remote may take to say its first word; after that, the transfer takes what it takes."""

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Place:
    """The default remote of DVC's configuration."""

    name: str
    url: str

    @property
    def key(self) -> str:
        """Names the place and keeps a password in its address to itself."""
        return sha256_bytes(self.url.encode())[:16]


@dataclass(frozen=True)
class Sent:
    """What went to a remote or came from it."""

    remote: str
    revisions: tuple[str, ...]
    """All that are on the remote now."""
    objects: int
    """Files and lists of files that were not there before."""
    lacking: tuple[str, ...]
    """Revisions of which files are missing, here or there."""


def place_of(repo: Any) -> Place | None:
    """The default remote; nothing where there is none."""
    name = repo.config["core"].get("remote")
    if not name:
        return None
    return Place(name, str(repo.config["remote"].get(name.lower(), {}).get("url", "")))


def current(root: Path) -> Place | None:
    with alone(root) as memory, repository(root, memory) as repo:
        return place_of(repo)


def send(root: Path, name: str, place: Place | None) -> str:
    """Send what the remote lacks; says in one line why it could not, and nothing if it could."""
    if place is None or {one.digest for one in ledger.entries(root, name)} <= on(root, name, place):
        return ""
    try:
        sent = _transfer(root, place, "push", name)
    except EdgelineError as error:
        reason = error.found
    else:
        here = {one.digest for one in ledger.entries(root, name)}
        if here <= {*sent.revisions, *sent.lacking}:
            return ""
        reason = "another process is sending"
    return f"{name} is not on the remote {place.name} yet: {reason}; the next run sends it"


def push(root: Path, name: str) -> Sent:
    """Send every revision to the remote, whatever it is believed to have.

    Raises:
        EnvironmentUnfit: there is no remote, or it cannot be reached.
        Tampered: an object in DVC's cache is damaged.
    """
    return _transfer(root, _required(root), "push", name, "all")


def pull(root: Path, name: str, digests: Iterable[str] = ("all",)) -> Sent:
    """Bring the records of all revisions that the remote knows, and the files of some into DVC's cache.

    Raises:
        EnvironmentUnfit: there is no remote, or it cannot be reached.
        Tampered: what the remote gave is not what its name says.
    """
    return _transfer(root, _required(root), "pull", name, *digests)


def on(root: Path, name: str, place: Place) -> set[str]:
    """Revisions that are known to be on the remote, without asking it."""
    if place.url.startswith("/") and not Path(place.url).is_dir():
        return set()
    return set((read_json(_marks(root, name, place)) or {}).get("revisions", []))


def mark(root: Path, name: str, place: Place, revisions: Iterable[str]) -> None:
    """Remember that these are on the remote."""
    write_json(_marks(root, name, place), {"revisions": sorted(revisions)})


def _marks(root: Path, name: str, place: Place) -> Path:
    return ledger.folder_of(root, name) / "remotes" / f"{place.key}.json"


def _required(root: Path) -> Place:
    place = current(root)
    if place:
        return place
    raise EnvironmentUnfit(
        expected="a remote for the data",
        found="none in DVC's configuration",
        remedy="add one: `.venv/bin/dvc remote add -d NAME URL`",
    )


def _transfer(root: Path, place: Place, verb: str, name: str, *which: str) -> Sent:
    """Have it done by a process in a session of its own: nobody can be asked for a password there."""
    command = [sys.executable, "-m", "edgeline.revisions.transfer", verb, str(root), name, *which]
    with (
        TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(
            command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdout
        try:
            if not select.select([process.stdout], [], [], REACH_S)[0]:
                raise _away(place, f"no answer within {REACH_S} s")
            lines = process.stdout.readlines()
        finally:
            process.kill()
        return _outcome(place, lines, said)


def _outcome(place: Place, lines: list[str], said: IO[str]) -> Sent:
    """The last line is the result, or an error of ours; whatever else failed is on stderr."""
    result = json.loads(lines[-1]) if lines else {}
    if "remote" in result:
        return Sent(
            remote=result["remote"],
            revisions=tuple(result["revisions"]),
            objects=result["objects"],
            lacking=tuple(result["lacking"]),
        )
    if "expected" in result:
        code = result.pop("code")
        kind = next(
            one for one in (Tampered, EnvironmentUnfit, EdgelineError) if one.exit_code == code
        )
        raise kind(**result)
    said.seek(0)
    words = [line.strip() for line in said.read().splitlines() if line.strip()]
    raise _away(place, words[-1][:300] if words else "no word")


def _away(place: Place, found: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        expected=f"the remote {place.name} to be in reach",
        found=found,
        remedy="look at `.venv/bin/dvc remote list`, the network and the credentials",
    )
