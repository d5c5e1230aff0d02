"""What answers at an address is checked before anything is believed or written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edgeline.anchoring.contract import AnchorContract, EarlierContract, open_contract
from edgeline.anchoring.deployment import Chain, read_chain, write_chain
from edgeline.anchoring.hexadecimal import octets, quantity
from edgeline.anchoring.interface import COMPILED
from edgeline.anchoring.node import Node, Refused
from edgeline.errors import EnvironmentUnfit, ServiceUnavailable
from edgeline.provenance.record import Deployment


def test_a_node_that_is_down_is_named(nobody: str, deployment: Deployment) -> None:
    with pytest.raises(ServiceUnavailable, match=f"{nobody}; found no answer; .*edgeline up"):
        open_contract(nobody, deployment)


def test_a_wiped_chain_is_another_chain(other_url: str, deployment: Deployment) -> None:
    with pytest.raises(EnvironmentUnfit, match="with genesis"):
        open_contract(other_url, deployment)


def test_another_chain_number_is_another_chain(chain: Chain) -> None:
    with pytest.raises(EnvironmentUnfit, match="expected chain 5 .* found chain 1337"):
        open_contract(chain.url, replace(chain.deployment, chain_id=5))


def test_an_address_without_code_is_refused(chain: Chain) -> None:
    with pytest.raises(EnvironmentUnfit, match="found no contract"):
        open_contract(chain.url, replace(chain.deployment, contract="0x" + 40 * "1"))


def test_another_contract_is_refused(chain: Chain) -> None:
    with pytest.raises(EnvironmentUnfit, match="found another one"):
        open_contract(chain.url, replace(chain.deployment, code_hash="0x" + 64 * "1"))


def test_code_that_vanishes_later_is_noticed(chain: Chain, digest: Callable[[str], str]) -> None:
    node = open_contract(chain.url, chain.deployment).node
    contract = AnchorContract(node, replace(chain.deployment, contract="0x" + 40 * "1"))
    for question in (
        lambda: contract.status(digest("model")),
        lambda: contract.key("0x" + 40 * "2"),
        lambda: contract.refusal("0x" + 40 * "2", contract.call("anchorTree", digest("r"), 1)),
    ):
        with pytest.raises(EnvironmentUnfit, match="found no contract"):
            question()


def test_a_contract_of_an_earlier_version_names_the_next_command(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = {**COMPILED, "code_hash": "0x" + 64 * "1"}
    monkeypatch.setattr("edgeline.anchoring.contract.COMPILED", compiled)
    with pytest.raises(
        EarlierContract, match="an earlier version; deploy a new one: `edgeline run`"
    ):
        open_contract(chain.url, chain.deployment)


def test_a_refusal_of_the_node_is_one_line_without_its_paths(chain: Chain) -> None:
    node = Node(chain.url)
    for refused in (
        lambda: node.ask("eth_nothingOfThatName"),
        lambda: node.ask(
            "eth_call", {"to": chain.deployment.contract, "data": "0x12345678"}, "latest"
        ),
        lambda: node.ask("eth_sendRawTransaction", "0x00"),
    ):
        with pytest.raises(Refused, match="found a refusal") as caught:
            refused()
        assert "\n" not in str(caught.value)
        assert "node_modules" not in str(caught.value)


def test_a_batch_gives_answers_and_refusals_in_the_order_of_its_questions(chain: Chain) -> None:
    first, second, third = Node(chain.url).batch(
        [
            ("eth_chainId", ()),
            ("eth_nothingOfThatName", ()),
            ("eth_getBlockByNumber", ("0x0", False)),
        ]
    )
    assert first == hex(1337)
    assert isinstance(second, Refused)
    assert third["number"] == "0x0"
    assert Node(chain.url).batch([]) == []


def test_proxies_of_the_environment_are_not_asked(
    chain: Chain, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", nobody)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert open_contract(chain.url, chain.deployment).deployment == chain.deployment


def test_what_is_secret_in_an_address_is_not_shown(deployment: Deployment) -> None:
    address = "http://user:word@127.0.0.1:1/v3/0123456789abcdef"
    with pytest.raises(ServiceUnavailable, match="http://127.0.0.1:1; ") as caught:
        open_contract(address, deployment)
    assert not any(secret in str(caught.value) for secret in ("word", "0123456789abcdef"))


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        True,
        1,
        "",
        "0x",
        "1",
        "0x01",
        "0x-1",
        "0xG",
        "0xAB",
        "0x1 ",
        " 0x1",
        "0x1_0",
        "0x" + "1" * 65,
        ["0x1"],
    ],
)
def test_only_numbers_as_specified_are_read(wrong: object) -> None:
    with pytest.raises(ValueError, match="not a number"):
        quantity(wrong)


def test_numbers_and_bytes_are_read_as_specified() -> None:
    assert [quantity("0x0"), quantity("0x1f"), quantity("0x" + 64 * "f")] == [0, 31, 2**256 - 1]
    assert [octets("0x"), octets("0xAb01", 2)] == [b"", b"\xab\x01"]
    for wrong in ("ab01", "0xa", "0x 1", None, b"\0"):
        with pytest.raises(ValueError, match="not bytes"):
            octets(wrong)
    with pytest.raises(ValueError, match="2 bytes instead of 3"):
        octets("0xab01", 3)


def test_a_deployment_is_read_as_it_was_written(chain: Chain, tmp_path: Path) -> None:
    there = replace(chain, name="sepolia", key="env:KEY", confirmations=12, block=7)
    path = write_chain(there, tmp_path / "deployments" / "sepolia.json")
    assert read_chain(path) == there
    assert b'"schema":"edgeline.deployment/2"' in path.read_bytes()


def test_a_deployment_changed_by_hand_is_refused(chain: Chain, tmp_path: Path) -> None:
    path = write_chain(chain, tmp_path / "local.json")
    good = path.read_bytes()
    for wrong in (
        b"",
        b"[]",
        good + b"\n",
        good.replace(b'"chain_id":1337', b'"chain_id":"1337"'),
        good.replace(b'"chain_id":1337', b'"chain_id":true'),
        good.replace(b'"block":', b'"more":1,"block":'),
        good.replace(b"edgeline.deployment/2", b"edgeline.deployment/1"),
        b"[" * 100_000,
    ):
        path.write_bytes(wrong)
        with pytest.raises(EnvironmentUnfit, match=r"described by .*local\.json"):
            read_chain(path)
    with pytest.raises(
        EnvironmentUnfit, match="no readable file; make it with `edgeline chain deploy`"
    ):
        read_chain(tmp_path / "sepolia.json")
