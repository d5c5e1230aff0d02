"""Every way that we know to tamper with an artifact or a receipt is refused, with the exit code that says so.

A generator makes them of the golden files: flips, cuts, swaps, duplicate keys, links, unicode twins, other chains,
other schemas, revocations. None needs a network.
"""

import shutil
from pathlib import Path

import pytest

from edgeline.anchoring.subject import Named, of_path
from edgeline.auditing.verdict import verify_offline
from edgeline.datasets.card import check as check_dataset
from edgeline.provenance.receipt import read_receipt, receipt_path
from tests.chain.forged_artifacts import ARTIFACTS
from tests.chain.forged_receipts import FORGED_RECEIPTS
from tests.chain.forgery import RECEIPTS, Forgery, exit_code_of, golden_artifact

LEAST = 232


def test_there_are_enough_of_them_and_no_two_are_the_same() -> None:
    names = [str(one) for one in (*ARTIFACTS, *FORGED_RECEIPTS)]
    assert len(names) >= LEAST
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("schema", RECEIPTS)
def test_what_nobody_touched_is_accepted(tmp_path: Path, schema: str) -> None:
    folder = shutil.copytree(golden_artifact(), tmp_path / golden_artifact().name)
    shutil.copy(RECEIPTS[schema] / "artifact.receipt.json", receipt_path(folder))
    named = of_path(folder, check_dataset)
    receipt = read_receipt(receipt_path(folder))
    assert receipt
    assert verify_offline(named, receipt, deployment=receipt.deployment).level == 2


@pytest.mark.parametrize("forgery", ARTIFACTS, ids=str)
def test_a_tampered_artifact_is_refused(tmp_path: Path, forgery: Forgery) -> None:
    folder = shutil.copytree(golden_artifact(), tmp_path / golden_artifact().name)
    forgery.apply(folder)
    (left,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert exit_code_of(lambda: of_path(left, check_dataset)) == forgery.exit_code


@pytest.mark.parametrize("forgery", FORGED_RECEIPTS, ids=str)
def test_a_tampered_receipt_is_refused(tmp_path: Path, forgery: Forgery) -> None:
    schema, _, name = forgery.receipt.partition("/")
    golden = RECEIPTS[schema] / f"{name}.receipt.json"
    original = read_receipt(golden)
    assert original
    path = Path(shutil.copy(golden, tmp_path))
    forgery.apply(path)
    pinned = golden.with_name(f"{name}.block").read_text().strip()
    named = Named("file", original.statement.subject, path)

    def check() -> None:
        verify_offline(named, read_receipt(path), pinned, original.deployment)

    assert exit_code_of(check) == forgery.exit_code
