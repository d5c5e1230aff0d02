"""Halmos and Slither, each in an environment of its own: what they prove, what they find, and why that is well.

pip installs them on first use into .edgeline/tools, which needs a network.
"""

import json
import re
import sys
from pathlib import Path

from forge import HERE, ROOT, WORK, Failed, copied, run

TOOLS = ROOT / ".edgeline" / "tools"

# Branches that cannot be taken are given up only after a second: at the default of a millisecond most are kept.
HALMOS = ("--contract", "PropertiesTest", "--loop", "4", "--solver-timeout-branching", "1000")

# Every finding of Slither by detector, with the reason why the code stays and the functions that it is about.
REASONS = {
    "timestamp": (
        "dates are what is recorded here; a block's time may be off by seconds, which changes no order of events",
        "_authoriseRevoking _isRevoked _record markCompromised revoke revokeLeaf status",
    ),
    "incorrect-equality": (
        "compared with zero, which means that there is no record",
        "revoke revokeLeaf status",
    ),
}


def tool(name: str, package: str) -> Path:
    folder = TOOLS / name
    program = folder / "bin" / name
    if not program.exists():
        print(f"    installing {package} into {folder.relative_to(ROOT)}", flush=True)
        run([sys.executable, "-m", "venv", "--clear", folder])
        run([folder / "bin/python", "-m", "pip", "install", "--quiet", package])
    return program


def halmos() -> dict[str, int]:
    """The properties of test/Properties.t.sol that hold for every input, with the number of paths each.

    Works on a copy whose SHA-256 is Keccak-256: Halmos 0.3.3 gives SHA-256 a term of the wrong width, and to a
    proof both are any function.
    """
    program = tool("halmos", "halmos==0.3.3")
    source = (HERE / "ModelAnchor.sol").read_text()
    unused = "Differential*", "M*", "Tree*"
    copy = copied(WORK / "halmos", source.replace("sha256(", "keccak256("), *unused)
    said = run([program, "--root", copy, *HALMOS], check=False, folder=copy)
    proved = {
        name: int(paths) for name, paths in re.findall(r"\[PASS\]\S* (\w+)\(.*?paths: (\d+)", said)
    }
    wanted = set(re.findall(r"function (check_\w+)", (copy / "test/Properties.t.sol").read_text()))
    if set(proved) != wanted or "WARNING" in said:
        raise Failed("\n".join(said.splitlines()[-30:]))
    return proved


def slither() -> tuple[int, list[str]]:
    """How many findings have a reason, and the others in a line each."""
    program = tool("slither", "slither-analyzer==0.11.6")
    solc = HERE / "solc_shim.js"
    settings = "--via-ir --optimize --optimize-runs 10000 --evm-version shanghai"
    command = [program, "ModelAnchor.sol", "--solc", solc, "--json", "-", "--solc-args", settings]
    said = run(command, check=False)
    if not said.startswith("{"):
        raise Failed(f"expected Slither's findings; found {said[-500:] or 'nothing'}")
    found = json.loads(said)
    if not found["success"]:
        raise Failed(str(found["error"])[-1500:])
    findings = found["results"].get("detectors", [])
    strange = [one for one in findings if not has_reason(one["check"], one["elements"][0]["name"])]
    lines = [
        f"{one['impact']}: {one['check']}: {one['description'].splitlines()[0]}" for one in strange
    ]
    return len(findings) - len(strange), lines


def has_reason(check: str, about: str) -> bool:
    return check in REASONS and about in REASONS[check][1].split()
