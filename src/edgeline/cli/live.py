"""What a person sees while a run goes: one live line per step on a terminal, one plain line per step elsewhere."""

import sys
import threading
import time

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn
from rich.text import Text

from edgeline.cli.console import printable

LINE = "{task.description:<12}{task.fields[note]:<44}{task.elapsed:>7.1f} s"


class Lines:
    """A watcher of a run that writes to stderr, so that stdout holds the answer alone."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, highlight=False)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn(LINE, markup=False),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._working: dict[str, TaskID] = {}
        self._began: dict[str, float] = {}
        self._may_begin = threading.Event()
        self._may_begin.set()
        # what is shown while no step is: Prefect is loaded, or keeps what a step made
        self._between = self._progress.add_task("run", total=None, note="starting")
        self.flow_run = ""
        """The flow run that is at work; empty before it has begun."""

    def __enter__(self) -> "Lines":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the terminal back."""
        self._progress.stop()

    def note(self, text: str) -> None:
        """Print a line that stays."""
        self._console.print(Text(printable(f" · {text}")))

    def service_changed(self, service: str, state: str) -> None:
        """Show the state of a service that is being started, until it is ready."""
        if state == "ready":
            self._remove(service)
        else:
            self._show(service, state)

    def opened(self, flow_run: str) -> None:
        self.flow_run = flow_run

    def hold(self) -> None:
        """Let no further step begin: whoever reports one is kept waiting for the end of the process."""
        self._may_begin.clear()

    def started(self, step: str) -> None:
        self._may_begin.wait()
        self._began[step] = time.monotonic()
        self._show(step)

    def advanced(self, step: str, done: int, total: int, figure: str) -> None:
        """Show how far a step is, and how long its rest takes if it goes on like this."""
        began = self._began.setdefault(step, time.monotonic())
        left_s = (time.monotonic() - began) * (total - done) / max(done, 1)
        self._show(step, f"{done}/{total}  {figure}, {left_s:.0f} s left")

    def finished(
        self, step: str, figure: str, seconds: float, reused: bool, harmed: bool = False
    ) -> None:
        """A step that made the answers worse gets no tick."""
        self._remove(step)
        mark, took = ("↻", "reused") if reused else ("✓", f"{seconds:.1f} s")
        mark = "!" if harmed else mark
        line = printable(f" {mark} {step:<12}{figure:<44}{took:>9}")
        self._console.print(Text(line), soft_wrap=True)

    def _show(self, name: str, note: str = "") -> None:
        if name not in self._working:
            self._working[name] = self._progress.add_task(name, total=None, note=note)
        self._progress.update(self._working[name], note=note)
        self._progress.update(self._between, visible=False, note="recording")

    def _remove(self, name: str) -> None:
        if name in self._working:
            self._progress.remove_task(self._working.pop(name))
        self._progress.update(self._between, visible=not self._working)
