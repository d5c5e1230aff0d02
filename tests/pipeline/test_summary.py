"""The end of a run as a person reads it: no round is shown as progress that is not in the network."""

from typing import Any

import pytest

from edgeline.cli.live import Lines
from edgeline.cli.summary import print_summary
from edgeline.comparison import Change, Comparison
from edgeline.metrics import Scores
from edgeline.rounds.best import FederateReport


def effect(step: str, against: str, word: str, gain: float) -> dict[str, Any]:
    return {
        **{"step": step, "against": against, "effect": word, "score": "balanced_accuracy"},
        **{"before": 0.8, "after": 0.8 + gain, "gain": gain, "low": gain - 0.05},
        **{"high": gain + 0.05, "fixed": 3, "broken": 2},
    }


def summary(**federated: Any) -> dict[str, Any]:
    """Of a run of federated rounds alone."""
    return {
        "run": "digits-build-20260101-120000",
        "data_digest": "d" * 64,
        "baseline": {"trivial": {}, "logistic": {}, "published": ""},
        "steps": {
            "shrink": {"accuracy": 0.9, "seconds": 0.1, "reused": False},
            "federate": {
                **{"accuracy": 0.9, "balanced_accuracy": 0.8, "auc": 0.9, "bytes": 9},
                **{"seconds": 0.1, "reused": False},
            },
            "gate": {"accuracy": None, "seconds": 0.1, "reused": False},
        },
        "effects": [
            effect("finetune", "pretrained", "helped", 0.1),
            effect("shrink", "finetune", "harmed", -0.1),
            effect("federate", "shrink", "within chance", 0.0),
            effect("gate", "logistic regression", "harmed", -0.1),
            effect("gate", "trivial rule", "within chance", 0.01),
        ],
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


def test_the_end_says_in_words_which_steps_helped_and_which_harmed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_summary(summary(rounds=0))

    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if line.startswith("shrink") and "harmed" in line]
    assert [
        line for line in told if line.startswith("federate") and "data stayed on devices" in line
    ]
    at = next(number for number, line in enumerate(told) if line.startswith("effects"))
    assert told[at : at + 5] == [
        "effects     test balanced accuracy against the step before, with the 95 % interval of the gain",
        "            helped: finetune +0.1000 (+0.0500 to +0.1500)",
        "            within chance: federate +0.0000 (-0.0500 to +0.0500)",
        "            harmed: shrink -0.1000 (-0.1500 to -0.0500)",
        "sealed      worse than the logistic regression, 0.8000: -0.1000 (-0.1500 to -0.0500); "
        "within chance of the trivial rule, 0.8000: +0.0100 (-0.0400 to +0.0600)",
    ]


def test_a_step_that_harmed_gets_no_tick(capsys: pytest.CaptureFixture[str]) -> None:
    with Lines() as lines:
        lines.finished("finetune", "0.9 on test", 1.0, reused=False)
        lines.finished("shrink", "0.8", 1.0, reused=False, harmed=True)
        lines.finished("federate", "0.7", 1.0, reused=True, harmed=True)

    marks = [line.split()[:2] for line in capsys.readouterr().err.splitlines()]
    assert marks == [["✓", "finetune"], ["!", "shrink"], ["!", "federate"]]


def test_the_progress_line_counts_the_rounds_that_were_not_kept() -> None:
    end = Scores(0.95, 0.95, None)
    change = Change(0.9, 0.95, 0.01, 0.09)
    gains = (Comparison("shrink", change, change, 6, 1),)
    report = FederateReport(end, gains, 0.96, 0.9, 2, (0.93, 0.96), (0.95,), 10, 1000)
    assert report.figure == "0.950 on test, from 0.900, round 2 kept, 1 not kept"
