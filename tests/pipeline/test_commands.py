"""Every command of the command line is where its table says, and every benchmark can be measured."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edgeline.cli import COMMANDS, GROUPS, app
from edgeline.cli.lazy import docstring
from edgeline.cli.run import _at

TARGETS = {(name,): target for name, target in COMMANDS.items()} | {
    (group, name): target
    for group, (commands, _) in GROUPS.items()
    for name, target in commands.items()
}

BENCHMARKS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("words", TARGETS, ids=" ".join)
def test_a_command_is_found_and_says_what_it_does(words: tuple[str, ...]) -> None:
    first = docstring(TARGETS[words]).split()[0]
    helped = CliRunner().invoke(app, [*words, "--help"], catch_exceptions=False)
    assert helped.exit_code == 0
    assert first in helped.stdout


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_lists_its_commands(group: str) -> None:
    commands, purpose = GROUPS[group]
    listed = CliRunner().invoke(app, [group, "--help"]).stdout
    assert purpose.split()[0] in listed
    assert all(name in listed for name in commands)


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_is_what_its_command_measures(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert "measure" in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}


def test_a_link_that_is_printed_again_leads_to_where_the_server_is_now() -> None:
    page = "http://127.0.0.1:4203/runs/flow-run/1?x=2#/y"
    assert _at("http://127.0.0.1:4200", page) == "http://127.0.0.1:4200/runs/flow-run/1?x=2#/y"


def test_a_wheel_without_a_checkout_is_told_so_in_one_line() -> None:
    program = "import sys; sys.modules['flows'] = None; from edgeline.cli import main; main()"
    words = [sys.executable, "-c", program, "run"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert "edgeline installed without a checkout of the project" in done.stderr
    assert len(done.stderr.splitlines()) == 1
