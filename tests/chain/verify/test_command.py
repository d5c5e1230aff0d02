"""`edgeline verify`: one object or lines, and the right chain."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edgeline.anchoring.deployment import write_chain
from edgeline.artifact import Artifact
from edgeline.cli import app
from edgeline.errors import (
    EnvironmentUnfit,
    NotAnchored,
    RecipeError,
    ServiceUnavailable,
    Tampered,
    Unproven,
)
from edgeline.provenance.receipt import Receipt, receipt_path, write_receipt
from tests.chain.company import Company, edgeline
from tests.chain.conftest import deployed
from tests.chain.verify.conftest import (
    DATA,
    TUNED,
)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", [("verify",), ("audit", "verify")])
def test_verify_prints_one_object(
    artifact: Artifact, receipt: Receipt, command: tuple[str, ...]
) -> None:
    facts = json.loads(edgeline(*command, str(artifact.folder), "--json"))
    assert (facts["verdict"], facts["digest"]) == ("anchored", artifact.digest)
    assert (facts["receipt"], facts["files"], facts["level"]) == ("agrees", 4, 3)
    assert facts["statement"] == receipt.statement.digest
    assert [one["subject"] for one in facts["lineage"]] == [DATA.subject, TUNED.subject]


@pytest.mark.usefixtures("project", "receipt")
def test_verify_prints_a_verdict_for_people(artifact: Artifact) -> None:
    printed = edgeline("verify", str(artifact.folder))
    assert "intact and anchored, level 3" in printed
    for digest in (artifact.digest, DATA.subject, TUNED.subject):
        assert digest in printed


@pytest.mark.usefixtures("project")
def test_verify_takes_the_receipt_it_is_given(
    artifact: Artifact, receipt: Receipt, tmp_path: Path
) -> None:
    elsewhere = receipt_path(artifact.folder).rename(tmp_path / "elsewhere.json")
    folder = str(artifact.folder)
    facts = json.loads(edgeline("verify", folder, "--receipt", str(elsewhere), "--json"))
    assert facts["receipt"] == "agrees"
    with pytest.raises(RecipeError, match="no such file"):
        edgeline("verify", folder, "--receipt", str(tmp_path / "nowhere.json"))


@pytest.mark.usefixtures("project")
def test_offline_a_project_trusts_its_own_contract(
    artifact: Artifact, receipt: Receipt, nobody: str
) -> None:
    offline = ("verify", str(artifact.folder), "--offline", "--json")
    trusted = json.loads(edgeline(*offline, "--block", receipt.block_hash))["trusted"]
    assert ["revoked after" in trusted[0], "key was not compromised after" in trusted[1]] == [
        True
    ] * 2
    assert len(trusted) == 2
    with pytest.raises(Unproven, match="word for contract"):
        edgeline(*offline, "--chain", "local")
    with pytest.raises(EnvironmentUnfit, match="sepolia"):
        edgeline(*offline, "--chain", "sepolia")


def test_offline_a_project_trusts_what_it_anchored_itself(
    artifact: Artifact, receipt: Receipt, company: Company, project: Path
) -> None:
    """The same receipt with another block was made at home."""
    (project / ".edgeline" / "anchoring").mkdir()
    (project / ".edgeline" / "anchoring" / "local").symlink_to(company.folder)
    offline = ("verify", str(artifact.folder), "--offline")
    assert "intact and anchored, level 2" in edgeline(*offline)
    invented = replace(receipt, storage=None, block_hash="0x" + 64 * "9")
    write_receipt(invented, receipt_path(artifact.folder))
    with pytest.raises(Unproven):
        edgeline(*offline)


def test_offline_outside_of_a_project_a_receipt_only_claims(
    artifact: Artifact, receipt: Receipt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(app, ["verify", str(artifact.folder), "--offline"])
    assert isinstance(told.exception, Unproven)
    assert told.exception.exit_code == 8
    assert "verdict          claims to be anchored, level 2" in told.stdout
    told = CliRunner().invoke(app, ["verify", str(artifact.folder), "--offline", "--json"])
    assert json.loads(told.stdout)["verdict"] == "claimed"


@pytest.mark.usefixtures("project")
def test_a_foreign_receipt_in_a_folder_is_not_passed_over(
    artifact: Artifact, receipt: Receipt, tmp_path: Path
) -> None:
    folder, other = tmp_path / "plain", tmp_path / "other.json"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    receipt_path(artifact.folder).rename(folder / "receipt.json")
    write_receipt(receipt, other)
    with pytest.raises(Tampered, match="nothing but a receipt of this folder"):
        edgeline("verify", str(folder), "--receipt", str(other))


@pytest.mark.usefixtures("project", "receipt")
def test_verify_asks_the_node_it_is_given(artifact: Artifact, nobody: str) -> None:
    with pytest.raises(ServiceUnavailable, match=nobody):
        edgeline("verify", str(artifact.folder), "--url", nobody)


@pytest.mark.usefixtures("receipt")
def test_verify_starts_nothing_and_says_how_to(
    artifact: Artifact, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEB3_PROVIDER_URI")
    with pytest.raises(ServiceUnavailable, match="edgeline up"):
        edgeline("verify", str(artifact.folder))
    assert sorted(path.name for path in project.iterdir()) == [".edgeline", "dvc.yaml", "recipes"]
    assert [path.name for path in (project / ".edgeline").iterdir()] == ["chain"]


def test_a_project_without_contract_says_so(artifact: Artifact, project: Path) -> None:
    (project / ".edgeline" / "chain" / "local.json").unlink()
    with pytest.raises(NotAnchored, match="anchored nothing yet"):
        edgeline("verify", str(artifact.folder))
    assert list((project / ".edgeline" / "chain").iterdir()) == []


@pytest.mark.usefixtures("receipt")
def test_another_chain_of_the_project_is_found_by_the_receipt(
    artifact: Artifact, project: Path, company: Company, tmp_path: Path
) -> None:
    write_chain(company.chain, project / "deployments" / "sepolia.json")
    write_chain(
        deployed(company.chain.url, tmp_path), project / ".edgeline" / "chain" / "local.json"
    )
    assert json.loads(edgeline("verify", str(artifact.folder), "--json"))["level"] == 3
    with pytest.raises(NotAnchored, match="none in contract"):
        edgeline("verify", str(artifact.folder), "--chain", "local")


def test_outside_of_a_project_the_receipt_names_the_contract(
    artifact: Artifact,
    receipt: Receipt,
    company: Company,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = str(artifact.folder)
    facts = json.loads(edgeline("verify", folder, "--url", company.chain.url, "--json"))
    assert facts["level"] == 3
    assert any(receipt.deployment.contract in sentence for sentence in facts["trusted"])
    with pytest.raises(EnvironmentUnfit, match="edgeline project"):
        edgeline("verify", folder)


@pytest.mark.usefixtures("project")
def test_a_version_of_the_registry_is_verified_live_or_not_at_all() -> None:
    with pytest.raises(RecipeError, match="--offline"):
        edgeline("verify", "models:/digits/1", "--offline")
