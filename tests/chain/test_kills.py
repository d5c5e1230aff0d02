"""The chain, the client and both are killed at random moments; the chain holds everything once in the end.

Three kills of each kind here; `edgeline bench kills` makes two hundred.
"""

from pathlib import Path

from benchmarks.kills import TARGETS, run


def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    outcome = run(kills=3 * len(TARGETS), seed=1, folder=tmp_path)
    assert outcome.kills == 9
    assert outcome.statements >= 2 * outcome.kills
    assert (outcome.lost, outcome.twice) == (0, 0)
    # What is spare was refused by the contract; blind resending would make it about one for each kill.
    assert outcome.spare <= 4
