"""How a command ends when it must: one line on stderr, and its exit code."""

import os
import sys


def end(message: str, code: int) -> None:
    """End this process, whatever its threads do."""
    print(f"edgeline: {' '.join(message.split())}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    # threads of a step in mid-computation must not keep an ended command alive
    os._exit(code)
