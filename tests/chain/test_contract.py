"""The contract by itself, through its compiled interface: rules, price, reproducible bytecode."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import ContractCustomError
from web3.types import TxReceipt

from edgeline.anchoring import events, registry
from edgeline.receipt import Deployment
from edgeline.stack.node import find_node

Digest = Callable[[str], str]


@pytest.fixture
def contract(url: str, deployment: Deployment, compiled: Path) -> Contract:
    w3 = Web3(HTTPProvider(url, exception_retry_configuration=None))
    address = Web3.to_checksum_address(deployment.contract)
    made: Contract = w3.eth.contract(address=address, abi=json.loads(compiled.read_text())["abi"])
    return made


def anchor(contract: Contract, digest: str, parents: list[str], account: int = 0) -> TxReceipt:
    """The mined transaction of a call from one of the node's accounts."""
    sender = contract.w3.eth.accounts[account]
    sent = contract.functions.anchor("0x" + digest, 1, ["0x" + parent for parent in parents])
    return contract.w3.eth.wait_for_transaction_receipt(sent.transact({"from": sender}))


def error_of(contract: Contract, digest: str, parents: list[str]) -> str:
    """Name of the error with which the contract refuses the call."""
    call = contract.functions.anchor("0x" + digest, 1, ["0x" + parent for parent in parents])
    with pytest.raises(ContractCustomError) as caught:
        call.call({"from": contract.w3.eth.accounts[0]})
    names = {
        Web3.keccak(text=f"{item['name']}({','.join(one['type'] for one in item['inputs'])})")[
            :4
        ].hex(): item["name"]
        for item in contract.abi
        if item["type"] == "error"
    }
    return str(names[str(caught.value.data)[2:10]])


def test_the_committed_bytecode_is_what_compiles(compiled: Path) -> None:
    node = find_node()
    assert node is not None
    compiling = [node, compiled.with_name("compile.js"), "--check"]
    assert subprocess.run(compiling, check=False).returncode == 0


def test_the_library_speaks_the_compiled_interface(compiled: Path) -> None:
    signatures = {
        item["name"]: f"{item['name']}({','.join(one['type'] for one in item['inputs'])})"
        for item in json.loads(compiled.read_text())["abi"]
    }
    hashes = {name: "0x" + Web3.keccak(text=text).hex() for name, text in signatures.items()}
    assert hashes["anchor"][:10] == registry.ANCHOR
    assert hashes["records"][:10] == registry.RECORDS
    assert hashes["Anchored"] == events.ANCHORED
    assert hashes["Derived"] == events.DERIVED


def test_the_first_writer_wins(contract: Contract, digest: Digest) -> None:
    anchor(contract, digest("model"), [])
    assert error_of(contract, digest("model"), []) == "AlreadyAnchored"
    assert (
        contract.functions.records("0x" + digest("model")).call()[0]
        == (contract.w3.eth.accounts[0])
    )


def test_parents_must_be_there(contract: Contract, digest: Digest) -> None:
    assert error_of(contract, digest("child"), [digest("parent")]) == "ParentUnknown"


def test_nothing_is_its_own_parent(contract: Contract, digest: Digest) -> None:
    assert error_of(contract, digest("model"), [digest("model")]) == "ParentUnknown"


def test_parents_are_a_set_in_ascending_order(contract: Contract, digest: Digest) -> None:
    low, high = sorted([digest("a"), digest("b")])
    anchor(contract, low, [])
    anchor(contract, high, [])
    assert error_of(contract, digest("child"), [high, low]) == "ParentsUnordered"
    assert error_of(contract, digest("child"), [low, low]) == "ParentsUnordered"
    anchor(contract, digest("child"), [low, high])


def test_the_zero_digest_is_refused(contract: Contract) -> None:
    assert error_of(contract, "0" * 64, []) == "ZeroDigest"


def test_any_account_may_write_and_is_recorded(contract: Contract, digest: Digest) -> None:
    mined = anchor(contract, digest("model"), [], account=1)
    record = contract.functions.records("0x" + digest("model")).call()
    writer = list(contract.w3.eth.accounts)[1]
    time = contract.w3.eth.get_block(mined["blockNumber"])["timestamp"]
    assert record == [writer, time, mined["blockNumber"], 1, 0]


def test_anchoring_costs_little_more_than_its_floor(contract: Contract, digest: Digest) -> None:
    calldata = 4 * 16 + 32 * 16 + (31 * 4 + 16) + (31 * 4 + 16) + 32 * 4
    event = 375 + 4 * 375 + 32 * 8
    floor = 21_000 + calldata + 22_100 + event
    # A digest may hold zero bytes, which are cheaper; the floor counts none.
    assert anchor(contract, digest("model"), [])["gasUsed"] <= 1.05 * floor
