"""An audit of a chain with 100,000 statements: reading its events into the index, and asking for one file.

    python -m benchmarks.anchoring.audit

Filling the chain takes minutes, is done by the real contract, and is not measured.
"""

import json
import time
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from web3.types import FilterParams

from benchmarks.anchoring.ganache import ENOUGH_GAS, Chain, anchor_many, digest, new_chain
from benchmarks.anchoring.goals import at_least, at_most, middle, spent, told
from edgeline.anchoring.events import Anchored
from edgeline.anchoring.outbox import Outbox
from edgeline.auditing.audit import Audit
from edgeline.auditing.index import Index
from edgeline.provenance.statement import KINDS, Statement, Subject

REPEATS = 3
NUM_EVENTS, PER_BLOCK = 100_000, 250
NUM_ASKED = 300
PAGE = 40
"""Blocks in one question of web3: ten thousand events."""


def measure(num_events: int = NUM_EVENTS) -> dict[str, object]:
    """Seconds, medians; both ways of reading one after the other, so that the load is the same."""
    with (
        new_chain(f"--miner.blockGasLimit={hex(ENOUGH_GAS)}") as chain,
        TemporaryDirectory() as name,
    ):
        statements = _fill(chain, num_events)
        plain = [spent(_formatted, chain, num_events)]
        pairs = []
        for repeat in range(REPEATS):
            index = Path(name) / f"{repeat}.db"
            built = spent(_build, chain, index, num_events)
            pairs.append((built, spent(_decoded, chain, num_events)))
            told(
                f"audit: read {repeat + 1}/{REPEATS}, s: index {built.wall:.1f}, web3 {pairs[-1][1].wall:.1f}"
            )
        asked = _ask(chain, index, statements)
        size = index.stat().st_size
    seconds = {clock: _seconds(pairs, clock) for clock in ("wall", "cpu")}
    ratio = round(median(b.wall / a.wall for a, b in pairs), 2)
    what = f"{num_events:,} events"
    return {
        "goals": [
            at_most(f"audit by file of {what}, ms", middle(asked), 10),
            at_least(f"read {what}, wall: web3's contract event / index", ratio, 8),
        ],
        "figures": {
            "audit by file, ms, 99 of 100": round(quantiles(asked, n=100)[-1], 2),
            "index, wall s": seconds["wall"][0],
            "index, CPU s": seconds["cpu"][0],
            "web3's contract event, wall s": seconds["wall"][1],
            "web3's contract event, CPU s": seconds["cpu"][1],
            "w3.eth.get_logs, not decoded, wall s": round(plain[0].wall, 2),
            "index on disk, bytes per event": round(size / num_events),
        },
    }


def _fill(chain: Chain, num_events: int) -> list[Statement]:
    """So many statements on the chain, a full block at a time; gives one of each block."""
    to_ask = []
    for block in range(num_events // PER_BLOCK):
        made = [_statement(block, place) for place in range(PER_BLOCK)]
        pairs = [(bytes.fromhex(one.digest), bytes.fromhex(one.subject)) for one in made]
        receipt = anchor_many(chain, pairs, KINDS["artifact"])
        to_ask.append(made[block % PER_BLOCK])
        if (block + 1) % 100 == 0:
            told(f"audit: {(block + 1) * PER_BLOCK:,} of {num_events:,} events written")
    assert len(receipt["logs"]) == PER_BLOCK
    return to_ask


def _statement(block: int, place: int) -> Statement:
    subject = Subject("model.onnx", digest(block, place).hex())
    return Statement((subject,), "artifact", (), {"recipe": "digits", "place": place})


def _build(chain: Chain, path: Path, num_events: int) -> None:
    with Index(path, chain.ours.node, chain.ours.deployment) as index:
        index.refresh()
    assert path.stat().st_size > 100 * num_events


def _decoded(chain: Chain, num_events: int) -> None:
    """The same events as web3's own objects, page by page."""
    event, head = chain.contract.events.Anchored(), chain.w3.eth.block_number
    pages = range(0, head + 1, PAGE)
    found = sum(len(event.get_logs(from_block=n, to_block=n + PAGE - 1)) for n in pages)
    assert found == num_events, found


def _formatted(chain: Chain, num_events: int) -> None:
    """What web3 takes to list them, their words left as they are."""
    found = 0
    for first in range(0, chain.w3.eth.block_number + 1, PAGE):
        where: FilterParams = {"fromBlock": first, "toBlock": first + PAGE - 1}
        found += len(chain.w3.eth.get_logs({**where, "address": chain.contract.address}))
    assert found >= num_events, found


def _ask(chain: Chain, path: Path, statements: list[Statement]) -> list[float]:
    """Milliseconds for one file each, after hashing it; the outbox knows what the files are called."""
    taken = []
    with (
        Index(path, chain.ours.node, chain.ours.deployment) as index,
        Outbox(chain.folder / "outbox.db") as outbox,
    ):
        assert len(index.find(Anchored)) >= len(statements)
        outbox.add(*statements)
        audit = Audit(index, outbox)
        for n in range(NUM_ASKED):
            wanted = statements[n * 7919 % len(statements)]
            began = time.perf_counter()
            found = audit.about(wanted.subject)
            taken.append(1000 * (time.perf_counter() - began))
            assert [entry.statement for entry in found] == [wanted.digest]
    return taken


def _seconds(pairs: list[tuple], clock: str) -> list[float]:
    return [round(median(getattr(pair[side], clock) for pair in pairs), 2) for side in (0, 1)]


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
