"""Everything that can go wrong for a reason a person can act on.

    EdgelineError             1  a step failed
    +- RecipeError            2  a recipe, a setting or an argument is wrong    (also ValueError)
    +- GateMissed             3  the model is not good enough to be released
    +- Tampered               4  name, manifest, receipt, files or chain disagree
    +- EnvironmentUnfit       5  a tool, port or service is missing             (also RuntimeError)
    |  +- ServiceUnavailable  5  a service that should answer does not          (also ConnectionError)
    |  +- WorkspaceBusy       5  another run holds the lock
    +- NotAnchored            6  intact, but the chain does not know it
    +- Revoked                7  intact and anchored, but revoked, or anchored with a compromised key
    +- Unproven               8  intact, and anchored by its receipt's own word alone
    +- Interrupted          130  a person ended it

Each carries what was expected, what was found and what to do next; the number is the exit code.
"""

from functools import partial
from urllib.parse import urlsplit


class EdgelineError(Exception):
    """Base of all; printed as one line on stderr, without a traceback."""

    exit_code = 1

    def __init__(self, *, expected: str, found: str, remedy: str) -> None:
        super().__init__(expected, found, remedy)
        self.expected, self.found, self.remedy = expected, found, remedy

    def __str__(self) -> str:
        return f"expected {self.expected}; found {self.found}; {self.remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        words = {"expected": self.expected, "found": self.found, "remedy": self.remedy}
        return partial(type(self), **words), ()


def first_line(error: Exception) -> str:
    """Of what another library's error says; its name where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def hide_secrets(address: str) -> str:
    """Scheme, host and port, since a password or a key may stand around them; all of it where there is no host."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}" if host else address


class RecipeError(EdgelineError, ValueError):
    exit_code = 2


class GateMissed(EdgelineError):
    exit_code = 3


class Tampered(EdgelineError):
    exit_code = 4


class EnvironmentUnfit(EdgelineError, RuntimeError):
    exit_code = 5


class ServiceUnavailable(EnvironmentUnfit, ConnectionError):
    pass


class WorkspaceBusy(EnvironmentUnfit):
    pass


class NotAnchored(EdgelineError):
    exit_code = 6


class Revoked(EdgelineError):
    exit_code = 7


class Unproven(EdgelineError):
    exit_code = 8


class Interrupted(EdgelineError):
    exit_code = 130


def interruption(what: str) -> Interrupted:
    """What ended, where a person ended it."""
    return Interrupted(
        expected=f"{what} to reach its end",
        found="an interruption",
        remedy="the same command goes on where this one stopped",
    )
