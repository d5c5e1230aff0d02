"""Where a node of a chain answers, as a person names it: an address, or the variable that holds one.

What is written into a deployment's file can be committed. So an address that may be a key is never in it.
"""

import os
import re
from urllib.parse import urlsplit

from edgeline.errors import EnvironmentUnfit, RecipeError

VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
KEY = re.compile(r"[A-Za-z0-9_-]{16,}")
"""A part of a path as hosts of nodes give out, that stands for an account with them."""


def resolve(address: str) -> str:
    """The address itself; of `env:NAME`, what that variable holds.

    Raises:
        EnvironmentUnfit: there is no such variable.
    """
    named = VARIABLE.fullmatch(address)
    if named is None:
        return address
    found = os.environ.get(named[1], "")
    if not found:
        raise EnvironmentUnfit(
            expected=f"the address of a node in {named[1]}",
            found="no such variable",
            remedy=f"export {named[1]}=https://...",
        )
    return found


def require_public(address: str) -> None:
    """Raises RecipeError unless the address can be written down where others read it."""
    if VARIABLE.fullmatch(address):
        return
    parts = urlsplit(address)
    secrets = {
        "a password": "@" in parts.netloc,
        "a query": bool(parts.query),
        "what looks like a key": any(map(KEY.fullmatch, parts.path.split("/"))),
    }
    for what, is_there in secrets.items():
        if is_there:
            raise RecipeError(
                expected="the address of a node that can be written into a file and committed",
                found=f"one with {what} in it",
                remedy="export NODE_URL='...' with that address, and give --url env:NODE_URL",
            )
