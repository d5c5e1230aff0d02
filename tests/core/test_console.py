"""What a person sees: names that strangers chose do nothing to a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgeline.cli.console import answer, printable, table

HOSTILE = {
    "\x1b[2Jcleared": "\\x1b[2Jcleared",
    "abc\u202exe.gpj": "abc\\u202exe.gpj",
    "a line\nof one's own": "a line\\nof one's own",
    "bell \x07 and C1 \x9b31m": "bell \\x07 and C1 \\x9b31m",
    "\U000e0041 hidden": "\\U000e0041 hidden",
}


@pytest.mark.parametrize(("name", "shown"), HOSTILE.items())
def test_what_moves_a_cursor_or_turns_letters_is_spelled_out(
    name: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printable(name) == shown
    answer({}, [name], as_json=False)
    answer({}, table("heading", rows=[[name]]), as_json=False)
    lines = [line.rstrip() for line in capsys.readouterr().out.split("\n")]
    assert lines == [shown, "heading", shown, ""]


def test_names_of_all_languages_stay_as_they_are() -> None:
    for name in ("Größe", "数字", "[bold]not markup[/bold]", "Zoë's café", "🦉"):
        assert printable(name) == name


def test_an_error_line_names_a_hostile_file_without_obeying_it(tmp_path: Path) -> None:
    name = "\x1b[31m\u202e.txt.receipt.json"
    (tmp_path / name.removesuffix(".receipt.json")).write_text("a")
    (tmp_path / name).write_text("no receipt")
    code = "from edgeline.cli import main; main()"
    file = name.removesuffix(".receipt.json")
    done = subprocess.run(
        [sys.executable, "-c", code, "verify", file, "--offline"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        check=False,
    )
    said = done.stderr.decode()
    assert done.returncode == 4, said
    assert "\\x1b[31m\\u202e.txt.receipt.json" in said
    assert said.strip().isprintable()
