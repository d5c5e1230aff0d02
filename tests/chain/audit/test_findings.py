"""One thing that is wrong does not hide another: everything is found, and the worst is what an audit ends with."""

from functools import partial
from typing import NoReturn

import pytest

from edgeline.auditing.findings import Finding, judge, require_harmless
from edgeline.auditing.holdings import anchored_chains, open_sessions, reachable_chains
from edgeline.errors import (
    EdgelineError,
    EnvironmentUnfit,
    NotAnchored,
    RecipeError,
    Revoked,
    ServiceUnavailable,
    Tampered,
)
from edgeline.workspace import Workspace
from tests.chain.audit.conftest import Audited
from tests.chain.company import project_at


def fail(kind: type[EdgelineError]) -> NoReturn:
    raise kind(expected="one", found="another", remedy="look")


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (Tampered, "tampered"),
        (NotAnchored, "tampered"),
        (Revoked, "revoked"),
        (ServiceUnavailable, "unasked"),
        (EnvironmentUnfit, "unasked"),
        (RecipeError, "unreadable"),
    ],
)
def test_every_error_is_a_finding(kind: type[EdgelineError], verdict: str) -> None:
    found = judge("a thing", 64 * "1", partial(fail, kind))
    assert (found.verdict, found.detail) == (verdict, "expected one; found another; look")


def test_an_audit_ends_with_the_worst() -> None:
    def audited(*verdicts: str) -> None:
        require_harmless([Finding(one, "", one, "") for one in verdicts])

    audited("ok", "pending")
    with pytest.raises(Tampered, match="3 of 4 otherwise: tampered"):
        audited("unasked", "revoked", "ok", "tampered")
    with pytest.raises(Tampered, match="missing"):
        audited("unasked", "missing")
    with pytest.raises(Revoked, match="2 of 2 otherwise: revoked"):
        audited("unasked", "revoked")
    with pytest.raises(EnvironmentUnfit, match="1 of 2 otherwise: unasked"):
        audited("ok", "unasked")


def test_a_chain_that_is_away_keeps_no_other_from_being_asked(
    own: Audited,
    nobody: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Its address is asked once, whoever asks for it."""
    chain = own.company.chain
    root = project_at(tmp_path_factory.mktemp("audited") / "project", chain, monkeypatch)
    (root / "deployments").mkdir()
    known = (root / ".edgeline" / "chain" / "local.json").read_text()
    (root / "deployments" / "away.json").write_text(known.replace(chain.url, nobody))
    workspace = Workspace(root)
    workspace.anchoring("local").parent.mkdir()
    for name in ("local", "away"):
        workspace.anchoring(name).symlink_to(own.company.folder)
    with open_sessions(workspace, lambda name: chain.url if name == "local" else "") as sessions:
        assert anchored_chains(workspace) == ["local", "away"]
        assert reachable_chains(workspace, sessions) == ["local"]
        with pytest.raises(ServiceUnavailable, match=nobody) as first:
            sessions("away")
        with pytest.raises(ServiceUnavailable) as second:
            sessions("away")
        assert first.value is second.value
