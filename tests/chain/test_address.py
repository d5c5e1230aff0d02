"""What is written down of a node's address holds no key."""

from pathlib import Path

import pytest

from edgeline.anchoring.address import require_public, resolve
from edgeline.anchoring.deployment import Chain, known_chain, read_chain, write_chain
from edgeline.errors import EnvironmentUnfit, RecipeError
from edgeline.provenance.record import Deployment
from edgeline.workspace import Workspace
from tests.chain.company import edgeline, project_at
from tests.chain.conftest import deployed


@pytest.mark.parametrize(
    "address",
    [
        "https://me:secret@node.example/",
        "https://secret@node.example/",
        "https://node.example/?apikey=secret",
        "https://mainnet.example/v3/0123456789abcdef0123456789abcdef",
    ],
)
def test_an_address_with_a_key_is_not_written_down(address: str) -> None:
    with pytest.raises(RecipeError, match="env:NODE_URL") as refused:
        require_public(address)
    for secret in ("secret", "0123456789abcdef"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8545", "https://rpc.example/eth/mainnet", "env:NODE_URL"]
)
def test_a_plain_address_and_a_variable_are(address: str, tmp_path: Path) -> None:
    require_public(address)
    deployment = Deployment(1, f"0x{1:064x}", f"0x{2:040x}", f"0x{3:064x}")
    chain = Chain("made", deployment, block=1, url=address, key="node", confirmations=1)
    assert read_chain(write_chain(chain, tmp_path / "made.json")).url == address


def test_a_variable_is_read_whenever_the_node_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_URL", "https://me:secret@node.example/")
    assert resolve("env:NODE_URL") == "https://me:secret@node.example/"
    monkeypatch.delenv("NODE_URL")
    with pytest.raises(EnvironmentUnfit, match="no such variable"):
        resolve("env:NODE_URL")


def test_a_chain_is_deployed_to_and_asked_by_a_variable(
    url: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path_factory.mktemp("made") / "project"
    project_at(root, deployed(url, root.parent), monkeypatch)
    secret = url.replace("http://", "http://me:secret@")
    with pytest.raises(RecipeError, match="a password"):
        edgeline("chain", "deploy", "second", "--url", secret)
    assert not (root / "deployments").exists()
    monkeypatch.setenv("NODE_URL", secret)
    edgeline("chain", "deploy", "second", "--url", "env:NODE_URL")
    written = (root / "deployments" / "second.json").read_text()
    assert "secret" not in written
    assert known_chain(Workspace(root), "second").url == "env:NODE_URL"
    told = edgeline("chain", "status", "second")
    assert url in told
    assert "secret" not in told
