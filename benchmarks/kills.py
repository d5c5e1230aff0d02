"""Nothing is lost and nothing anchored twice, whatever is killed while an outbox is flushed.

`python -m benchmarks.kills 200` kills the chain, the client or both, at random moments, so often; it says what the
chain holds in the end. Ganache keeps its database in a temporary folder; the client is a process of its own.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from edgeline.anchoring.contract import AnchorContract, deploy, open_contract, transact
from edgeline.anchoring.deployment import read_chain, write_chain
from edgeline.anchoring.events import Anchored, TreeAnchored, topic
from edgeline.anchoring.flush import flush
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.outbox import Outbox
from edgeline.digest import sha256_bytes
from edgeline.errors import EnvironmentUnfit
from edgeline.provenance.statement import Statement, Subject
from tests.nodes import start_ganache

ROOT = Path(__file__).parents[1]

TARGETS = (("node",), ("client",), ("node", "client"))
LONGEST_S = 0.25
"""Between the beginning of a trial and its kill; a trial's statements take about half of it."""

VARIABLE = "EDGELINE_KILLS_KEY"
KEY = "0x6cbed15c793ce57650b9877cf6fa156fbef513c4e6134f022a85b1ffdd59b2a1"
"""Of the second of Ganache's own accounts; known to everyone, worth nothing."""


@dataclass(frozen=True)
class Outcome:
    """What the chain holds after all kills."""

    kills: int
    statements: int
    caught: int
    """Kills after which something was in the air: signed, and not known to be in a block."""
    lost: int
    """Queued, and not on the chain."""
    twice: int
    """Written more than once."""
    spare: int
    """Transactions beyond one for each statement; the contract refused them."""
    seconds: float


def run(kills: int, seed: int, folder: Path, within_s: float = 3600.0) -> Outcome:
    """Kills so often, or until time is up, then lets everything end and counts."""
    chance, began = random.Random(seed), time.monotonic()
    with ExitStack() as stack:
        nodes, caught = [start_ganache(database=folder / "database")], 0
        stack.callback(lambda: nodes[-1].kill())
        contract = _deploy(nodes[0].url, folder)
        clients = stack.enter_context(Clients(folder))
        done = 0
        while done < kills and time.monotonic() - began < within_s:
            trial, done = done, done + 1
            _queue(folder, trial, chance)
            clients.start()
            time.sleep(chance.uniform(0, LONGEST_S))
            targets = TARGETS[trial % len(TARGETS)]
            if "node" in targets:
                nodes[-1].kill()
            if "client" in targets:
                clients.kill()
            if "node" in targets:
                again = start_ganache(port=nodes[0].port, database=folder / "database")
                nodes.append(again)
            clients.wait()
            caught += _flying(folder)
        clients.start()
        clients.wait()
        return _count(folder, contract, done, caught, time.monotonic() - began)


class Clients:
    """A process that has everything imported, and forks one that flushes whenever it is told to."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.kills", "clients", str(folder)]
        pipe = subprocess.PIPE
        self._nursery = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        self._client = 0

    def __enter__(self) -> "Clients":
        return self

    def __exit__(self, *_: object) -> None:
        self._nursery.communicate()

    def start(self) -> None:
        self._client = int(self._tell("start"))

    def kill(self) -> None:
        # Nobody has reaped it, so the number is still its own even if it ended by itself.
        os.kill(self._client, signal.SIGKILL)

    def wait(self) -> None:
        """Until it has ended, by itself or not."""
        self._tell("wait")

    def _tell(self, word: str) -> str:
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(f"{word}\n")
        self._nursery.stdin.flush()
        return self._nursery.stdout.readline()


def nurse(folder: Path) -> None:
    """The loop of that process."""
    client = 0
    for word in sys.stdin:
        if word.strip() == "wait":
            os.waitpid(client, 0)
        elif not (client := os.fork()):
            try:
                _flush(folder)
            finally:
                os._exit(0)
        print(client, flush=True)


def _flush(folder: Path) -> None:
    """Until nothing is left to send, however long the chain is away."""
    chain = read_chain(folder / "kills.json")
    with Outbox(folder / "outbox.db") as outbox:
        while True:
            try:
                contract = open_contract(chain.url, chain.deployment)
                ours = load_signer(chain.key, contract.node, folder)
                if not flush(outbox, contract, ours).pending:
                    return
            except EnvironmentUnfit:
                time.sleep(0.05)


def _deploy(url: str, folder: Path) -> AnchorContract:
    """A contract to which an account writes that has sent nothing yet: Ganache takes a first transaction twice."""
    os.environ[VARIABLE] = KEY
    chain = deploy(url, "node", name="kills", locks=folder)
    contract = open_contract(url, chain.deployment)
    writer = load_signer(f"env:{VARIABLE}", contract.node, folder)
    admin = load_signer("node", contract.node, folder)
    transact(contract, admin, "setRoles", writer.address, ROLES["ANCHORER"])
    write_chain(replace(chain, key=f"env:{VARIABLE}"), folder / "kills.json")
    return contract


def _queue(folder: Path, trial: int, chance: random.Random) -> None:
    """Some statements, each the child of the one before, and sometimes a tree."""
    with Outbox(folder / "outbox.db") as outbox:
        parents: tuple[str, ...] = ()
        for number in range(chance.randint(1, 12)):
            made = _statement(f"{trial} {number}", parents)
            outbox.add(made)
            parents = (made.digest,)
        if chance.random() < 0.3:
            outbox.add_tree([_statement(f"{trial} leaf {n}", ()) for n in range(5)])


def _statement(name: str, parents: tuple[str, ...]) -> Statement:
    return Statement((Subject("model", sha256_bytes(name.encode())),), "tuned", parents)


def _flying(folder: Path) -> bool:
    with Outbox(folder / "outbox.db") as outbox:
        return bool(outbox.entries("sent"))


def _count(
    folder: Path, contract: AnchorContract, kills: int, caught: int, seconds: float
) -> Outcome:
    where = {"address": contract.deployment.contract, "fromBlock": "0x0", "toBlock": "latest"}
    topics = [[topic(Anchored), topic(TreeAnchored)]]
    logs = contract.node.ask("eth_getLogs", {**where, "topics": topics})
    written = Counter(log["topics"][1][2:] for log in logs)
    with Outbox(folder / "outbox.db") as outbox:
        rows = outbox.entries()
    writer = load_signer(f"env:{VARIABLE}", contract.node, folder).address
    return Outcome(
        kills=kills,
        statements=len(rows),
        caught=caught,
        lost=sum(not written[row.key] or row.state != "final" for row in rows),
        twice=sum(number > 1 for number in written.values()),
        spare=contract.node.num_sent(writer, "latest") - len(rows),
        seconds=round(seconds, 1),
    )


def measure(kills: int = 200) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        return asdict(run(kills, seed=0, folder=Path(folder)))


def main() -> None:
    if sys.argv[1] == "clients":
        nurse(Path(sys.argv[2]))
        return
    print(json.dumps(measure(int(sys.argv[1]))))


if __name__ == "__main__":
    main()
