"""Private keys in the environment: a server that was started from there would hold them for as long as it runs."""

import os
import re
from pathlib import Path

from edgeline.files import read_json
from edgeline.workspace import KEYSTORE_PASSWORD

KEY = re.compile(r"\s*0x[0-9a-fA-F]{64}\s*")


def variables_with_keys(root: Path) -> frozenset[str]:
    """Names of the variables of this process that hold a private key, or the password of one.

    That is what a file in deployments/ of the project at `root` names as a chain's key, and whatever looks like one.
    """
    chains = (read_json(path) or {} for path in (root / "deployments").glob("*.json"))
    named = {str(chain.get("key")).removeprefix("env:") for chain in chains} | {KEYSTORE_PASSWORD}
    return frozenset(
        name for name, value in os.environ.items() if name in named or KEY.fullmatch(value)
    )
