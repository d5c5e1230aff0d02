"""A contract that one test writes to, and nodes that answer little at a time."""

from pathlib import Path
from typing import Any

import pytest

from edgeline.anchoring.contract import AnchorContract, open_contract, transact
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.events import (
    Anchored,
)
from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.node import Node, Refused
from edgeline.auditing.index import Index
from edgeline.digest import sha256_bytes
from edgeline.errors import EdgelineError
from tests.chain.conftest import deployed


def digest_of(name: object) -> str:
    return sha256_bytes(str(name).encode())


class Anchorer:
    """Writes to one contract from its node's first account."""

    def __init__(self, chain: Chain, folder: Path) -> None:
        self.contract: AnchorContract = open_contract(chain.url, chain.deployment)
        self.signer = load_signer("node", self.contract.node, folder)

    def tell(self, function: str, *arguments: object) -> None:
        transact(self.contract, self.signer, function, *arguments)

    def anchor(self, name: object, *parents: object, kind: int = 1) -> str:
        statement = digest_of(name)
        above = sorted(map(digest_of, parents))
        self.tell("anchor", statement, digest_of(f"subject of {name}"), kind, above)
        return statement


@pytest.fixture
def own(chain: Chain, tmp_path: Path) -> Chain:
    """A contract that no other test writes to."""
    return deployed(chain.url, tmp_path)


@pytest.fixture
def anchorer(own: Chain, tmp_path: Path) -> Anchorer:
    return Anchorer(own, tmp_path)


def index_of(chain: Chain, path: Path | None = None, node: Node | None = None) -> Index:
    return Index(path, node or Node(chain.url), chain.deployment, chain.block)


def statements(index: Index) -> list[str]:
    return [event.body.statement for event in index.find(Anchored)]


class Counting(Node):
    """Notes which pages it was asked for."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.pages: list[tuple[int, int]] = []

    def ask(self, method: str, *params: Any) -> Any:
        if method == "eth_getLogs":
            first, last = (int(params[0][key], 16) for key in ("fromBlock", "toBlock"))
            self.pages.append((first, last))
            self.permit(last - first + 1)
        return super().ask(method, *params)

    def permit(self, blocks: int) -> None:
        """Raises where these are too many."""


class Limited(Counting):
    """Answers for a few blocks at once, as public nodes do."""

    def __init__(self, url: str, most_blocks: int, error: type[EdgelineError] = Refused) -> None:
        super().__init__(url)
        self.most_blocks, self.error = most_blocks, error

    def permit(self, blocks: int) -> None:
        if blocks > self.most_blocks:
            raise self.error(expected="a few blocks", found=str(blocks), remedy="ask for fewer")
