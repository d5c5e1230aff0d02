"""Small changes of ModelAnchor.sol, one at a time, each of which should make a test fail.

A mutant that survives shows a line that no test looks at, or is equivalent: it does what the contract does. Those are
named in EQUIVALENT with the argument, and are not counted.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from forge import FORGE, HERE, ROOT, Failed, forge, run, surroundings

WORK = ROOT / ".edgeline" / "contract" / "mutants"
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
    (r"\+ 1\b", "+ 2"),
    (r"- 1\b", "- 0"),
    (r"\+\+(?=\w)", "--"),
    (r"--(?=\w)", "++"),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<= \? )(.+) : (.+)(?=;)", r"\2 : \1"),
    (r"(?<=_authorise\()ADMIN(?=\))", "REVOKER"),
    (r"(?<=_authorise\()(ANCHORER|REVOKER)(?=\))", "ADMIN"),
    (r"(?<=constant )(\w+ = )(\d+);", r"\g<1>1 + \2;"),
    (r"uint8\((\d)\)", r"uint8(1 + \1)"),
)
STATEMENT = re.compile(
    r"^\s+(if \(.*\) revert .*|if \(.*\) return.*|emit .*|delete .*|_\w+\(.*\)|[\w.\[\]]+ [|&+>]*=+ .*|"
    r"[\w.\[\]]+\.(push|pop)\(.*\)|\+\+\w+|--\w+);$"
)

# The mutant's line, and why no test can tell it from the contract.
EQUIVALENT = {
    "return since == 0 || appointed <= since ? appointed : since;": "of two equal dates either is the earlier one",
}


@dataclass(frozen=True)
class Mutant:
    number: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.before.strip()}  ->  {self.after.strip() or 'nothing'}"


@dataclass(frozen=True)
class Report:
    killed: int
    unborn: int
    equivalent: int
    survivors: list[str]


def generate(source: str) -> list[Mutant]:
    lines = source.splitlines()
    mutants = []
    for place, line in enumerate(lines):
        for after in changes(line):
            text = "\n".join([*lines[:place], after, *lines[place + 1 :]]) + "\n"
            mutants.append(Mutant(place + 1, line, after, text))
    return mutants


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
        yield ""


def judge(mutants: list[Mutant]) -> Report:
    """Run the tests on each mutant, two at a time."""
    shutil.rmtree(WORK, ignore_errors=True)
    wanted = [one for one in mutants if one.after.strip() not in EQUIVALENT]
    itself = Mutant(0, "", "", (HERE / "ModelAnchor.sol").read_text())
    with ThreadPoolExecutor(WORKERS) as pool:
        shares = [[itself, *wanted[worker::WORKERS]] for worker in range(WORKERS)]
        said = dict(pair for pairs in pool.map(verdicts, range(WORKERS), shares) for pair in pairs)
    if said.pop(itself) != "survived":
        raise Failed("the tests fail without any mutant")
    survivors = [str(one) for one in wanted if said[one] == "survived"]
    verdicts_ = list(said.values())
    equivalent = len(mutants) - len(wanted)
    return Report(verdicts_.count("killed"), verdicts_.count("unborn"), equivalent, survivors)


def verdicts(worker: int, mutants: list[Mutant]) -> list[tuple[Mutant, str]]:
    """What becomes of each: the tests are compiled once, and find the mutant in the place of the built contract."""
    folder = WORK / str(worker)
    shutil.copytree(HERE / "test", folder / "test")
    shutil.copy(HERE / "ModelAnchor.sol", folder)
    settings = (HERE / "foundry.toml").read_text()
    settings = settings.replace("./solc_shim.js", str(HERE / "solc_shim.js"))
    (folder / "foundry.toml").write_text(settings.replace("../.edgeline/contract/", "out/"))
    forge("build", folder=folder, FOUNDRY_PROFILE="quick")
    codes = json.loads(
        run(["node", "compile_mutants.js"], said=json.dumps([one.source for one in mutants]))
    )
    return [(one, verdict(folder, code)) for one, code in zip(mutants, codes, strict=True)]


def verdict(folder: Path, code: str | None) -> str:
    if code is None:
        return "unborn"
    artifact = folder / "out/quick/ModelAnchor.sol/ModelAnchor.json"
    built = json.loads(artifact.read_text())
    built["bytecode"]["object"] = "0x" + code
    artifact.write_text(json.dumps(built))
    if passes(folder, "--no-match-contract", "ReachTest|PropertiesTest|InvariantTest"):
        return "survived" if passes(folder, "--match-contract", "InvariantTest") else "killed"
    return "killed"


def passes(folder: Path, *which: str) -> bool:
    # A counterexample need not be short here.
    around = surroundings(FOUNDRY_PROFILE="quick", FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT="0")
    command = [str(FORGE), "test", "--fail-fast", *which]
    try:
        done = subprocess.run(
            command, cwd=folder, env=around, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
