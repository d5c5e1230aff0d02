"""Whether the services of a run are there until it ends: looked at once a second, in a thread for each.

Their clients would try again for minutes, and may not ask them anything for longer than that.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from edgeline.errors import ServiceUnavailable
from edgeline.stack import outside, process
from edgeline.stack.environment import state_folder
from edgeline.stack.process_info import Running

Look = Callable[[], ServiceUnavailable | None]
"""What is wrong with a service now."""

LOOK_S = 1.0
OURS_S = 2.0
"""Without its process or its port: then it is gone for sure."""
GIVEN_S = 5.0
"""Without an answer, which a busy server may owe for a while. A look at a silent one takes seconds itself."""


@contextmanager
def watched(
    running: Iterable[Running],
    given: Iterable[str],
    root: Path,
    on_end: Callable[[ServiceUnavailable], object],
) -> Iterator[None]:
    """Call `on_end` within about ten seconds when one of our servers, or one that the user gives, is away."""
    state, over = state_folder(root), threading.Event()

    def look_at(server: Running) -> ServiceUnavailable | None:
        return None if process.is_up(server) else process.ended(server.name, state)

    looks: list[tuple[Look, float]] = [(partial(look_at, server), OURS_S) for server in running]
    looks += [(look, GIVEN_S) for look in outside.looks(given)]
    for look, patience_s in looks:
        watch = partial(_watch, look, patience_s, over, on_end)
        threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(
    look: Look,
    patience_s: float,
    over: threading.Event,
    on_end: Callable[[ServiceUnavailable], object],
) -> None:
    since = None
    while not over.wait(LOOK_S):
        began = time.monotonic()
        found = look()
        since = None if found is None else since or began
        if found and since and time.monotonic() - since >= patience_s and not over.is_set():
            on_end(found)
            return
