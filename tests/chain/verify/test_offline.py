"""What a receipt proves by itself, without a network."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edgeline.anchoring.receipts import receipt_of
from edgeline.anchoring.subject import of_path
from edgeline.artifact import Artifact
from edgeline.auditing.verdict import verify, verify_offline
from edgeline.datasets import card
from edgeline.errors import (
    NotAnchored,
    Revoked,
    Tampered,
)
from edgeline.provenance.receipt import Receipt, receipt_path, write_receipt
from tests.chain.company import Company
from tests.chain.verify.conftest import NO_DETAIL, checked, no_chain


def test_offline_the_receipt_proves_itself(artifact: Artifact, receipt: Receipt) -> None:
    named = of_path(artifact.folder, card.check)
    loose = verify_offline(named, receipt)
    assert (loose.level, loose.is_proven) == (2, False)
    assert any("is the right one" in sentence for sentence in loose.trusted)
    assert any(receipt.block_hash in sentence for sentence in loose.trusted)
    pinned = verify_offline(named, receipt, receipt.block_hash, receipt.deployment)
    assert len(pinned.trusted) == 2
    assert pinned.is_proven
    assert verify_offline(named, receipt, is_recorded=True).is_proven
    with pytest.raises(Tampered, match="header"):
        verify_offline(named, receipt, "0x" + 64 * "1")
    with pytest.raises(Tampered, match="deployment"):
        verify_offline(named, receipt, None, replace(receipt.deployment, contract="0x" + 40 * "1"))
    without = replace(receipt, storage=None)
    claimed = verify_offline(named, without)
    assert (claimed.level, claimed.is_proven) == (1, False)


def test_offline_without_receipt_nothing_is_proven(artifact: Artifact, company: Company) -> None:
    named = of_path(artifact.folder, card.check)
    with pytest.raises(NotAnchored, match="receipt beside"):
        verify_offline(named, None)
    with pytest.raises(NotAnchored, match="receipt beside"):
        verify(named, None, no_chain, "0x" + 64 * "1")


def test_offline_a_revoked_receipt_does_not_hold(
    artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    company.tell("revoke", receipt.statement.digest, 2, NO_DETAIL)
    made = receipt_of(company.outbox, company.contract, receipt.statement.digest)
    with pytest.raises(Revoked, match="defective"):
        verify_offline(of_path(artifact.folder, card.check), made)
    write_receipt(made, receipt_path(artifact.folder))
    with pytest.raises(Revoked, match=company.admin.address):
        checked(company, artifact.folder)


OFFLINE = """
import socket, sys

def refused(*arguments):
    raise SystemExit("a socket was opened")

socket.socket.__init__ = refused
from edgeline.cli import app

try:
    app(["verify", *sys.argv[1:], "--offline"], standalone_mode=False)
finally:
    loaded = {"web3", "eth_account", "requests", "mlflow", "prefect"} & sys.modules.keys()
    assert not loaded, loaded
"""


def test_offline_opens_no_socket_and_loads_no_web3(
    artifact: Artifact, receipt: Receipt, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(artifact.folder), "--block", receipt.block_hash],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "level 2" in done.stdout
