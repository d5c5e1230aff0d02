"""What anchoring, verifying and auditing cost, and whether a kill loses anything: figures beside goals.

    python benchmarks/chain.py [--json]

Each part runs in a process of its own on a Ganache of its own, so none inherits what another left in
memory; `python -m benchmarks.anchoring.gas` is one alone. Seven to ten minutes. `npm ci --prefix
benchmarks/chain` gets the contracts of EAS, which no other command needs.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("gas", "throughput", "offline", "audit", "killing")


def measure() -> dict[str, object]:
    """Rows of what was measured, the goal and whether it is met; a part that fails leaves the others be."""
    goals, figures, seconds = [], {}, {}
    before = os.getloadavg()[0]
    for part in PARTS:
        began = time.monotonic()
        measured = _measure(part)
        goals += measured["goals"]
        figures[part] = measured["figures"]
        seconds[part] = round(time.monotonic() - began, 1)
    load = {"before": before, "after": os.getloadavg()[0], "cores": os.cpu_count()}
    return {"goals": goals, "figures": figures, "seconds": seconds, "load": load}


def _measure(part: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.anchoring.{part}"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if done.returncode == 0:
        return dict(json.loads(done.stdout))
    note = f"not measured: {' '.join(command[1:])} ended with status {done.returncode}"
    return {
        "goals": [{"what": part, "measured": None, "goal": "to run", "met": False, "note": note}],
        "figures": {},
    }


def _print_table(result: dict[str, Any]) -> None:
    words = {True: "met", False: "MISSED", None: "-"}
    for row in result["goals"]:
        found = row.get("note") or row["measured"]
        print(f"{row['what']:<66} {found!s:>10}  {row['goal']:<14} {words[row['met']]}")
    for part, figures in result["figures"].items():
        print(f"\n{part} ({result['seconds'][part]} s)")
        for what, value in figures.items():
            print(f"  {what:<64} {value!s:>10}")
    print(f"\nload of the machine: {result['load']}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    as_json = parser.parse_args().json
    everything = measure()
    print(json.dumps(everything)) if as_json else _print_table(everything)
