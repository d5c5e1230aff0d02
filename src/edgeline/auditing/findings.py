"""What an audit of everything that is stored finds: one finding for each thing, with a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgeline.errors import EdgelineError, EnvironmentUnfit, NotAnchored, Revoked, Tampered

OK, TAMPERED, REVOKED, PENDING, UNREADABLE = "ok", "tampered", "revoked", "pending", "unreadable"
MISSING, UNASKED = "missing", "unasked"
HARMLESS = (OK, PENDING)
ERRORS: dict[str, type[EdgelineError]] = {
    **dict.fromkeys((TAMPERED, MISSING, UNREADABLE), Tampered),
    REVOKED: Revoked,
    UNASKED: EnvironmentUnfit,
}
"""By verdict, the worst first: what an audit ends with."""


@dataclass(frozen=True)
class Finding:
    """One thing that was audited."""

    what: str
    digest: str
    verdict: str
    """ok; tampered (released without being on the chain included); revoked (or its key compromised); pending
    (still to be anchored); missing (released, and deleted); unreadable; unasked (the chain or registry
    that would know is away, or there is none of that name)."""
    detail: str


def judge(
    what: str,
    digest: str,
    check: Callable[[], object],
    *,
    is_pending: bool = False,
    unreadable: tuple[type[EdgelineError], ...] = (),
) -> Finding:
    """What a check finds about a thing. No error ends it: one thing must not hide what is wrong with another.

    `is_pending` says that the thing may still be unanchored: anything else that the chain does not
    know was put in place of what was released. `unreadable` are the errors of a store that hands
    nothing out.
    """
    verdicts: dict[type[EdgelineError], str] = {
        **dict.fromkeys(unreadable, UNREADABLE),
        Revoked: REVOKED,
        NotAnchored: PENDING if is_pending else TAMPERED,
        Tampered: TAMPERED,
        EnvironmentUnfit: UNASKED,
        EdgelineError: UNREADABLE,
    }
    try:
        check()
    except EdgelineError as error:
        verdict = next(word for kind, word in verdicts.items() if isinstance(error, kind))
        return Finding(what, digest, verdict, str(error))
    return Finding(what, digest, OK, "as anchored")


def require_harmless(findings: Sequence[Finding]) -> None:
    """Refuse findings of which one is not as it was anchored, or no longer valid.

    Raises:
        Tampered: something is not what was anchored; the message names the first.
        Revoked: everything is, and something was revoked.
        EnvironmentUnfit: nothing is known to be wrong, and a chain or the registry could not be asked.
    """
    bad = [one for one in findings if one.verdict not in HARMLESS]
    if not bad:
        return
    first = min(bad, key=lambda one: [*ERRORS].index(one.verdict))
    raise ERRORS[first.verdict](
        expected="everything that is stored as it was anchored, and nothing revoked",
        found=f"{len(bad)} of {len(findings)} otherwise: {first.what} is {first.verdict} ({first.detail})",
        remedy="start it and audit again; nothing else was found"
        if first.verdict == UNASKED
        else "do not use it; restore stored bytes from an intact copy, replace what was revoked",
    )
