"""Three steps that only write files, for processes that are killed while they run them.

A forkserver imports this once; every line of steps is a fork of it.
"""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prefect.logging import disable_run_logger

from edgeline.files import write_atomically, write_json
from tasks.run import Run
from tasks.step import step

# What Python tells of before it does it.
FILE_EVENTS = ("open", "os.mkdir", "os.rename", "os.remove")


@dataclass(frozen=True)
class Report:
    words: int


def write_letter(run: Run, word: str) -> tuple[Path, Report]:
    write_atomically(run.folder / "letter.txt", word * 3)
    return run.folder / "letter.txt", Report(1)


def write_folder(run: Run, letter: Any, copies: int) -> tuple[Path, Report]:
    """Plain files, one after the other: a kill in between leaves a half of them."""
    (run.folder / "copies").mkdir(exist_ok=True)
    for number in range(copies):
        (run.folder / "copies" / f"{number}.txt").write_bytes(letter.path.read_bytes())
    return run.folder / "copies", Report(copies)


def write_sum(run: Run, letter: Any, folder: Any) -> tuple[Path, Report]:
    sizes = sum(path.stat().st_size for path in (letter.path, *folder.path.iterdir()))
    write_atomically(run.folder / "sum.txt", str(sizes))
    return run.folder / "sum.txt", Report(folder.report.words + 1)


for function in (write_letter, write_folder, write_sum):
    # the code that a step's key covers is that of a module of the checkout
    function.__module__ = "tasks.letters"
letter, folder, total = (
    step(name, tracked=False)(function).fn
    for name, function in (("letter", write_letter), ("folder", write_folder), ("sum", write_sum))
)


def run_steps(root: Path, answer: Path, kill_at: int = 0) -> None:
    """Run the line below `root`, and write what it made to `answer`; killed before so many file operations."""
    run = Run("fake-build-20260101-120000", "fake", root, "", "", root)
    run.journal.parent.mkdir(parents=True, exist_ok=True)
    (root / "tasks").mkdir(exist_ok=True)
    (root / "tasks" / "letters.py").touch()
    if kill_at:
        sys.addaudithook(_killer(root, kill_at))
    with disable_run_logger():
        first = letter(run, "abc")
        second = folder(run, first, 3)
        third = total(run, first, second)
    results = {one.step: one for one in (first, second, third)}
    write_json(
        answer,
        {
            "digests": {name: one.digest for name, one in results.items()},
            "parents": {name: one.parents for name, one in results.items()},
            "reused": [name for name, one in results.items() if one.reused],
        },
    )


def _killer(root: Path, kill_at: int) -> Any:
    left = kill_at

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in FILE_EVENTS and str(arguments[0]).startswith(str(root)):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    return count


# What Python imports late is imported before the first fork.
with TemporaryDirectory() as place:
    run_steps(Path(place).resolve() / "once", Path(place) / "answer.json")
