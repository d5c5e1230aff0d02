"""The chain, the client and both are killed at random moments; the chain holds everything once in the end."""

from pathlib import Path

import pytest

from benchmarks.kills import run


@pytest.mark.slow
def test_thirty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    outcome = run(kills=30, seed=1, folder=tmp_path, within_s=60)
    # Fewer where the machine is busy: each takes a second, most of it the chain's start.
    assert outcome.kills >= 6
    assert outcome.statements >= 2 * outcome.kills
    assert (outcome.lost, outcome.twice) == (0, 0)
    # What is spare was refused by the contract; blind resending would make it about one for each kill.
    assert outcome.spare <= 5
