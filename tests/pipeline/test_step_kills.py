"""A step is whole or not done, at whatever file operation its process is killed."""

import json
import multiprocessing
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline import fake_steps

Run = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def run_steps(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the three steps in a process; gives its exit code, and what it made unless it was killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([fake_steps.__name__])
    answer = tmp_path_factory.mktemp("answers") / "answer.json"

    def run(root: Path, kill_at: int = 0) -> tuple[int, Any]:
        answer.unlink(missing_ok=True)
        process = context.Process(target=fake_steps.run_steps, args=(root, answer, kill_at))
        process.start()
        process.join()
        code = process.exitcode
        assert code is not None
        return code, json.loads(answer.read_bytes()) if answer.exists() else None

    return run


def test_killed_at_any_file_operation_the_steps_are_done_once(
    run_steps: Run, tmp_path: Path
) -> None:
    _, undisturbed = run_steps(tmp_path / "undisturbed")
    assert undisturbed["reused"] == []
    kills, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        root = tmp_path / str(kills)
        kills += 1
        code, _ = run_steps(root, kill_at=kills)
        _, after = run_steps(root)
        assert after["digests"] == undisturbed["digests"]
        assert after["parents"] == undisturbed["parents"]
        # what was recalled is a beginning of the line, and the next run recalls all
        assert after["reused"] == ["letter", "folder", "sum"][: len(after["reused"])]
        assert run_steps(root)[1]["reused"] == ["letter", "folder", "sum"]
    assert code == 0
    # each step makes a folder, writes what it makes and its record, and enters itself in the journal
    assert kills > 3 * 4


def test_killed_again_and_again_the_steps_are_done_once(run_steps: Run, tmp_path: Path) -> None:
    root = tmp_path / "again"
    _, undisturbed = run_steps(tmp_path / "undisturbed")
    for kill_at in (1, 3, 2, 5, 8, 13, 4):
        code, _ = run_steps(root, kill_at=kill_at)
        assert code == -signal.SIGKILL
    _, after = run_steps(root)
    assert after["digests"] == undisturbed["digests"]
