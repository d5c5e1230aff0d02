"""The contract by itself, through its compiled interface: what it stores, what it costs, what it agrees with."""

import json
import subprocess
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import ContractCustomError
from web3.types import TxReceipt

from edgeline.anchoring.deployment import Chain
from edgeline.stack.node import find_node

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
def contract(web3: Web3, chain: Chain, compiled: Path) -> Contract:
    address = Web3.to_checksum_address(chain.deployment.contract)
    made: Contract = web3.eth.contract(address=address, abi=json.loads(compiled.read_text())["abi"])
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


def test_the_committed_bytecode_is_what_compiles(compiled: Path) -> None:
    node = find_node()
    assert node is not None
    compiling = [node, compiled.with_name("compile.js"), "--check"]
    assert subprocess.run(compiling, check=False).returncode == 0


def test_the_code_on_the_chain_has_the_committed_hash(contract: Contract, compiled: Path) -> None:
    code = contract.w3.eth.get_code(contract.address)
    assert "0x" + Web3.keccak(code).hex() == json.loads(compiled.read_text())["code_hash"]
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
    mined(contract, "setRoles", eth.accounts[8], 2)
    mined(contract, "rotateKey", eth.accounts[9], account=8)
    receipt = mined(contract, "acceptKey", eth.accounts[8], account=9)
    time = eth.get_block(receipt["blockNumber"])["timestamp"]
    slot = Web3.keccak(bytes.fromhex(eth.accounts[9][2:]).rjust(32, b"\0") + (1).to_bytes(32))

    packed = int.from_bytes(eth.get_storage_at(contract.address, int.from_bytes(slot)))

    assert packed == 2 << 248 | 1 << 240 | time << 200 | int(eth.accounts[8], 16)


# What a device signs


def test_a_signature_made_by_eth_account_is_accepted(contract: Contract, digest: Digest) -> None:
    device = Account.create()
    mined(contract, "setRoles", device.address, 2)
    mined(contract, "anchor", digest("parent"), digest("f"), 1, [])
    message = {
        "statement": digest("s"),
        "subject": digest("f"),
        "kind": 4,
        "parents": [digest("parent")],
        "deadline": 2**40,
    }
    domain = {
        "name": "ModelAnchor",
        "version": "1",
        "chainId": contract.w3.eth.chain_id,
        "verifyingContract": contract.address,
    }
    fields = {
        "statement": "bytes32",
        "subject": "bytes32",
        "kind": "uint8",
        "parents": "bytes32[]",
        "deadline": "uint256",
    }
    types = {"Anchor": [{"name": name, "type": type_} for name, type_ in fields.items()]}
    signature = device.sign_message(encode_typed_data(domain, types, message))
    r, vs = signature.r.to_bytes(32), (signature.s | (signature.v - 27) << 255).to_bytes(32)

    mined(contract, "anchorBySig", device.address, *message.values(), r, vs, account=5)

    assert contract.functions.records(digest("s")).call()[0] == device.address
    assert (
        refusal(contract, "anchorBySig", device.address, *message.values(), r, vs)
        == "AlreadyAnchored"
    )


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
    assert contract.functions.treeId(digest("root"), 10_000).call() == expected
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


def test_a_round_costs_the_same_for_3_clients_and_for_3_million(
    contract: Contract, digest: Digest
) -> None:
    mined(contract, "anchor", digest("base"), digest("f"), 1, [])
    mined(contract, "openTask", digest("task"), digest("base"), [contract.w3.eth.accounts[0]], 1)
    # 0x030303 has no zero bytes, 0x03 has two more: at 12 gas each that is all the difference.
    costs = []
    for number, clients, head in ((1, 3, "base"), (2, 0x030303, "round 1"), (3, 4, "round 2")):
        name = f"round {number}"
        closing = (
            digest("task"),
            number,
            digest(name),
            digest("f"),
            [digest(head)],
            digest("u"),
            clients,
        )
        costs.append(mined(contract, "closeRound", closing)["gasUsed"])
    assert costs[1] - costs[2] == 2 * 12
    assert costs[0] == costs[2]


def test_retiring_many_writers_fits_into_a_transaction(
    chain: Chain, compiled: Path, web3: Web3
) -> None:
    """EIP-7825 allows 2^24 gas; the contract allows 1,000 writers."""
    made = json.loads(compiled.read_text())
    eth = web3.eth
    sent = eth.contract(abi=made["abi"], bytecode=made["bytecode"]).constructor(eth.accounts[0])
    address = eth.wait_for_transaction_receipt(sent.transact({"from": eth.accounts[0]}))[
        "contractAddress"
    ]
    assert address is not None
    contract: Contract = eth.contract(address=address, abi=made["abi"])
    for number in range(40):
        mined(contract, "setRoles", Account.create().address, 2 if number % 2 else 4)
    gas = mined(contract, "retire", eth.accounts[1])["gasUsed"]
    assert contract.functions.writers().call() == []
    assert (gas - TRANSACTION) / 41 * 1_000 < 2**24
