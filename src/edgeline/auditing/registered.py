"""What a model registry holds, against what was released: versions that were deleted, candidates moved by hand."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from edgeline.auditing import holdings
from edgeline.auditing.findings import MISSING, Finding, judge
from edgeline.auditing.holdings import OpenSession
from edgeline.auditing.releases import find_releases, lost, newest_by_version, require_candidate
from edgeline.workspace import Workspace


class Registered(Protocol):
    """A version of a registry, and what it says of itself."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def artifact(self) -> str: ...
    @property
    def chain(self) -> str: ...


def audit_releases(
    workspace: Workspace,
    versions: Iterable[Registered],
    find_candidate: Callable[[str], Registered | None],
    open_session: OpenSession,
) -> list[Finding]:
    """A finding for each released version that is gone, and for the candidate of each name.

    `versions` are all that the registry holds; `find_candidate` gives the candidate of a name.
    """
    chains = holdings.reachable_chains(workspace, open_session)
    released = [one for name in chains for one in find_releases(open_session(name))]
    released.sort(key=lambda one: one.entry.time, reverse=True)
    complete = chains == holdings.anchored_chains(workspace)
    registered = {(one.name, one.number) for one in versions}
    missing = [
        Finding(str(one), one.artifact, MISSING, str(lost(one)))
        for key, one in sorted(newest_by_version(released).items())
        if one.is_valid and key not in registered
    ]
    candidates = []
    for name in sorted({name for name, _ in registered} | {one.name for one in released}):
        version = find_candidate(name)
        number, digest = (version.number, version.artifact) if version else ("", "")
        if version is None or not holdings.is_pending(workspace, version.chain, digest):
            check = partial(require_candidate, name, number, released, complete)
            candidates.append(judge(f"candidate of {name}", digest, check))
    return missing + candidates
