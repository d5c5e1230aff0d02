"""Which version of a model registry holds which artifact, as the releases on a chain say.

A registry's tags, aliases and files are whoever's can write to it. What was released under which name and
number stands on the chain, in the order in which it was stated: the last word about a number is what that
version must hold, the last word about a name is its candidate.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edgeline.anchoring.interface import VALID
from edgeline.anchoring.subject import Named
from edgeline.auditing import answers
from edgeline.auditing.answers import Entry
from edgeline.auditing.chain_session import ChainSession
from edgeline.auditing.withdrawal import revoked
from edgeline.errors import EnvironmentUnfit, NotAnchored, Tampered

AGAIN = "register the model again from an intact artifact"
STORED = "stored"
"""Claim: the digest of all files that the registry keeps of a version."""
WORDS = {STORED: "files (MLmodel, requirements.txt and all others) of digest"}
"""What a claim is called, where its key says too little."""


@dataclass(frozen=True)
class Release:
    """An artifact was released as this version, with these files."""

    name: str
    number: str
    claims: Mapping[str, str]
    """What the version must say of itself, and the digest of its stored files."""
    entry: Entry

    @property
    def artifact(self) -> str:
        return self.entry.subject

    @property
    def is_valid(self) -> bool:
        return self.entry.status.word == answers.VALID

    def __str__(self) -> str:
        return f"{self.name} version {self.number}"


def find_releases(session: ChainSession) -> list[Release]:
    """What this project released by a chain, newest first; releases that name no number are left out."""
    found = []
    for entry in session.audit().releases()[::-1]:
        if session.archive.statement(entry.statement) and "version" in entry.about:
            about = {key: str(value) for key, value in entry.about.items()}
            name, number = about.pop("recipe", ""), about.pop("version")
            found.append(Release(name, number, about, entry))
    return found


def newest_by_version(releases: Iterable[Release]) -> dict[tuple[str, str], Release]:
    """The last word about each version, of releases that come newest first."""
    newest: dict[tuple[str, str], Release] = {}
    for one in releases:
        newest.setdefault((one.name, one.number), one)
    return newest


def require_release(
    session: ChainSession, thing: Named, name: str, number: str, claims: Mapping[str, str]
) -> None:
    """The last release by this name and number is of this artifact and these files, and still holds.

    Raises:
        NotAnchored: there is none.
        Tampered: it is of another artifact, or says something else than `claims`.
        Revoked: it must not be used any more.
    """
    release = newest_by_version(find_releases(session)).get((name, number))
    if release is None:
        raise NotAnchored(
            expected=f"a release on chain {session.contract.deployment.chain_id} that names {name} version {number}",
            found="none in this project's statements",
            remedy=f"`edgeline run {name}` states that of its candidate; delete a version that nobody released",
        )
    stated = {"artifact": release.artifact, **release.claims}
    for key, value in {"artifact": thing.digest, **claims}.items():
        if stated.get(key) != value:
            raise Tampered(
                expected=f"{name} version {number} in the model registry with {WORDS.get(key, key)} "
                f"{stated.get(key)}, as released",
                found=value or "none",
                remedy=AGAIN,
            )
    if session.contract.status(release.entry.statement) != VALID or not release.is_valid:
        raise revoked(thing, release.entry, "its release")


def require_candidate(name: str, number: str, releases: Iterable[Release], complete: bool) -> None:
    """The candidate is what was released last by this name; or last and still holds, after a revocation.

    `releases` come newest first; they are not `complete` where a chain could not be asked.

    Raises:
        Tampered: the alias was moved by hand, or taken away.
        EnvironmentUnfit: so it seems, but a chain that may know better could not be asked.
    """
    ours = [one for one in releases if one.name == name]
    last = [*ours[:1], *[one for one in ours if one.is_valid][:1]]
    if last and number not in {one.number for one in last}:
        error = Tampered if complete else EnvironmentUnfit
        raise error(
            expected=f"the candidate of {name} at {last[-1]}, which was released last",
            found=f"version {number}" if number else "none",
            remedy=f"`edgeline run {name}` releases a candidate; revoke a release that must not be it any more",
        )


def lost(release: Release) -> Tampered:
    """What is wrong where a version that was released, and whose release holds, is no longer there."""
    return Tampered(
        expected=f"{release} in the model registry, as released in block {release.entry.block}",
        found="no such version: it was deleted",
        remedy="restore it from a copy; if it was meant to go, `edgeline chain revoke "
        f"{release.entry.statement} --reason superseded`",
    )
