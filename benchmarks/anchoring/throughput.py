"""How many statements a Ganache takes in a second: one call each by hand, through the outbox, in trees.

python -m benchmarks.anchoring.throughput

Begins with statements in memory and ends with rows that are final: whatever the outbox writes to the
disk is included.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from statistics import median

from benchmarks.anchoring.ganache import Chain, digest, new_chain, send
from benchmarks.anchoring.goals import at_least, middle, spent, told
from edgeline.anchoring.flush import flush
from edgeline.anchoring.outbox import Outbox
from edgeline.provenance.statement import KINDS, Statement, Subject

REPEATS = 5
NUM_BY_HAND, NUM_ALONE = 40, 150
NUM_TREES, TREE_SIZE = 10, 1_000

_numbers = count()
"""Of the statements, so that no two have the same content."""


@dataclass
class Rates:
    """Statements a second, one for each repeat."""

    by_hand: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    trees: list[float] = field(default_factory=list)


def measure() -> dict[str, object]:
    """Medians; ratios within each repeat, where the load was the same, each with a new outbox."""
    rates = Rates()
    with new_chain() as chain:
        _by_hand(chain, _statements(5))  # web3 loads more of itself with its first transaction
        for repeat in range(REPEATS):
            rates.by_hand.append(_rate(_by_hand, chain, _statements(NUM_BY_HAND)))
            with Outbox(chain.folder / f"{repeat}.db") as outbox:
                rates.alone.append(_rate(_alone, chain, _statements(NUM_ALONE), outbox))
                rates.trees.append(_rate(_in_trees, chain, _trees(), outbox))
            told(f"throughput: {repeat + 1}/{REPEATS}, {_shown(rates)}")
        parts = _parts(chain)
    return {
        "goals": [
            at_least(
                f"statements/s, trees of {TREE_SIZE:,} through the outbox / web3 by hand",
                _ratio(rates.trees, rates),
                1000,
            ),
            at_least(
                "statements/s, one by one through the outbox / web3 by hand",
                _ratio(rates.alone, rates),
                3,
            ),
        ],
        "figures": {**_shown(rates), **parts},
    }


def _by_hand(chain: Chain, statements: list[Statement]) -> None:
    for one in statements:
        words = bytes.fromhex(one.digest), bytes.fromhex(one.subject)
        call = chain.contract.functions.anchor(*words, KINDS[one.kind], [])
        assert send(chain.w3, call)["status"] == 1


def _alone(chain: Chain, statements: list[Statement], outbox: Outbox) -> None:
    outbox.add(*statements)
    _flush(chain, outbox, len(statements))


def _in_trees(chain: Chain, statements: list[Statement], outbox: Outbox) -> None:
    _queue_trees(statements, outbox)
    _flush(chain, outbox, NUM_TREES)


def _queue_trees(statements: list[Statement], outbox: Outbox) -> None:
    for start in range(0, len(statements), TREE_SIZE):
        outbox.add_tree(statements[start : start + TREE_SIZE])


def _flush(chain: Chain, outbox: Outbox, expected: int) -> None:
    done = flush(outbox, chain.ours, chain.signer)
    assert (done.sent, done.pending) == (expected, 0), done
    assert outbox.counts()["final"] == len(outbox.entries()), done


def _parts(chain: Chain) -> dict[str, float]:
    """Where the time of trees goes, in an outbox that grows."""
    figures = {}
    with Outbox(chain.folder / "growing.db") as outbox:
        for held in range(0, REPEATS * NUM_TREES * TREE_SIZE, NUM_TREES * TREE_SIZE):
            trees = _trees()
            stored = spent(_queue_trees, trees, outbox).wall
            sent = spent(_flush, chain, outbox, NUM_TREES).wall
            us = [round(1e6 * seconds / len(trees), 1) for seconds in (stored, sent)]
            figures[f"trees, us each to queue, {held:,} in the outbox"] = us[0]
            figures[f"trees, us each to flush, {held:,} in the outbox"] = us[1]
    return figures


def _trees() -> list[Statement]:
    return _statements(NUM_TREES * TREE_SIZE)


def _statements(many: int) -> list[Statement]:
    """New ones, with their digests."""
    made = [
        Statement((Subject("model.onnx", digest(next(_numbers)).hex()),), "artifact")
        for _ in range(many)
    ]
    assert len({statement.digest for statement in made}) == many
    return made


def _rate(
    work: Callable[..., None], chain: Chain, statements: list[Statement], *more: Outbox
) -> float:
    return len(statements) / spent(work, chain, statements, *more).wall


def _ratio(rates: list[float], all_rates: Rates) -> float:
    pairs = zip(rates, all_rates.by_hand, strict=True)
    return round(median(rate / by_hand for rate, by_hand in pairs), 2)


def _shown(rates: Rates) -> dict[str, float]:
    return {
        "by hand, statements/s": middle(rates.by_hand),
        "one by one through the outbox, statements/s": middle(rates.alone),
        f"trees of {TREE_SIZE:,}, statements/s": middle(rates.trees),
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
