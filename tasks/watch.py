"""Who watches a run: the terminal of `edgeline run`, or nobody in a scheduled run, which has the flow's log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from edgeline.finetuning.loop import Epoch, OnEpoch


class Watcher(Protocol):
    """Hears of every step, from the threads in which the steps run."""

    def opened(self, flow_run: str) -> None:
        """The id by which Prefect knows the flow run that has begun."""

    def started(self, step: str) -> None: ...

    def advanced(self, step: str, done: int, total: int, figure: str) -> None:
        """`done` of `total` epochs, rounds or parts; `figure` is a word on how well it goes."""

    def finished(
        self, step: str, figure: str, seconds: float, reused: bool, harmed: bool = False
    ) -> None: ...

    def note(self, text: str) -> None:
        """What else a person should read."""


class Nobody:
    """Hears and does nothing."""

    def opened(self, flow_run: str) -> None: ...

    def started(self, step: str) -> None: ...

    def advanced(self, step: str, done: int, total: int, figure: str) -> None: ...

    def finished(
        self, step: str, figure: str, seconds: float, reused: bool, harmed: bool = False
    ) -> None: ...

    def note(self, text: str) -> None: ...


class _Present:
    watcher: Watcher = Nobody()


def watcher() -> Watcher:
    """Whoever watches this process's run."""
    return _Present.watcher


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Let `watcher` hear of the steps that run meanwhile; one run at a time has a terminal."""
    before, _Present.watcher = _Present.watcher, watcher
    try:
        yield
    finally:
        _Present.watcher = before


def epochs(step: str) -> OnEpoch:
    """A callback for training loops that reports each epoch's end to the watcher."""

    def advance(epoch: Epoch, total: int) -> None:
        watcher().advanced(step, epoch.epoch, total, f"loss {epoch.loss:.3f}")

    return advance
