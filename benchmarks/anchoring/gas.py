"""What anchoring costs on the chain, beside its own floor and beside EAS: gas, so any machine will do.

python -m benchmarks.anchoring.gas
"""

import json
from pathlib import Path
from statistics import median
from typing import Any

from web3 import Web3

from benchmarks.anchoring.ganache import digest, new_chain, send
from benchmarks.anchoring.goals import Row, at_least, at_most, not_measured, told
from edgeline.merkle import build, verify

EAS = Path(__file__).parents[1] / "chain" / "node_modules" / "@ethereum-attestation-service"
ARTIFACTS = EAS / "eas-contracts" / "artifacts" / "contracts"
SCHEMA = "bytes32 statement, bytes32 subject, uint8 kind"
NO_ADDRESS = "0x" + 40 * "0"

REPEATS = 5
TREE_SIZE = 10_000
KIND = 6

# Gas of the Yellow Paper, appendix G, and of EIP-2028 and EIP-2929.
TRANSACTION, NEW_SLOT, COLD_SLOAD, ZERO_BYTE, OTHER_BYTE = 21_000, 22_100, 2_100, 4, 16
LOG, LOG_TOPIC, LOG_BYTE = 375, 375, 8


def measure() -> dict[str, object]:
    """Gas of every kind of writing, medians over different digests."""
    told("gas: ModelAnchor and EAS on one Ganache")
    with new_chain() as chain:
        w3, contract = chain.w3, chain.contract
        alone, with_parent = _anchors(w3, contract)
        eas = _eas(w3) if ARTIFACTS.exists() else None
        tree, proof_bytes = _tree(w3, contract)
        deploying = w3.eth.get_block(1)["gasUsed"]
        others = _others(w3, contract)
    figures = {
        "anchor": median(gas for gas, _ in alone),
        "floor": median(floor for _, floor in alone),
        "anchor with a parent": median(with_parent),
        "EAS with a parent": eas and median(eas),
        "tree": tree,
        "deploying": deploying,
        **others,
    }
    goals = [
        at_most(
            "gas, anchor without a parent / its own floor",
            round(median(a / b for a, b in alone), 4),
            1.05,
        ),
        *_beside_eas([gas for gas, _ in alone], with_parent, eas),
        at_most(f"tree of {TREE_SIZE:,}, gas per statement", round(tree / TREE_SIZE, 3), 6),
        at_most(f"tree of {TREE_SIZE:,}, longest inclusion proof in bytes", proof_bytes, 448),
    ]
    return {"goals": goals, "figures": figures}


def _anchors(w3: Web3, contract: Any) -> tuple[list[tuple[int, int]], list[int]]:
    """Gas and floor without a parent, and gas with that as the only parent."""
    alone, with_parent = [], []
    for n in range(REPEATS):
        subject, first, second = (digest(word, n) for word in ("subject", "first", "second"))
        receipt = send(w3, contract.functions.anchor(first, subject, KIND, []))
        alone.append((receipt["gasUsed"], _floor(w3, receipt)))
        child = send(w3, contract.functions.anchor(second, subject, KIND, [first]))
        with_parent.append(child["gasUsed"])
    return alone, with_parent


def _floor(w3: Web3, receipt: Any) -> int:
    """What no contract can do without that stores one slot, says one event and looks up who writes."""
    sent = bytes(w3.eth.get_transaction(receipt["transactionHash"])["input"])
    zeros = sent.count(0)
    (log,) = receipt["logs"]
    event = LOG + LOG_TOPIC * len(log["topics"]) + LOG_BYTE * len(log["data"])
    calldata = ZERO_BYTE * zeros + OTHER_BYTE * (len(sent) - zeros)
    return TRANSACTION + calldata + NEW_SLOT + event + COLD_SLOAD


def _eas(w3: Web3) -> list[int]:
    """The same three words and one parent (refUID) in EAS, contracts as its authors compiled them."""
    registry = _put(w3, ARTIFACTS / "SchemaRegistry.sol" / "SchemaRegistry.json")
    eas = _put(w3, ARTIFACTS / "EAS.sol" / "EAS.json", registry.address)
    made = send(w3, registry.functions.register(SCHEMA, NO_ADDRESS, True))
    schema = registry.events.Registered().process_receipt(made)[0]["args"]["uid"]

    def attest(statement: bytes, subject: bytes, parent: bytes) -> Any:
        words = w3.codec.encode(["bytes32", "bytes32", "uint8"], [statement, subject, KIND])
        request = (schema, (NO_ADDRESS, 0, True, parent, words, 0))
        return send(w3, eas.functions.attest(request))

    used = []
    for n in range(REPEATS):
        subject, first, second = (digest(word, n) for word in ("subject", "first", "second"))
        parent = eas.events.Attested().process_receipt(attest(first, subject, bytes(32)))
        used.append(attest(second, subject, parent[0]["args"]["uid"])["gasUsed"])
    return used


def _put(w3: Web3, compiled: Path, *args: object) -> Any:
    """The contract of a compiler's JSON, newly on the chain: web3's own object."""
    content = json.loads(compiled.read_text(encoding="utf-8"))
    made = w3.eth.contract(abi=content["abi"], bytecode=content["bytecode"])
    receipt = send(w3, made.constructor(*args))
    return w3.eth.contract(receipt["contractAddress"], abi=content["abi"])


def _beside_eas(alone: list[int], with_parent: list[int], eas: list[int] | None) -> list[Row]:
    cases = {"without a parent": alone, "with a parent": with_parent}
    rows = []
    for case, gas in cases.items():
        what = f"gas, EAS with a parent / anchor {case}"
        if eas is None:
            rows.append(
                not_measured(what, "at least 4.5", "run `npm ci --prefix benchmarks/chain`")
            )
        else:
            ratio = median(theirs / ours for ours, theirs in zip(gas, eas, strict=True))
            rows.append(at_least(what, round(ratio, 3), 4.5))
    return rows


def _tree(w3: Web3, contract: Any) -> tuple[int, int]:
    """Gas of anchoring a tree, and the bytes of its longest proof; every proof is checked."""
    leaves = [digest("leaf", n) for n in range(TREE_SIZE)]
    tree = build(leaves)
    receipt = send(w3, contract.functions.anchorTree(tree.root, tree.size))
    paths = [tree.path(index) for index in range(tree.size)]
    for index, (leaf, path) in enumerate(zip(leaves, paths, strict=True)):
        assert verify(leaf, index, tree.size, path, tree.root)
    checked = contract.functions.verifyInclusion(tree.root, TREE_SIZE, 7, leaves[7], paths[7])
    assert checked.call(), "the contract does not find a leaf that is there"
    return receipt["gasUsed"], max(len(path) for path in paths) * len(leaves[0])


def _others(w3: Web3, contract: Any) -> dict[str, float]:
    """What else is written, for the record: no goal."""
    parents = sorted(digest("first", n) for n in range(4))
    base = digest("first", 0)
    calls = {
        "anchor with two parents": contract.functions.anchor(
            digest("two"), base, KIND, parents[:2]
        ),
        "anchor with four parents": contract.functions.anchor(digest("four"), base, KIND, parents),
        "revoke": contract.functions.revoke(digest("two"), 2, bytes(32)),
    }
    return {name: send(w3, call)["gasUsed"] for name, call in calls.items()}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
