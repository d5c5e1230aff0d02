"""A figure beside what it is held against, and the two clocks."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Row = dict[str, object]


@dataclass(frozen=True)
class Spent:
    """Seconds of the wall clock, and of this process's work; a server's own work is in the first alone."""

    wall: float
    cpu: float


def at_most(what: str, measured: float, limit: float) -> Row:
    return _row(what, measured, f"at most {limit:g}", measured <= limit)


def at_least(what: str, measured: float, limit: float) -> Row:
    return _row(what, measured, f"at least {limit:g}", measured >= limit)


def not_measured(what: str, goal: str, remedy: str) -> Row:
    return {**_row(what, None, goal, None), "note": f"not measured: {remedy}"}


def spent(work: Callable[..., object], *args: object) -> Spent:
    """What one call takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    work(*args)
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def middle(values: list[float], digits: int = 3) -> float:
    """The median, rounded to so many digits that say something."""
    return float(f"{median(values):.{digits}g}")


def told(line: str) -> None:
    """Progress, for a person who waits."""
    print(line, file=sys.stderr, flush=True)


def _row(what: str, measured: float | None, goal: str, met: bool | None) -> Row:
    return {"what": what, "measured": measured, "goal": goal, "met": met}
