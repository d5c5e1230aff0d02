"""What an audit of everything that is stored finds: one finding for each thing, with a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgeline.errors import EdgelineError, NotAnchored, Revoked, Tampered

OK, TAMPERED, REVOKED, PENDING, UNREADABLE = "ok", "tampered", "revoked", "pending", "unreadable"
HARMLESS = (OK, PENDING)


@dataclass(frozen=True)
class Finding:
    """One thing that was audited."""

    what: str
    digest: str
    verdict: str
    """ok; tampered (released without being on the chain included); revoked (or its key compromised); pending
    (still to be anchored); unreadable."""
    detail: str


def judge(
    what: str,
    digest: str,
    check: Callable[[], object],
    *,
    is_pending: bool = False,
    unreadable: tuple[type[EdgelineError], ...] = (),
) -> Finding:
    """What a check finds about a thing. A chain that is down is no finding, and stays an error.

    `is_pending` says that the thing may still be unanchored: anything else that the chain does not
    know was put in place of what was released. `unreadable` are the errors of a store that hands
    nothing out.
    """
    verdicts: dict[type[EdgelineError], str] = {
        Revoked: REVOKED,
        NotAnchored: PENDING if is_pending else TAMPERED,
        Tampered: TAMPERED,
        **dict.fromkeys(unreadable, UNREADABLE),
    }
    try:
        check()
    except tuple(verdicts) as error:
        return Finding(what, digest, verdicts[type(error)], str(error))
    return Finding(what, digest, OK, "as anchored")


def require_harmless(findings: Sequence[Finding]) -> None:
    """Refuse findings of which one is not as it was anchored, or no longer valid.

    Raises:
        Tampered: something is not what was anchored; the message names the first.
        Revoked: everything is, and something was revoked.
    """
    bad = [one for one in findings if one.verdict not in HARMLESS]
    if not bad:
        return
    first = min(bad, key=lambda one: one.verdict == REVOKED)
    error: type[EdgelineError] = Revoked if first.verdict == REVOKED else Tampered
    raise error(
        expected="everything that is stored as it was anchored, and nothing revoked",
        found=f"{len(bad)} of {len(findings)} otherwise: {first.what} is {first.verdict} ({first.detail})",
        remedy="do not use it; restore stored bytes from an intact copy, replace what was revoked",
    )
