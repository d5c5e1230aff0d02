"""A spoiled model among many, versions that changed places, a chain that is away: each is named, nothing is hidden."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from edgeline.anchoring.deployment import known_chain, write_chain
from edgeline.anchoring.history import find_history
from edgeline.anchoring.session import flush_workspace, open_outbox
from edgeline.digest import canonical_json, sha256_bytes
from edgeline.errors import Tampered
from edgeline.provenance.lineage import release_statement
from edgeline.provenance.receipt import receipt_path
from edgeline.provenance.statement import Statement, Subject
from edgeline.stack import services
from edgeline.tracking import registry
from edgeline.workspace import LOCAL, Workspace
from flows.audit import audit
from tests.pipeline.checkout import Project

pytestmark = pytest.mark.xdist_group("line")


class Releases:
    """Releases the built model once more, under other names or numbers: sealed, stored, tagged and anchored."""

    def __init__(self, project: Project, built: dict[str, Any]) -> None:
        self.workspace = Workspace(project.root)
        self.client = MlflowClient()
        self.folder = project.root / built["artifact"]["path"]
        self.first = registry.candidate("digits")
        assert self.first is not None
        self.kept = registry.stored_model(self.first).model.parent
        self.outbox = open_outbox(self.workspace, LOCAL)
        history = find_history(self.folder.name, receipt_path(self.folder), self.outbox)
        assert history is not None
        self.sealed: Statement = history[-1]

    def release(self, name: str, mark: str = "") -> registry.Version:
        """A version of `name`; a mark on the names of its classes makes it another artifact."""
        manifest = json.loads((self.folder / "manifest.json").read_bytes())
        classes = [one + mark for one in manifest["classes"]]
        content = canonical_json({**manifest, "recipe": name, "classes": classes})
        digest = sha256_bytes(content)
        place = self.workspace.state / "stored" / digest
        for source, target in (
            (self.kept, place),
            (self.folder, self.workspace.artifacts / digest),
        ):
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("receipt.json"))
        (place / "extra_files" / "manifest.json").write_bytes(content)
        (self.workspace.artifacts / digest / "manifest.json").write_bytes(content)
        if name != "digits":
            self.client.create_registered_model(name)
        tags = {**self.first.tags, "artifact": digest}
        number = self.client.create_model_version(name, place.as_uri(), tags=tags).version
        self.client.set_registered_model_alias(name, registry.CANDIDATE, number)
        version = registry.Version(name, str(number), tags)
        subjects = (Subject("manifest.json", digest), *self.sealed.subjects[1:])
        itself = replace(self.sealed, subjects=subjects, about={"recipe": name})
        validation = float(version.claims["validation"])
        files = registry.stored_model(version).files
        self.outbox.add(itself, release_statement(itself, validation, version.number, files))
        return version

    def anchor(self) -> None:
        url = services.chain_url(LOCAL, self.workspace.root)
        flush_workspace(self.workspace, LOCAL, self.outbox, url, print, may_deploy=False)


def verdicts(shown: list[list[dict[str, str]]]) -> dict[str, str]:
    return {one["what"]: one["verdict"] for one in shown[-1]}


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)


def exchange(one: Path, other: Path) -> None:
    aside = one.with_name("aside")
    for source, target in ((one, aside), (other, one), (aside, other)):
        source.rename(target)


def lose_chain(workspace: Workspace) -> None:
    """Something was anchored on a further chain, whose node is away now."""
    chain = replace(known_chain(workspace, LOCAL), url="http://127.0.0.1:9")
    write_chain(chain, workspace.deployment("elsewhere"))
    with open_outbox(workspace, "elsewhere"):
        pass


def spoil_the_last(names: Iterable[str], copy: Project, built: dict[str, Any]) -> None:
    """All that can be wrong at once: the last model, two versions that changed places, and a chain."""
    releases = Releases(copy, built)
    with releases.outbox:
        many = [releases.release(name) for name in names]
        second = releases.release("digits", "2")
        third = releases.release("digits", "3")
        releases.anchor()
    flip(registry.stored_model(many[-1]).model)
    exchange(*(registry.stored_model(one).model.parent for one in (second, third)))
    for one, other in ((second, third), (third, second)):
        registry.tag_version(one, other.tags)
    lose_chain(releases.workspace)


def test_each_is_named_and_all_findings_are_published(
    copy: Project, built: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[list[dict[str, str]]] = []
    monkeypatch.setattr("tasks.audit.create_table_artifact", lambda rows, **_: shown.append(rows))
    names = ["model 1", "model 2", "zz"]
    with copy.entered():
        spoil_the_last(names, copy, built)
        with pytest.raises(Tampered, match="4 of .* otherwise"):
            audit()
    found = verdicts(shown)
    number = int(built["registered"]["version"])
    bad = {f"digits version {number + 1}", f"digits version {number + 2}", "zz version 1"}
    assert {what for what, verdict in found.items() if verdict == "tampered"} == bad
    (away,) = (one for one in shown[-1] if one["what"] == "chain elsewhere")
    assert away["verdict"] == "unasked"
    assert "http://127.0.0.1:9" in away["detail"]
    assert {found[f"{name} version 1"] for name in names[:-1]} == {"ok"}
    assert {found[f"candidate of {name}"] for name in names} == {"ok"}
