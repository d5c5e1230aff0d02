"""`edgeline chain`: a second chain, its keys and its roles, as a person handles them."""

import json
import shutil
from collections.abc import Iterator

import pytest

from tests import nodes
from tests.pipeline.checkout import quick

pytestmark = pytest.mark.xdist_group("line")

# Of the mnemonic with which Anvil is started; known to everyone, worth nothing.
KEYS = {
    "FIRST_KEY": "0x4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d",
    "SECOND_KEY": "0x6cbed15c793ce57650b9877cf6fa156fbef513c4e6134f022a85b1ffdd59b2a1",
}
FIRST = "0x90f8bf6a479f320ead074411a4b0e7944ea8c9c1"
SECOND = "0xffcf8fdee72ac11b5c542428b35eef5769c409f0"


@pytest.fixture
def second(built, module_copy) -> Iterator[str]:
    """A new chain of another kind on which the contract was put, with the first key."""
    if nodes.anvil_program() is None:
        pytest.skip("no Anvil for this machine: npm ci")
    node = nodes.start_anvil()
    try:
        done = module_copy.edgeline(
            "chain", "deploy", "second", "--url", node.url, "--key", "env:FIRST_KEY", env=KEYS
        )
        assert done.returncode == 0, done.stderr
        unknown = module_copy.edgeline("verify", built["artifact"]["path"], "--chain", "second")
        assert unknown.returncode == 6, unknown.stderr
        yield "second"
    finally:
        node.kill()
        (module_copy.root / "deployments" / "second.json").unlink(missing_ok=True)
        shutil.rmtree(module_copy.root / ".edgeline" / "anchoring" / "second", ignore_errors=True)


@pytest.fixture
def artifact(built, project, tmp_path):
    folder = project.root / built["artifact"]["path"]
    return shutil.copytree(folder, tmp_path / folder.name)


def told(project, *words):
    done = project.edgeline("chain", *words, "--json", env=KEYS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_artifact_is_anchored_and_verified_on_a_second_chain(second, module_copy, artifact):
    anchored = told(module_copy, "anchor", str(artifact), "--chain", "second")["anchored"]
    assert anchored[0]["subject"] == artifact.name
    for options in (("--chain", "second"), ("--chain", "local"), (), ("--offline",)):
        done = module_copy.edgeline("verify", str(artifact), *options)
        assert done.returncode == 0, (options, done.stderr)
    assert told(module_copy, "status", "second")["outbox"]["refused"] == 0


def test_whole_line_anchors_where_the_recipe_says_as_soon_as_there_is_a_key(second, module_copy):
    line = ("run", "digits", *quick("anchor.chain=second"), "--json")
    keyless = module_copy.edgeline(*line)
    assert keyless.returncode == 0, keyless.stderr
    pending = json.loads(keyless.stdout)["anchor"]["pending"]
    assert "variable FIRST_KEY" in pending
    assert "name file:PATH or command:PROGRAM" in pending
    done = module_copy.edgeline(*line, env=KEYS)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["anchor"]["chain"] == "second"
    folder = module_copy.root / summary["artifact"]["path"]
    assert module_copy.edgeline("verify", str(folder), "--chain", "second").returncode == 0
    told(module_copy, "anchor", str(folder))  # its receipt is the local chain's again


def test_unknown_chain_is_refused_before_anything_is_trained(project):
    refused = project.edgeline("run", "digits", *quick("anchor.chain=nowhere"))
    assert refused.returncode == 5
    assert "nowhere.json" in refused.stderr
    assert "data" not in refused.stderr.split("edgeline:")[0]


def test_deployment_file_holds_no_key_and_is_not_overwritten(second, module_copy):
    content = (module_copy.root / "deployments" / "second.json").read_text()
    assert KEYS["FIRST_KEY"].removeprefix("0x") not in content
    refused = module_copy.edgeline("chain", "deploy", "second", "--key", "env:SECOND_KEY", env=KEYS)
    assert refused.returncode == 2
    assert (module_copy.root / "deployments" / "second.json").read_text() == content


def test_status_works_without_the_key(second, module_copy):
    done = module_copy.edgeline("chain", "status", "second", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["account"] is None


def test_what_a_compromised_key_anchored_is_stated_anew_by_another(second, module_copy, artifact):
    told(module_copy, "anchor", str(artifact), "--chain", "second")
    told(module_copy, "roles", SECOND, "ADMIN", "ANCHORER", "--chain", "second")
    path = module_copy.root / "deployments" / "second.json"
    path.write_text(path.read_text().replace("env:FIRST_KEY", "env:SECOND_KEY"))
    try:
        told(module_copy, "compromised", FIRST, "2026-01-01", "--chain", "second")
        asked = module_copy.edgeline("verify", str(artifact), "--chain", "second")
        assert asked.returncode == 7
        assert "which is compromised" in asked.stderr
        again = module_copy.edgeline(
            "chain", "anchor", str(artifact), "--chain", "second", env=KEYS
        )
        assert again.returncode == 7
        assert "--again" in again.stderr
        told(module_copy, "anchor", str(artifact), "--chain", "second", "--again")
        done = module_copy.edgeline("verify", str(artifact), "--chain", "second")
        assert done.returncode == 0, done.stderr
        refused = module_copy.edgeline(
            "chain", "roles", FIRST, "ANCHORER", "--chain", "second", env=KEYS
        )
        assert refused.returncode == 1
        assert "appoint a new key" in refused.stderr
    finally:
        path.write_text(path.read_text().replace("env:SECOND_KEY", "env:FIRST_KEY"))


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("deploy", "../evil", "--url", "http://127.0.0.1:9"), "name of a chain"),
        (("deploy", "third"), "--url"),
        (("status", "third"), "third"),
        (("roles", "bob", "ADMIN"), "address"),
        (("roles", "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9c1", "ADMIN"), "checksum"),
        (("roles", FIRST, "EMPEROR"), "EMPEROR"),
        (("compromised", FIRST, "1900-01-01"), "1970"),
        (("revoke", "README.md", "--reason", "because"), "reason"),
        (("anchor", "dvc.yaml", "--kind", "artifact"), "artifact"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_wrong_words_are_refused_in_a_line(project, words, word):
    refused = project.edgeline("chain", *words)
    assert refused.returncode in (2, 5)
    assert word in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
