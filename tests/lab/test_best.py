"""Which network goes on after the last round, and what it gained on the one before the first."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from edgeline.models.checkpoint import Checkpoint, ModelSpec, save
from edgeline.models.zoo import build
from edgeline.preprocess import Preprocessing
from edgeline.rounds.best import FederateReport, select_best
from edgeline.rounds.commit import RoundReport

MODEL = ModelSpec("mlp", (1,), 2, (2,))
TEST = np.zeros((10, 1), np.float32), np.ones(10, int)


def network(answer: int, mark: float, store: Path) -> Path:
    """One that always gives the same answer; the mark makes it another file."""
    table = Preprocessing("table", (1,), (0.0,), (1.0,), columns=("a",))
    state = {name: tensor * 0 + mark for name, tensor in build(MODEL, 0).state_dict().items()}
    *_, bias = [name for name in state if name.endswith("bias")]
    weight = bias.replace("bias", "weight")
    state[weight] = state[weight] * 0
    state[bias] = state[bias] * 0
    state[bias][answer] = 1
    return save(Checkpoint(MODEL, table, state), store)


def chosen(store: Path, *after: float) -> tuple[Path, list[Path], FederateReport]:
    """The start answers 0, which is wrong; every round after it 1."""
    made = [network(int(number > 0), 0.1 * (number + 1), store) for number in range(len(after) + 1)]
    report = RoundReport(5, 9, ("a",), {}, before=0.9, after=0.0, clients=())
    rounds = [
        (path, replace(report, number=5 + at, after=accuracy))
        for at, (path, accuracy) in enumerate(zip(made[1:], after, strict=True))
    ]
    path, found = select_best(made[0], "candidate", rounds, TEST, TEST)
    return path, made, found


def test_of_equals_the_latest_is_kept_and_what_is_behind_it_is_not(tmp_path: Path) -> None:
    path, made, report = chosen(tmp_path, 0.92, 0.95, 0.95, 0.93)

    assert path == made[3]
    assert (report.chosen, report.rounds, report.not_kept) == (7, (0.92, 0.95, 0.95), (0.93,))
    assert report.accuracies == (0.9, 0.92, 0.95, 0.95, 0.93)
    (gain,) = report.gains
    assert (gain.against, gain.fixed, gain.broken) == ("candidate", 10, 0)
    assert gain.accuracy.effect == "helped"
    assert report.figure == "1.000 on test, from 0.000, round 7 kept, 1 not kept"


def test_a_start_that_no_round_beats_is_kept_and_nothing_is_gained(tmp_path: Path) -> None:
    path, made, report = chosen(tmp_path, 0.8, 0.7)

    assert path == made[0]
    assert (report.chosen, report.rounds, report.not_kept) == (0, (), (0.8, 0.7))
    assert report.gains[0].accuracy.gain == 0
    assert report.gains[0].accuracy.effect == "within chance"


def test_without_rounds_the_start_is_measured(tmp_path: Path) -> None:
    path, made, report = chosen(tmp_path)

    assert path == made[0]
    assert report.accuracies == (0.0,) == (report.validation,)
    assert report.bytes == path.stat().st_size
    assert report.figure == "0.000 on test, from 0.000, the start kept"
