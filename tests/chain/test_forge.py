"""Forge's tests of the contract in their short form; `make contract` is the long one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgeline.stack.node import find_node
from tests.sharing import PROVEN, skipped_unless_changed

ROOT = Path(__file__).parents[2]


def test_every_test_of_the_contract_passes_under_forge(pytestconfig: pytest.Config) -> None:
    modules = ROOT / "node_modules" / "@foundry-rs"
    if not list(modules.glob("forge-*/bin/forge*")):
        pytest.skip("npm has no Forge for this machine")
    node = find_node()
    assert node is not None
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
    around = {**os.environ, "PATH": path, "FOUNDRY_PROFILE": "quick"}

    proving = [sys.executable, ROOT / "contracts" / "prove.py", "tests"]
    with skipped_unless_changed(pytestconfig, "forge", *PROVEN):
        done = subprocess.run(proving, env=around, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
