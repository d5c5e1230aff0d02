"""The end of a run as a person reads it: no round is shown as progress that is not in the network."""

from typing import Any

import pytest

from edgeline.cli.summary import print_summary
from edgeline.metrics import Scores
from tasks.federate import FederateReport


def summary(**federated: Any) -> dict[str, Any]:
    """Of a run of federated rounds alone."""
    return {
        "run": "digits-build-20260101-120000",
        "data_digest": "d" * 64,
        "baseline": {"trivial": {}, "logistic": {}, "published": ""},
        "steps": {"gate": {"accuracy": None, "seconds": 0.1, "reused": False}},
        "artifact": {"path": "a", "bytes": 10, "tuned_bytes": 90, "tuned_speed_up": None},
        "split": {"bytes_on_wire": 7, "equal": True, "requests_per_s": None},
        "federated": {"devices": 10, **federated},
        "anchor": {"pending": "no node"},
        "registered": {"name": "digits", "version": "1"},
        "links": {},
        "seconds": 1.0,
    }


@pytest.mark.parametrize(
    ("chosen", "rounds", "not_kept", "told"),
    [
        (9, 12, [10, 11, 12], "rounds 1 to 9 kept; rounds 10 to 12 not kept"),
        (1, 2, [2], "round 1 kept; round 2 not kept"),
        (3, 3, [], "simulated devices; rounds 1 to 3 kept\n"),
        (0, 2, [1, 2], "none was better on validation, the start is kept; rounds 1 to 2 not kept"),
        (0, 0, [], "rounds      none\n"),
    ],
)
def test_every_round_is_kept_or_not(
    capsys: pytest.CaptureFixture[str], chosen: int, rounds: int, not_kept: list[int], told: str
) -> None:
    kept = list(range(1, chosen + 1))
    print_summary(summary(rounds=rounds, chosen=chosen, kept=kept, not_kept=not_kept))
    assert told in capsys.readouterr().out


def test_the_progress_line_counts_the_rounds_that_were_not_kept() -> None:
    start, end = Scores(0.9, 0.9, None), Scores(0.95, 0.95, None)
    report = FederateReport(end, start, 0.96, 2, (0.93, 0.96), (0.95,), 10, 1000)
    assert report.figure == "0.950 on test, from 0.900, round 2 kept, 1 not kept"
