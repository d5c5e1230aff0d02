"""What a person sees while a run goes: one live line per step on a terminal, one plain line per step elsewhere."""

import sys
import threading
import time
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text


@dataclass
class _Line:
    began: float
    note: str = ""


@dataclass
class Lines:
    """A watcher of a run that writes to stderr, so that stdout holds the answer alone."""

    console: Console = field(default_factory=lambda: Console(file=sys.stderr, highlight=False))

    def __post_init__(self) -> None:
        self._working: dict[str, _Line] = {}
        self._lock = threading.Lock()
        self._live = Live(
            console=self.console, refresh_per_second=8, transient=True, get_renderable=self._render
        )

    def __enter__(self) -> "Lines":
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def note(self, text: str) -> None:
        """Print a line that stays."""
        self.console.print(Text(f" · {text}"))

    def service_changed(self, service: str, state: str) -> None:
        """Show the state of a service that is being started, until it is ready."""
        with self._lock:
            if state == "ready":
                self._working.pop(service, None)
            else:
                self._working.setdefault(service, _Line(time.monotonic())).note = state

    def started(self, step: str) -> None:
        with self._lock:
            self._working.setdefault(step, _Line(time.monotonic()))

    def advanced(self, step: str, done: int, total: int, figure: str) -> None:
        with self._lock:
            self._working.setdefault(
                step, _Line(time.monotonic())
            ).note = f"{done}/{total}  {figure}"

    def finished(self, step: str, figure: str, seconds: float, reused: bool) -> None:
        with self._lock:
            self._working.pop(step, None)
        mark, took = ("↻", "reused") if reused else ("✓", f"{seconds:.1f} s")
        self.console.print(Text(f" {mark} {step:<12}{figure:<44}{took:>9}"))

    def _render(self) -> Group:
        with self._lock:
            working = list(self._working.items())
        now = time.monotonic()
        lines = [f"{step:<12}{line.note:<44}{now - line.began:>7.1f} s" for step, line in working]
        return Group(*(Spinner("dots", Text(text)) for text in lines))
