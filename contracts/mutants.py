"""Small changes of ModelAnchor.sol, one at a time, each of which should make a test fail.

A mutant that survives shows a line that no test looks at.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from forge import FORGE, WORK, Failed, copied, forge, run, surroundings

WORKERS, TIMEOUT_S = 2, 100

# What is replaced by what; each place of a line is a mutant of its own.
OPERATORS = (
    (r"==", "!="),
    (r"!=", "=="),
    (r"<=", "<"),
    (r">=", ">"),
    (r"(?<=\s)<(?=\s)", "<="),
    (r"(?<=\s)>(?=\s)", ">="),
    (r"&&", "||"),
    (r"\|\|", "&&"),
    (r"(?<=\s)&(?=\s)", "|"),
    (r"(?<=\s)\|(?=\s)", "&"),
    (r"<<", ">>"),
    (r">>(?!=)", "<<"),
    (r"- 1\b", "- 0"),
    (r"\+\+(?=\w)", "--"),
    (r"--(?=\w)", "++"),
    (r"\bfalse\b", "true"),
    (r"(?<= \? )(.+) : (.+)(?=;)", r"\2 : \1"),
    (r"(?<=_authorise\()ADMIN(?=\))", "REVOKER"),
    (r"(?<=_authorise\()(ANCHORER|REVOKER)(?=\))", "ADMIN"),
    (r"(?<=constant )(\w+ = )(\d+);", r"\g<1>1 ^ \2;"),
    (r"uint8\((\d)\)", r"uint8(1 + \1)"),
)
STATEMENT = re.compile(
    r"^\s+(if \(.*\) revert .*|if \(.*\) return.*|emit .*|_\w+\(.*\)|[\w.\[\]]+ [|&+>]*=+ .*|\+\+\w+|--\w+);$"
)


class Mutant(NamedTuple):
    number: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.before.strip()}  ->  {self.after.strip() or 'nothing'}"


def generate(source: str) -> list[Mutant]:
    lines = source.splitlines(keepends=True)
    return [
        Mutant(place + 1, line, after, "".join([*lines[:place], after, *lines[place + 1 :]]))
        for place, line in enumerate(lines)
        for after in changes(line)
    ]


def changes(line: str) -> Iterator[str]:
    """Every line that this one can become; none for comments, declarations and what only speaks."""
    code = line.strip()
    if not code or code.startswith(
        ("//", "error ", "event ", "mapping(", "import ", "pragma ", "function ")
    ):
        return
    for pattern, replacement in OPERATORS:
        for found in re.finditer(pattern, line):
            yield line[: found.start()] + found.expand(replacement) + line[found.end() :]
    if STATEMENT.match(line):
        yield "\n"


def judge(source: str) -> tuple[int, list[Mutant]]:
    """How many mutants there are, and which of them survive all tests."""
    mutants = generate(source)
    with ThreadPoolExecutor(WORKERS) as pool:
        shares = [
            [Mutant(0, "", "", source), *mutants[worker::WORKERS]] for worker in range(WORKERS)
        ]
        survivors = [one for share in pool.map(surviving, range(WORKERS), shares) for one in share]
    if sum(one.number == 0 for one in survivors) < WORKERS:
        raise Failed("the tests fail without any mutant")
    return len(mutants), [one for one in survivors if one.number]


def surviving(worker: int, mutants: list[Mutant]) -> list[Mutant]:
    """The tests are compiled once, and find the code of the mutant in the place of the built contract."""
    folder = copied(WORK / "mutants" / str(worker), mutants[0].source, "Properties*")
    forge("build", folder=folder, FOUNDRY_PROFILE="quick")
    codes = compiled([one.source for one in mutants])
    return [one for one, code in zip(mutants, codes, strict=True) if passes(folder, code)]


def compiled(sources: list[str]) -> list[str]:
    """The creation code of each, all by one run of the compiler; not optimised, which is twice as fast."""
    question = {
        "language": "Solidity",
        "sources": {f"{place}.sol": {"content": one} for place, one in enumerate(sources)},
        "settings": {
            "evmVersion": "shanghai",
            "outputSelection": {"*": {"ModelAnchor": ["evm.bytecode.object"]}},
        },
    }
    said = run(["node", "solc_shim.js", "--standard-json"], said=json.dumps(question))
    answer = json.loads(said)
    if "contracts" not in answer:
        raise Failed(answer["errors"][0]["formattedMessage"])
    found = (answer["contracts"][name]["ModelAnchor"] for name in question["sources"])
    return [one["evm"]["bytecode"]["object"] for one in found]


def passes(folder: Path, code: str) -> bool:
    artifact = folder / "quick/ModelAnchor.sol/ModelAnchor.json"
    built = json.loads(artifact.read_text())
    built["bytecode"]["object"] = "0x" + code
    artifact.write_text(json.dumps(built))
    # A counterexample need not be short here.
    around = surroundings(FOUNDRY_PROFILE="quick", FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT="0")
    command = [FORGE, "test", "--fail-fast"]
    try:
        done = subprocess.run(
            command, cwd=folder, env=around, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
