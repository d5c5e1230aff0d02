"""What the chain is told of the rounds: which of them no network came of."""

from pathlib import Path
from types import SimpleNamespace

from edgeline.metrics import Scores
from edgeline.provenance.lineage import Lineage
from edgeline.rounds.best import FederateReport
from edgeline.rounds.commit import RoundReport
from tasks.lineage import build_lineage
from tasks.run import Run
from tasks.step_result import StepResult

HERE = Path()
RUN = Run("digits-build-1", "digits", HERE, "", "", HERE)


def result(step: str, digest: str, report: object, *parents: str) -> StepResult[object]:
    """Of something whose digest is one letter, over and over."""
    return StepResult(step, HERE, digest * 64, tuple(one * 64 for one in parents), report, 0, False)


def rounds() -> list[StepResult[RoundReport]]:
    """Three, each made from the one before."""
    return [
        result("round", str(number), RoundReport(number, 9, (), {}, 0.8, 0.9, ()), before)
        for number, before in ((1, "f"), (2, "1"), (3, "2"))
    ]


def test_rounds_behind_the_best_one_say_that_they_were_not_kept(monkeypatch):
    monkeypatch.setattr(RoundReport, "remarks", lambda self: {"number": self.number})
    scores = Scores(0.9, 0.9, None)
    best = FederateReport(scores, (), 0.9, 0.8, 1, (0.9,), (0.8, 0.7), 10, 1)
    data = result("data", "d", SimpleNamespace(revision="a"))
    start = Lineage().add("small", "f" * 64, (), {"recipe": "digits"})

    lineage = build_lineage.fn(RUN, data, None, rounds(), result("federate", "1", best), start)

    told = {one.subject[0]: one.about for one in lineage if one.kind == "round"}
    assert told == {
        "1": {"recipe": "digits", "number": 1},
        "2": {"recipe": "digits", "number": 2, "kept": 0},
        "3": {"recipe": "digits", "number": 3, "kept": 0},
    }
