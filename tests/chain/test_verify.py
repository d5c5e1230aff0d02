"""`edgeline verify` and `edgeline audit` on a sealed folder and a real chain."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from typer.testing import CliRunner

from edgeline.anchoring.registry import Registry, connect, deploy
from edgeline.anchoring.verdict import line_of, statement_of, verify_folder
from edgeline.artifact import Artifact, Description, seal
from edgeline.errors import EdgelineError, NotAnchored, ServiceUnavailable, Tampered
from edgeline.manifest import Ancestor, Net, TensorSpec
from edgeline.preprocess import Preprocessing
from edgeline.receipt import write_deployment, write_receipt

Digest = Callable[[str], str]


@pytest.fixture
def artifact(tmp_path: Path, registry: Registry, digest: Digest) -> Artifact:
    """A sealed artifact whose ancestors are anchored: data, and a net tuned on them."""
    staging = tmp_path / "staging"
    (staging / "golden").mkdir(parents=True)
    (staging / "model.onnx").write_bytes(digest("weights").encode())
    np.save(staging / "golden" / "inputs.npy", np.zeros((1, 2, 2), np.uint8))
    np.save(staging / "golden" / "outputs.npy", np.zeros((1, 2), np.float32))
    model = Net(
        "model.onnx",
        (TensorSpec("image", "float32", ("N", 1, 2, 2)),),
        (TensorSpec("logits", "float32", ("N", 2)),),
    )
    description = Description(
        recipe="tiny",
        classes=("no", "yes"),
        preprocessing=Preprocessing(channels=1, image_size=2, mean=(0.5,), std=(0.5,)),
        model=model,
        parts=(),
        cut=(),
        checkpoint=digest("tuned"),
        parents={"data": digest("data"), "checkpoint": digest("tuned")},
        lineage=(
            Ancestor(digest("data"), "data", ()),
            Ancestor(digest("tuned"), "tuned", (digest("data"),)),
        ),
    )
    sealed = seal(staging, description, tmp_path / "artifacts")
    registry.anchor_line(line_of(sealed)[:-1])
    return sealed


@pytest.fixture
def anchored(artifact: Artifact, registry: Registry) -> Artifact:
    receipt, _ = registry.anchor(statement_of(artifact))
    write_receipt(receipt, artifact.folder)
    return artifact


def no_chain() -> NoReturn:
    raise AssertionError("a broken folder needs no chain")


def test_a_sound_folder_agrees_with_the_chain(anchored: Artifact, registry: Registry) -> None:
    verdict = verify_folder(anchored.folder, lambda: registry)
    assert verdict.receipt_at_hand
    assert verdict.receipt == registry.receipt_of(anchored.digest)
    assert verdict.receipt.statement == statement_of(anchored)


def test_the_chain_alone_is_enough(anchored: Artifact, registry: Registry) -> None:
    (anchored.folder / "receipt.json").unlink()
    verdict = verify_folder(anchored.folder, lambda: registry)
    assert (verdict.receipt_at_hand, verdict.to_json()["receipt"]) == (False, "missing")


def test_a_changed_model_is_found_without_chain(anchored: Artifact) -> None:
    (anchored.folder / "model.onnx").write_bytes(b"another")
    with pytest.raises(Tampered, match=r"model\.onnx"):
        verify_folder(anchored.folder, no_chain)


def test_a_foreign_receipt_is_found_without_chain(
    anchored: Artifact, registry: Registry, digest: Digest
) -> None:
    receipt = registry.receipt_of(digest("data"))
    assert receipt is not None
    write_receipt(receipt, anchored.folder)
    with pytest.raises(Tampered, match=r"receipt\.json with digest"):
        verify_folder(anchored.folder, no_chain)


def test_an_unanchored_folder_is_intact_only(artifact: Artifact, registry: Registry) -> None:
    with pytest.raises(NotAnchored, match=artifact.digest):
        verify_folder(artifact.folder, lambda: registry)


def test_another_history_than_the_manifests_is_tampering(
    artifact: Artifact, registry: Registry
) -> None:
    receipt, _ = registry.anchor(replace(statement_of(artifact), parents=()))
    write_receipt(receipt, artifact.folder)
    with pytest.raises(Tampered, match="anchored by"):
        verify_folder(artifact.folder, lambda: registry)


def test_an_ancestor_with_another_history_is_tampering(
    artifact: Artifact, registry: Registry, url: str, compiled: Path
) -> None:
    other = connect(url, deploy(url, compiled))
    data, tuned, itself = line_of(artifact)
    other.anchor_line([data, replace(tuned, kind="small"), itself])
    with pytest.raises(Tampered, match="as tuned"):
        verify_folder(artifact.folder, lambda: other)


@pytest.fixture
def project(tmp_path: Path, url: str, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is a project whose chain is the real one."""
    root = tmp_path / "project"
    (root / "recipes").mkdir(parents=True)
    (root / "dvc.yaml").touch()
    write_deployment(registry.deployment, root / ".edgeline" / "chain" / "deployment.json")
    monkeypatch.chdir(root)
    monkeypatch.setenv("WEB3_PROVIDER_URI", url)
    return root


def edgeline(*arguments: str) -> str:
    """What the command prints; raises what it raises."""
    from edgeline.cli import app

    result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, EdgelineError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.usefixtures("project")
def test_verify_prints_one_object(anchored: Artifact) -> None:
    facts = json.loads(edgeline("verify", str(anchored.folder), "--json"))
    assert (facts["verdict"], facts["digest"]) == ("anchored", anchored.digest)
    assert (facts["receipt"], facts["files"]) == ("agrees", 4)


@pytest.mark.usefixtures("project")
def test_verify_prints_a_verdict_for_people(anchored: Artifact) -> None:
    printed = edgeline("verify", str(anchored.folder))
    assert "intact and anchored" in printed
    assert anchored.digest in printed


@pytest.mark.usefixtures("project")
def test_verify_asks_the_node_it_is_given(anchored: Artifact, nobody: str) -> None:
    with pytest.raises(ServiceUnavailable, match=nobody):
        edgeline("verify", str(anchored.folder), "--url", nobody)


def test_verify_says_how_to_start_the_chain(
    anchored: Artifact, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEB3_PROVIDER_URI")
    with pytest.raises(ServiceUnavailable, match="edgeline up"):
        edgeline("verify", str(anchored.folder))
    assert sorted(path.name for path in project.iterdir()) == [".edgeline", "dvc.yaml", "recipes"]


@pytest.mark.usefixtures("project")
def test_audit_lists_the_newest_first(anchored: Artifact) -> None:
    newest = json.loads(edgeline("audit", "log", "--json"))["entries"][0]
    assert (newest["digest"], newest["kind"]) == (anchored.digest, "artifact")
    assert newest["parents"] == sorted(anchored.manifest.parents.values())
    assert anchored.digest in edgeline("audit", "log")
