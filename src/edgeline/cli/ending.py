"""How a command ends when it must: one line on stderr, and its exit code."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from edgeline.errors import Interrupted, interruption

CANCEL_S = 2.0
"""How long a command that a person ends may take to say so to its services."""


def end(message: str, code: int) -> None:
    """End this process, whatever its threads do."""
    from edgeline.cli.console import printable  # it imports rich, for which `--help` does not wait

    print(f"edgeline: {printable(' '.join(message.split()))}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    # threads of a step in mid-computation must not keep an ended command alive
    os._exit(code)


@contextmanager
def ended_by_ctrl_c(what: str, cancel: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C end this process: `cancel` is called beside the work in hand, which nobody waits for.

    It is told at once; a second Ctrl-C does not wait for `cancel` either. What was done is kept, as
    after a kill.
    """
    stopper = threading.Thread(target=_stop, args=(what, cancel), daemon=True)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if stopper.ident:
            os._exit(Interrupted.exit_code)
        # nothing that holds a lock which the work in hand may hold
        os.write(2, b"\r\x1b[K" * os.isatty(2) + b"stopping; Ctrl-C again ends it now\n")
        stopper.start()

    is_main = threading.current_thread() is threading.main_thread()
    if is_ours := is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        # the work in hand may have failed because of the end of what it needs
        while stopper.is_alive():
            stopper.join()
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _stop(what: str, cancel: Callable[[], None]) -> None:
    cancelling = threading.Thread(target=_try, args=(cancel,), daemon=True)
    cancelling.start()
    cancelling.join(CANCEL_S)
    end(str(interruption(what)), Interrupted.exit_code)


def _try(cancel: Callable[[], None]) -> None:
    # what cannot be closed now is closed by the next command, as after a kill
    with suppress(Exception):
        cancel()
