"""What must never be shown, and the search for it."""

import traceback
from collections.abc import Iterator

MARKER = "abad1dea" * 8
"""A key that is searched for in everything that anyone could read."""
WORD = "correct-horse-marker"
"""A password likewise."""


def assert_nothing_shown(error: BaseException) -> None:
    """Neither the key nor the password in the error, in what led to it, or in any frame that it passed."""
    for text in (repr(error), str(error), "".join(traceback.format_exception(error))):
        assert MARKER[:62] not in text
        assert WORD not in text
    for each in _chain(error):
        for frame, _ in traceback.walk_tb(each.__traceback__):
            if "/tests/" in frame.f_code.co_filename:
                continue
            for name, value in frame.f_locals.items():
                assert MARKER[:62] not in repr(value), (frame.f_code.co_name, name)
                assert WORD not in repr(value), (frame.f_code.co_name, name)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__
