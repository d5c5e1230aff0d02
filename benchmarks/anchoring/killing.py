"""Two hundred times kill -9 of the node, of the client, of both, while an outbox is flushed.

python -m benchmarks.anchoring.killing
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.anchoring.goals import at_most, told
from benchmarks.kills import run

KILLS, SEED = 200, 0


def measure(kills: int = KILLS) -> dict[str, object]:
    """What the chain holds afterwards of what was queued; takes minutes."""
    told(f"kills: {kills}, a second or two each")
    with TemporaryDirectory() as folder:
        outcome = run(kills, seed=SEED, folder=Path(folder))
    return {
        "goals": [
            at_most(f"{kills} kills, statements lost", outcome.lost, 0),
            at_most(f"{kills} kills, statements anchored twice", outcome.twice, 0),
        ],
        "figures": {
            "statements and trees": outcome.statements,
            "transactions that the contract refused": outcome.spare,
            "seconds": outcome.seconds,
        },
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
