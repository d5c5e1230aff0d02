"""Whoever anchors on a chain: a contract, its outbox, its administrator; and the command line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from edgeline.anchoring.contract import AnchorContract, open_contract, transact
from edgeline.anchoring.deployment import Chain, write_chain
from edgeline.anchoring.flush import flush
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.anchoring.outbox import Outbox
from edgeline.auditing.chain_session import ChainSession
from edgeline.digest import sha256_bytes
from edgeline.errors import EdgelineError
from edgeline.provenance.statement import Statement


def digest_of(name: str) -> str:
    return sha256_bytes(name.encode())


class Company:
    """A contract, its outbox and its administrator."""

    def __init__(self, chain: Chain, folder: Path) -> None:
        self.chain, self.folder = chain, folder
        self.contract: AnchorContract = open_contract(chain.url, chain.deployment)
        self.admin = load_signer("node", self.contract.node, folder)
        self.outbox = Outbox(folder / "outbox.db")

    def tell(self, function: str, *arguments: object, by: Signer | None = None) -> None:
        transact(self.contract, by or self.admin, function, *arguments)

    def anchor(self, *statements: Statement) -> None:
        for statement in statements:
            self.outbox.add(statement)
        self.flush()

    def flush(self) -> None:
        flush(self.outbox, self.contract, self.admin)

    def session(self) -> ChainSession:
        return ChainSession(self.contract, self.folder, first_block=self.chain.block)


def edgeline(*arguments: str) -> str:
    """What the command prints; raises what it raises."""
    from edgeline.cli import app

    result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, EdgelineError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def project_at(root: Path, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes `root` a project whose own chain this is, and goes there."""
    (root / "recipes").mkdir(parents=True)
    (root / "dvc.yaml").touch()
    write_chain(chain, root / ".edgeline" / "chain" / "local.json")
    monkeypatch.chdir(root)
    monkeypatch.setenv("WEB3_PROVIDER_URI", chain.url)
    return root
