"""What was revoked stays revoked; what a stranger wrote first is told apart from what was ours."""

from pathlib import Path

from edgeline.anchoring.contract import AnchorContract, open_contract, transact
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.flush import flush
from edgeline.anchoring.interface import REVOKED, VALID
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.revocation import LEAF_OF_TREE, STATEMENT, revoke_again
from edgeline.merkle import build
from edgeline.provenance.statement import KINDS
from tests.chain.conftest import Make

NO_DETAIL = 64 * "0"
DEFECTIVE = 2


def leaf_call(outbox: Outbox, tree: str, digest: str) -> list[object]:
    place = outbox.inclusion(tree, digest)
    return [place.root, place.size, place.index, digest, list(place.path), DEFECTIVE, NO_DETAIL]


def test_revocation_that_was_noted_is_sent_once(
    contract: AnchorContract, outbox: Outbox, make: Make, ours: Signer
) -> None:
    model = make("model")
    outbox.add(model)
    flush(outbox, contract, ours)
    outbox.note_revocation(model.digest, STATEMENT, [model.digest, DEFECTIVE, NO_DETAIL])
    assert revoke_again(outbox, contract, ours) == ()
    assert contract.status(model.digest) == REVOKED
    sent = contract.node.num_sent(ours.address, "latest")
    assert revoke_again(outbox, contract, ours) == ()
    assert contract.node.num_sent(ours.address, "latest") == sent


def test_what_the_chain_does_not_know_yet_is_revoked_later(
    contract: AnchorContract, outbox: Outbox, make: Make, ours: Signer
) -> None:
    model = make("model")
    outbox.note_revocation(model.digest, STATEMENT, [model.digest, DEFECTIVE, NO_DETAIL])
    assert revoke_again(outbox, contract, ours) == ()
    outbox.add(model)
    flush(outbox, contract, ours)
    revoke_again(outbox, contract, ours)
    assert contract.status(model.digest) == REVOKED


def test_reorganised_chain_is_told_of_revocations_again(
    fresh: Chain, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    contract = open_contract(fresh.url, fresh.deployment)
    ours = load_signer("node", contract.node, tmp_path)
    model, files = make("model"), [make(name) for name in "abc"]
    outbox.add(model)
    tree = outbox.add_tree(files)
    flush(outbox, contract, ours)
    before = contract.node.ask("evm_snapshot")
    outbox.note_revocation(model.digest, STATEMENT, [model.digest, DEFECTIVE, NO_DETAIL])
    leaf = files[1].digest
    outbox.note_revocation(leaf, LEAF_OF_TREE, leaf_call(outbox, tree, leaf))
    revoke_again(outbox, contract, ours)
    assert contract.statuses([model.digest, leaf]) == [REVOKED, REVOKED]

    assert contract.node.ask("evm_revert", before)

    assert contract.statuses([model.digest, leaf]) == [VALID, 0]
    flush(outbox, contract, ours)
    revoke_again(outbox, contract, ours)
    assert contract.statuses([model.digest, leaf]) == [REVOKED, REVOKED]


def test_revocation_that_the_contract_refuses_stops_nothing_else(
    own: AnchorContract,
    outbox: Outbox,
    make: Make,
    ours: Signer,
    stranger: Signer,
) -> None:
    """An insider revoked the leaf in a tree of their own: the contract keeps one record for both."""
    files, model = [make("a"), make("b")], make("model")
    tree = outbox.add_tree(files)
    outbox.add(model)
    flush(outbox, own, ours)
    leaf = files[0].digest
    root = build([bytes.fromhex(leaf)]).root.hex()
    transact(own, stranger, "anchorTree", root, 1)
    transact(own, stranger, "revokeLeaf", root, 1, 0, leaf, [], DEFECTIVE, NO_DETAIL)
    outbox.note_revocation(leaf, LEAF_OF_TREE, leaf_call(outbox, tree, leaf))
    outbox.note_revocation(model.digest, STATEMENT, [model.digest, DEFECTIVE, NO_DETAIL])
    assert revoke_again(outbox, own, ours) == ((leaf, f"{leaf} was revoked before"),)
    assert own.status(model.digest) == REVOKED


def test_statement_that_a_stranger_anchored_about_something_else_is_refused(
    own: AnchorContract,
    outbox: Outbox,
    make: Make,
    ours: Signer,
    stranger: Signer,
) -> None:
    model, elsewhere = make("model"), 64 * "2"
    transact(own, stranger, "anchor", model.digest, elsewhere, KINDS[model.kind], [])
    outbox.add(model)
    report = flush(outbox, own, ours)
    ((key, reason),) = report.refused
    assert key == model.digest
    assert f"already anchored, by {stranger.address}" in reason
    assert f"as something else: tuned about {elsewhere}" in reason


def test_newest_tree_that_holds_a_statement_is_its_tree(
    contract: AnchorContract, outbox: Outbox, make: Make, ours: Signer
) -> None:
    files = [make(name) for name in "ghi"]
    outbox.add_tree(files[:2])
    flush(outbox, contract, ours)
    newest = outbox.add_tree(files)
    assert outbox.tree_of(files[0].digest) != newest  # it is not on the chain yet
    flush(outbox, contract, ours)
    assert outbox.tree_of(files[0].digest) == newest
