"""The index reads a chain in pages, follows it when it changes its mind, and says how far it is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.events import (
    Derived,
)
from edgeline.anchoring.node import Node, Refused
from edgeline.errors import ServiceUnavailable
from tests.chain.index.conftest import Anchorer, Counting, Limited, digest_of, index_of, statements


def test_only_what_is_new_is_read(own: Chain, anchorer: Anchorer, tmp_path: Path) -> None:
    path, node = tmp_path / "index.db", Counting(own.url)
    anchorer.anchor("one")
    with index_of(own, path, node) as index:
        index.refresh()
    with index_of(own, path, node) as index:
        node.pages.clear()
        assert index.refresh().number == node.head()
        assert node.pages == []
        anchorer.anchor("two")
        head = index.refresh()
        assert node.pages == [(head.number, head.number)]
        assert statements(index) == [digest_of("one"), digest_of("two")]


def test_pages_shrink_when_a_node_refuses_and_grow_again(own: Chain, anchorer: Anchorer) -> None:
    names = [str(number) for number in range(25)]
    for name in names:
        anchorer.anchor(name)
    node = Limited(own.url, most_blocks=2)
    with index_of(own, node=node) as index:
        index.refresh()
        assert statements(index) == [digest_of(name) for name in names]
    sizes = [last - first + 1 for first, last in node.pages]
    # halved until one is answered; after eight that were, larger ones are tried again
    assert sizes[:5] == [26, 13, 6, 3, 1]
    assert sizes[12:15] == [4, 2, 2]


def test_a_node_that_refuses_everything_is_told_as_it_is(own: Chain) -> None:
    with index_of(own, node=Limited(own.url, most_blocks=0)) as index, pytest.raises(Refused):
        index.refresh()


def test_a_page_that_takes_too_long_is_read_in_parts(own: Chain, anchorer: Anchorer) -> None:
    anchorer.anchor("one")
    node = Limited(own.url, most_blocks=1, error=ServiceUnavailable)
    with index_of(own, node=node) as index:
        index.refresh()
        assert statements(index) == [digest_of("one")]


def test_a_node_that_is_gone_is_not_asked_again_and_again(own: Chain, nobody: str) -> None:
    with index_of(own, node=Node(nobody)) as index, pytest.raises(ServiceUnavailable):
        index.refresh()

    class Leaving(Limited):
        def head(self) -> int:
            if self.pages:
                raise ServiceUnavailable(expected="a node", found="none", remedy="wait")
            return super().head() + 100

        def block(self, number: int | str) -> Any:
            return super().block("latest")

    node = Leaving(own.url, most_blocks=0, error=ServiceUnavailable)
    with index_of(own, node=node) as index, pytest.raises(ServiceUnavailable):
        index.refresh()
    assert len(node.pages) == 1


def test_a_chain_that_is_shorter_than_its_node_says_is_no_chain(own: Chain) -> None:
    class Boasting(Node):
        def head(self) -> int:
            return super().head() + 1

    with (
        index_of(own, node=Boasting(own.url)) as index,
        pytest.raises(ServiceUnavailable, match="no block"),
    ):
        index.refresh()


def test_statements_of_a_forgotten_branch_are_forgotten(
    own: Chain, anchorer: Anchorer, tmp_path: Path
) -> None:
    node = anchorer.contract.node
    anchorer.anchor("kept")
    snapshot = node.ask("evm_snapshot")
    for number in range(5):
        anchorer.anchor(f"forgotten {number}")
    with index_of(own, tmp_path / "index.db") as index:
        index.refresh()
        assert len(statements(index)) == 6
        node.ask("evm_revert", snapshot)
        shorter = index.refresh()
        assert shorter.number == node.head()
        assert statements(index) == [digest_of("kept")]
        # as long as before, and otherwise different
        for number in range(5):
            anchorer.anchor(f"instead {number}", "kept")
        index.refresh()
        instead = [digest_of(f"instead {number}") for number in range(5)]
        assert statements(index) == [digest_of("kept"), *instead]
        assert len(index.find(Derived)) == 5


def test_only_what_lies_above_the_fork_is_read_again(own: Chain, anchorer: Anchorer) -> None:
    for number in range(10):
        anchorer.anchor(number)
    node = Counting(own.url)
    with index_of(own, node=node) as index:
        fork = index.refresh().number
        snapshot = node.ask("evm_snapshot")
        anchorer.anchor("forgotten")
        index.refresh()
        node.ask("evm_revert", snapshot)
        anchorer.anchor("instead")
        node.pages.clear()
        index.refresh()
        assert node.pages == [(fork + 1, fork + 1)]


def test_a_chain_that_never_settles_is_given_up(own: Chain, anchorer: Anchorer) -> None:
    anchorer.anchor("one")

    class Unsettled(Node):
        asked = 0

        def block(self, number: int | str) -> Any:
            self.asked += 1
            block = super().block(number)
            return block and replace(block, hash=f"0x{self.asked:064x}")

    with (
        index_of(own, node=Unsettled(own.url)) as index,
        pytest.raises(ServiceUnavailable, match="changed 21 times"),
    ):
        index.refresh()


def test_a_read_says_how_far_it_is(own: Chain, anchorer: Anchorer) -> None:
    anchorer.anchor("one")
    anchorer.anchor("two")
    told: list[tuple[int, int]] = []
    node = Limited(own.url, most_blocks=1)
    with index_of(own, node=node) as index:
        index.refresh(lambda block, last: told.append((block, last)))
        head = index.head.number
    assert told == [(block, head) for block in range(own.block, head + 1)]
