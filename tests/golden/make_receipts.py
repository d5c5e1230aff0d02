"""Makes the receipts beside this script, which every later version must still verify.

Run it again only for a new version of the format, and keep the old receipts. It starts a Ganache of its
own, which is gone afterwards: from then on the receipts are all that is known of that chain.
"""

import tempfile
from pathlib import Path

from edgeline.anchoring.contract import deploy, open_contract, transact
from edgeline.anchoring.flush import flush
from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.receipts import receipt_of
from edgeline.artifact import open_artifact
from edgeline.digest import sha256_bytes
from edgeline.provenance.receipt import write_receipt
from edgeline.provenance.statement import Statement, Subject
from edgeline.provenance.trie import keccak256
from tests.nodes import running_ganache

HERE = Path(__file__).parent
RECEIPTS = HERE / "receipts" / "3"
ARTIFACT = "771327545c1f097ab87dd5930bbac0c84b61a7637eea633d4637408c18552ee4"
LEAVES, FILLERS = 1000, 300
DEFECTIVE = 2


def about_file(name: str, content: bytes, kind: str = "data", *parents: Statement) -> Statement:
    subject = Subject(name, sha256_bytes(content))
    return Statement((subject,), kind, tuple(parent.digest for parent in parents))


def golden_artifact() -> list[Statement]:
    """What is stated about the golden artifact and its ancestors, parents first."""
    folder = HERE / "artifacts" / ARTIFACT
    manifest = open_artifact(folder).manifest
    recipe = {"recipe": manifest.recipe}
    by_digest: dict[str, Statement] = {}
    for ancestor in manifest.lineage:
        above = tuple(by_digest[parent].digest for parent in ancestor.parents)
        subject = Subject(ancestor.kind, ancestor.digest)
        by_digest[ancestor.digest] = Statement((subject,), ancestor.kind, above, recipe)
    subjects = [Subject("manifest.json", folder.name)]
    subjects += [Subject(name, entry.sha256) for name, entry in sorted(manifest.files.items())]
    parents = tuple(by_digest[parent].digest for parent in manifest.parents.values())
    return [*by_digest.values(), Statement(tuple(subjects), "artifact", parents, recipe)]


def make(url: str, scratch: Path) -> None:
    """Anchors everything and writes one receipt of each sort, and the hash of its block beside it."""
    chain = deploy(url, "node", name="golden", locks=scratch)
    contract = open_contract(url, chain.deployment)
    owner = load_signer("node", contract.node, scratch)
    single, revoked = about_file("photo.txt", b"a photo"), about_file("bad.onnx", b"bad", "small")
    artifact = golden_artifact()
    leaves = [about_file(f"{index}.txt", f"device {index}".encode()) for index in range(LEAVES)]
    with Outbox(scratch / "outbox.db") as outbox:
        # Others' records, so that the tries have the depth that they have in use.
        for index in range(FILLERS):
            outbox.add(about_file(f"filler {index}", bytes([index % 256, index // 256])))
        for statement in (single, revoked, *artifact):
            outbox.add(statement)
        outbox.add_tree(leaves)
        flush(outbox, contract, owner)
        transact(contract, owner, "revoke", revoked.digest, DEFECTIVE, 64 * "0")
        for name, statement in (
            ("single", single),
            ("leaf", leaves[537]),
            ("artifact", artifact[-1]),
            ("revoked", revoked),
        ):
            receipt = receipt_of(outbox, contract, statement.digest)
            assert receipt.storage is not None
            header = bytes.fromhex(receipt.storage.header[2:])
            write_receipt(receipt, RECEIPTS / f"{name}.receipt.json")
            (RECEIPTS / f"{name}.block").write_text(f"0x{keccak256(header).hex()}\n")


if __name__ == "__main__":
    if RECEIPTS.exists():
        raise SystemExit(f"{RECEIPTS} is there already, and is to stay as it is")
    with tempfile.TemporaryDirectory() as folder, running_ganache() as chain:
        make(chain.url, Path(folder))
