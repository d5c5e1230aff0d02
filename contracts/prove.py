#!/usr/bin/env python3
"""All that is known of ModelAnchor.sol, found out again: fuzzing, invariants, coverage, proofs, mutants, analysis.

    python3 contracts/prove.py                 every stage, in order; about seven minutes on 2 cores
    python3 contracts/prove.py STAGE ...       some of: compile tests fuzz invariants coverage halmos mutants slither

Needs node_modules (python3 bootstrap.py setup). Halmos and Slither are installed by pip on first use, each into an
environment of its own under .edgeline/tools, since their dependencies do not go with the line's: that needs a network.
Exit code 0: every goal is met, 1: one is not, 5: this machine lacks something. Standard library only.
"""

import json
import os
import re
import sys
import time
from collections.abc import Callable

import analysers
import mutants
from forge import HERE, WORK, Failed, Unfit, forge, run, tested

FUZZ_CASES, INVARIANTS, PROPERTIES, MUTANTS, KILLED = 1_000_000, 10, 5, 40, 0.95
CASES_EACH, SEQUENCES, CALLS_EACH = 200_000, 64, 150


def compile_() -> str:
    """The committed bytecode is what the source compiles to, and what Forge tests."""
    run(["node", "compile.js", "--check"])
    forge("build")
    built = json.loads((WORK / "default/ModelAnchor.sol/ModelAnchor.json").read_text())
    committed = json.loads((HERE / "ModelAnchor.json").read_text())
    if built["bytecode"]["object"] != committed["bytecode"]:
        raise Failed("Forge builds another bytecode than ModelAnchor.json holds: settings differ")
    size = len(committed["bytecode"]) // 2 - 1
    return f"{size:,} bytes with constructor, the same from compile.js and from Forge"


def tests() -> str:
    """Every test in its short form, on the bytecode that is deployed."""
    return f"{len(tested())} tests"


def fuzz() -> str:
    """At least a million random cases."""
    found = tested("--match-test", "testFuzz_", FOUNDRY_FUZZ_RUNS=str(CASES_EACH))
    cases = sum(kind["Fuzz"]["runs"] for kind in found)
    if cases < FUZZ_CASES:
        raise Failed(f"expected {FUZZ_CASES:,} cases; found {cases:,}")
    return f"{cases:,} cases in {len(found)} tests"


def invariants() -> str:
    """At least ten invariants, after each of many calls of random sequences."""
    lengths = {"RUNS": str(SEQUENCES), "DEPTH": str(CALLS_EACH)}
    settings = {f"FOUNDRY_INVARIANT_{name}": value for name, value in lengths.items()}
    found = tested("--match-test", "invariant_", **settings)
    if len(found) < INVARIANTS:
        raise Failed(f"expected {INVARIANTS} invariants; found {len(found)}")
    return f"{len(found)} invariants, {sum(kind['Invariant']['calls'] for kind in found):,} calls"


def coverage() -> str:
    """Every line, statement, branch and function, by the tests alone without the invariants."""
    said = forge(
        *("coverage", "--report", "summary", "--no-match-test", "invariant_"),
        FOUNDRY_PROFILE="quick",
    )
    row = re.search(r"\| ModelAnchor\.sol \|(.*)\|", re.sub(r" +", " ", said))
    if not row or row[1].count("100.00%") != 4:
        raise Failed(f"expected 100 % four times; found {row[1] if row else said[-2000:]}")
    counts = re.findall(r"\((\d+)/\d+\)", row[1])
    return "100 % of {} lines, {} statements, {} branches, {} functions".format(*counts)


def halmos() -> str:
    """Properties proved for every argument."""
    proved = analysers.halmos()
    if len(proved) < PROPERTIES:
        raise Failed(f"expected {PROPERTIES} properties; found {len(proved)}")
    return f"{len(proved)} properties proved over {sum(proved.values()):,} paths"


def killed() -> str:
    """Mutants: nearly every small change of the contract makes a test fail."""
    total, survivors = mutants.judge((HERE / "ModelAnchor.sol").read_text())
    for mutant in survivors:
        print(f"    survived: {mutant}")
    dead = total - len(survivors)
    if total < MUTANTS or dead < KILLED * total:
        raise Failed(f"expected {KILLED:.0%} of at least {MUTANTS}; found {dead} of {total}")
    return f"{dead} of {total} killed ({dead / total:.1%})"


def slither() -> str:
    """Static analysis: every finding is one that has a reason."""
    known, strange = analysers.slither()
    for line in strange:
        print(f"    without a reason: {line}")
    if strange:
        raise Failed(f"{len(strange)} findings without a reason in analysers.py")
    return f"{known} findings, each with a reason in analysers.py"


STAGES: dict[str, Callable[[], str]] = {
    "compile": compile_,
    "tests": tests,
    "fuzz": fuzz,
    "invariants": invariants,
    "coverage": coverage,
    "halmos": halmos,
    "mutants": killed,
    "slither": slither,
}


def main(names: list[str]) -> int:
    unknown = set(names) - set(STAGES)
    if unknown:
        print(f"expected {', '.join(STAGES)}; found {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    os.chdir(HERE)
    failed = False
    for name in names or STAGES:
        began = time.monotonic()
        try:
            said = STAGES[name]()
        except Unfit as error:
            print(error, file=sys.stderr)
            return 5
        except Failed as error:
            failed, said = True, f"FAILED: {error}"
        print(f"{name:<11}{said}  ({time.monotonic() - began:.0f} s)", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
