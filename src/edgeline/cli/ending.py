"""How a command ends when it must: one line on stderr, and its exit code."""

import os
import sys


def end(message: str, code: int) -> None:
    """End this process, whatever its threads do."""
    from edgeline.cli.console import printable  # it imports rich, for which `--help` does not wait

    print(f"edgeline: {printable(' '.join(message.split()))}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    # threads of a step in mid-computation must not keep an ended command alive
    os._exit(code)
