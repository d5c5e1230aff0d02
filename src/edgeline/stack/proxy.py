"""The user's proxies: this machine is never reached through one, and one that the tools cannot use is named."""

import os
from collections.abc import Iterator
from importlib.util import find_spec

from edgeline.errors import EnvironmentUnfit

# Both spellings are read: by some libraries the one, by some the other.
NO_PROXY = ("no_proxy", "NO_PROXY")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "https_proxy", "http_proxy")


def no_proxy() -> str:
    """What the user reaches without a proxy, and this machine."""
    given = [name for variable in NO_PROXY for name in _listed(variable)]
    # a star stands for everything, and only where it stands alone
    return "*" if "*" in given else ",".join(dict.fromkeys([*given, *LOOPBACK_NAMES]))


def socks_proxy() -> str:
    """The variable of a SOCKS proxy for which a package is missing; empty where there is none.

    Prefect's client does not even start with it, although it would not use it.
    """
    if find_spec("socksio") or no_proxy() == "*":
        return ""
    given = (name for name in PROXIES if os.environ.get(name, "").lower().startswith("socks"))
    return next(given, "")


REMEDY = "install `httpx[socks]` and PySocks with .venv/bin/pip, or unset it for this command"


def require_usable_proxy() -> None:
    """Raises EnvironmentUnfit: it is a SOCKS proxy, and the package for it is missing."""
    if variable := socks_proxy():
        raise EnvironmentUnfit(
            expected="a proxy that speaks HTTP", found=f"SOCKS in {variable}", remedy=REMEDY
        )


def _listed(variable: str) -> Iterator[str]:
    return filter(None, map(str.strip, os.environ.get(variable, "").split(",")))
