"""Ganache as tests start it, and the words that start it."""

import itertools
from pathlib import Path

import pytest

from edgeline.errors import EnvironmentUnfit, ServiceUnavailable
from edgeline.stack import ganache
from edgeline.stack.loopback import query
from tests import nodes
from tests.nodes import free_port, running_ganache


def _ask(url: str, method: str, *arguments: object) -> object:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": arguments}
    return query(url, body)["result"]


def test_a_chain_answers_as_soon_as_it_is_given_and_ends_with_the_block() -> None:
    with running_ganache("--chain.time=2026-01-01T00:00:00Z") as chain:
        assert _ask(chain.url, "eth_chainId") == hex(ganache.CHAIN_ID)
        genesis = _ask(chain.url, "eth_getBlockByNumber", "0x0", False)
        assert isinstance(genesis, dict)
        assert int(genesis["timestamp"], 16) == 1_767_225_600
    assert chain.process.returncode is not None
    assert not ganache.answers(chain.url)


def test_a_port_that_another_chain_took_meanwhile_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_ganache() as stranger:
        ports = itertools.chain([stranger.port], iter(free_port, None))
        monkeypatch.setattr(nodes, "free_port", lambda: next(ports))
        with running_ganache() as chain:
            assert chain.port != stranger.port
            assert ganache.answers(chain.url)
        assert ganache.answers(stranger.url)


def test_options_that_ganache_refuses_are_told_at_once() -> None:
    with pytest.raises(ServiceUnavailable, match="--no-such-option"):
        nodes.start_ganache("--no-such-option=1")


def test_a_project_without_ganache_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnfit, match="bootstrap.py setup"):
        ganache.command(tmp_path, 8545)
