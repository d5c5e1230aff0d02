"""The contract by itself, through its compiled interface: what it stores, what it costs, what it agrees with."""

import subprocess
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import ContractCustomError
from web3.types import TxReceipt

from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.interface import COMPILED
from edgeline.provenance.proof import key_slot
from edgeline.stack.node import find_node
from tests.chain.conftest import deployed
from tests.nodes import ROOT
from tests.sharing import PROVEN, skipped_unless_changed

Digest = Callable[[str], bytes]

# The Ethereum Attestation Service 1.9 for the same content: three words and a parent (docs/contract.md).
EAS_GAS = 252_160
LOG, TOPIC, BYTE, COLD_READ, NEW_SLOT, TRANSACTION = 375, 375, 8, 2_100, 22_100, 21_000


@pytest.fixture
def digest(request: pytest.FixtureRequest) -> Digest:
    """Digests of this test alone, without zero bytes, which would be cheaper to send."""

    def make(name: str) -> bytes:
        return bytes(
            byte or 1 for byte in sha256(f"{request.node.nodeid} {name}".encode()).digest()
        )

    return make


@pytest.fixture(scope="session")
def web3(chain: Chain) -> Web3:
    return Web3(HTTPProvider(chain.url, exception_retry_configuration=None))


@pytest.fixture(scope="session")
def contract(web3: Web3, chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """A contract of this file's own, whose keys it changes."""
    own = deployed(chain.url, tmp_path_factory.mktemp("locks")).deployment
    made: Contract = web3.eth.contract(
        address=Web3.to_checksum_address(own.contract), abi=COMPILED["abi"]
    )
    return made


def mined(contract: Contract, function: str, *arguments: Any, account: int = 0) -> TxReceipt:
    """The transaction of a call from one of the node's accounts; the first is the contract's admin."""
    eth = contract.w3.eth
    sent = contract.functions[function](*arguments).transact({"from": eth.accounts[account]})
    receipt = eth.wait_for_transaction_receipt(sent)
    assert receipt["status"] == 1
    return receipt


def refusal(contract: Contract, function: str, *arguments: Any, account: int = 0) -> str:
    """Name of the error with which the contract answers the call."""
    with pytest.raises(ContractCustomError) as caught:
        contract.functions[function](*arguments).call({"from": contract.w3.eth.accounts[account]})
    names = {
        Web3.keccak(text=f"{item['name']}({','.join(one['type'] for one in item['inputs'])})")[
            :4
        ].hex(): item["name"]
        for item in contract.abi
        if item["type"] == "error"
    }
    return str(names[str(caught.value.data)[2:10]])


def sent_bytes_gas(contract: Contract, receipt: TxReceipt) -> int:
    data = contract.w3.eth.get_transaction(receipt["transactionHash"])["input"]
    return sum(16 if byte else 4 for byte in data)


# What is committed


def test_the_committed_bytecode_is_what_compiles(pytestconfig: pytest.Config) -> None:
    node = find_node()
    assert node is not None
    compiling = [node, ROOT / "contracts" / "compile.js", "--check"]
    with skipped_unless_changed(pytestconfig, "compiled", *PROVEN):
        assert subprocess.run(compiling, check=False).returncode == 0


def test_the_code_on_the_chain_has_the_committed_hash(contract: Contract) -> None:
    code = contract.w3.eth.get_code(contract.address)
    assert "0x" + Web3.keccak(code).hex() == COMPILED["code_hash"]
    assert len(code) < 24_576


# What is stored


def test_a_record_is_the_packed_slot_that_proofs_speak_of(
    contract: Contract, digest: Digest
) -> None:
    receipt = mined(contract, "anchor", digest("s"), digest("f"), 6, [])
    mined(contract, "revoke", digest("s"), 3, digest("why"))
    eth = contract.w3.eth
    time = eth.get_block(receipt["blockNumber"])["timestamp"]
    slot = Web3.keccak(digest("s") + bytes(32))

    packed = int.from_bytes(eth.get_storage_at(contract.address, int.from_bytes(slot)))

    fields = [(packed & (1 << 160) - 1, 160), (time, 40), (receipt["blockNumber"], 32), (6, 8)]
    expected = (3 << 8 | 1) << 240
    for (value, _), shift in zip(fields, (0, 160, 200, 232), strict=True):
        expected |= value << shift
    assert packed == expected
    anchorer = Web3.to_checksum_address(f"0x{packed & (1 << 160) - 1:040x}")
    assert anchorer == eth.accounts[0]
    record = contract.functions.records(digest("s")).call()
    assert record == [anchorer, time, receipt["blockNumber"], 6, 3 << 8 | 1]


def test_a_key_is_the_packed_slot_of_the_second_mapping(contract: Contract) -> None:
    eth = contract.w3.eth
    account = eth.accounts[8]
    mined(contract, "setRoles", account, 6)
    mined(contract, "markCompromised", account, 1_700_000_000)

    packed = int.from_bytes(
        eth.get_storage_at(contract.address, int.from_bytes(key_slot(account.lower())))
    )

    assert packed == 1_700_000_000 << 8 | 6
    assert contract.functions.keys(account).call() == [6, 1_700_000_000]


# Trees


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, word for word."""
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = split(len(leaves))
    return sha256(b"\1" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH of RFC 6962, word for word."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*naive_path(leaves[:k], index), naive_root(leaves[k:])]
    return [*naive_path(leaves[k:], index - k), naive_root(leaves[:k])]


def split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 255, 257])
def test_inclusion_is_as_rfc_6962_defines_it(contract: Contract, size: int) -> None:
    leaves = [sha256(f"leaf {number}".encode()).digest() for number in range(size)]
    root = naive_root(leaves)
    contains = contract.functions.verifyInclusion
    for index in sorted({0, 1 % size, size // 2, size - 2 if size > 1 else 0, size - 1}):
        path = naive_path(leaves, index)
        assert contains(root, size, index, leaves[index], path).call()
        assert not contains(root, size, index, root, path).call()
        assert not contains(root, size, index + 1, leaves[index], path).call()


def test_a_tree_is_recorded_under_an_id_that_binds_its_size(
    contract: Contract, digest: Digest
) -> None:
    expected = sha256(b"\2" + (10_000).to_bytes(8) + digest("root")).digest()
    mined(contract, "anchorTree", digest("root"), 10_000)
    assert contract.functions.records(expected).call()[3] == 255


# What it costs: gas is a number of the protocol, the same on every machine


def test_an_anchor_costs_little_more_than_its_floor(contract: Contract, digest: Digest) -> None:
    receipt = mined(contract, "anchor", digest("s"), digest("f"), 1, [])
    event = LOG + 4 * TOPIC + 64 * BYTE
    floor = TRANSACTION + sent_bytes_gas(contract, receipt) + NEW_SLOT + event + COLD_READ
    assert receipt["gasUsed"] <= 1.05 * floor


def test_an_anchor_with_a_parent_costs_two_ninths_of_an_attestation(
    contract: Contract, digest: Digest
) -> None:
    mined(contract, "anchor", digest("parent"), digest("f"), 1, [])
    receipt = mined(contract, "anchor", digest("s"), digest("f"), 1, [digest("parent")])
    assert receipt["gasUsed"] <= EAS_GAS / 4.5


def test_a_statement_in_a_tree_of_10000_costs_at_most_6_gas(
    contract: Contract, digest: Digest
) -> None:
    receipt = mined(contract, "anchorTree", digest("root"), 10_000)
    assert receipt["gasUsed"] <= 6 * 10_000


def test_a_round_costs_what_any_statement_with_a_parent_costs(
    contract: Contract, digest: Digest
) -> None:
    """Whatever the number of its clients, whose updates stand behind one root."""
    mined(contract, "anchor", digest("base"), digest("f"), 4, [])
    rounds = ("round 1", "base"), ("round 2", "round 1")
    costs = {
        mined(contract, "anchor", digest(name), digest("f"), 5, [digest(head)])["gasUsed"]
        for name, head in rounds
    }
    assert len(costs) == 1
