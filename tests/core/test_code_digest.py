"""The digest of what code does follows meaning and reach, and no name of a module, comment or docstring."""

import ast
from pathlib import Path

import pytest

from edgeline.code import _outline, code_digest
from edgeline.errors import EnvironmentUnfit

STEP = '''"""A step."""

import json
from typing import TYPE_CHECKING

from edgeline.lab import scales
from edgeline.lab.units import GRAMS, to_grams as grams

if TYPE_CHECKING:
    from edgeline.unreached import Nothing


def weigh(item: str) -> float:
    """What an item weighs."""
    from edgeline.tare import tare

    # the tare is known before
    return scales.read(item) * GRAMS - grams(tare)
'''
FILES = {
    "lab/scales.py": "def read(item):\n    return len(item)\n",
    "lab/units.py": "GRAMS = 1000\n\ndef to_grams(value):\n    return value * GRAMS\n",
    "tare.py": "tare = 2\n",
    "unreached.py": "class Nothing: pass\n",
    "step.py": STEP,
}


def write(root: Path, **changed: str) -> Path:
    """The project in which `step` reaches all but one module; a change names a file with _ for /."""
    for name, text in {**FILES, "lab/__init__.py": "", "__init__.py": ""}.items():
        path = root / "src" / "edgeline" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changed.get(name.removesuffix(".py").replace("/", "_"), text))
    return root


def digest(root: Path) -> str:
    return code_digest(root, ["edgeline.step"])


@pytest.fixture
def first(tmp_path: Path) -> str:
    return digest(write(tmp_path / "first"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A step."""\n', '"""Another docstring."""\n'),
        ('"""What an item weighs."""', '"""Its weight."""'),
        ("    # the tare is known before\n", ""),
        ("import json\n", "import json  # for later\n\n\n"),
        ("scales.read(item) * GRAMS", "(scales.read( item )\n        * GRAMS)"),
        ("    from edgeline.unreached import Nothing\n", "    from edgeline.tare import tare\n"),
    ],
    ids=["module docstring", "docstring", "comment", "lines", "layout", "type checker's import"],
)
def test_what_is_not_executed_does_not_count(
    first: str, tmp_path: Path, old: str, new: str
) -> None:
    assert old in STEP
    assert digest(write(tmp_path / "second", step=STEP.replace(old, new))) == first


def test_a_module_that_is_renamed_with_its_imports_does_the_same(
    first: str, tmp_path: Path
) -> None:
    renamed = (
        STEP.replace("from edgeline.lab import scales", "from edgeline import balance")
        .replace("scales.", "balance.")
        .replace("edgeline.lab.units", "edgeline.measures.metric")
    )
    root = write(tmp_path / "second", step=renamed)
    package = root / "src" / "edgeline"
    (package / "lab" / "scales.py").rename(package / "balance.py")
    (package / "measures").mkdir()
    (package / "lab" / "units.py").rename(package / "measures" / "metric.py")
    assert digest(root) == first


def test_the_order_of_imports_does_not_count(first: str, tmp_path: Path) -> None:
    lines = (
        "from edgeline.lab import scales\n",
        "from edgeline.lab.units import GRAMS, to_grams as grams\n",
    )
    swapped = STEP.replace("".join(lines), "".join(reversed(lines)))
    assert swapped != STEP
    assert digest(write(tmp_path / "second", step=swapped)) == first


@pytest.mark.parametrize(
    "changed",
    [
        {"step": STEP.replace(" - grams", " + grams")},
        {"lab_units": FILES["lab/units.py"].replace("1000", "1001")},
        {"lab_scales": FILES["lab/scales.py"].replace("len", "hash")},
        {"tare": "tare = 3\n"},
        {"tare": "from edgeline.unreached import Nothing\ntare = 2\n"},
    ],
    ids=["itself", "a name", "a module", "inside a function", "more is reached"],
)
def test_a_change_in_what_is_reached_counts(
    first: str, tmp_path: Path, changed: dict[str, str]
) -> None:
    assert digest(write(tmp_path / "second", **changed)) != first


def test_a_change_in_what_is_not_reached_does_not_count(first: str, tmp_path: Path) -> None:
    assert digest(write(tmp_path / "second", unreached="class Nothing: size = 1\n")) == first


def test_a_change_counts_through_a_circle_of_modules(tmp_path: Path) -> None:
    circle = "def tare_of():\n    from edgeline.{}\n    return {}\n"
    there = {"tare": circle.format("lab.scales import read", "read")}
    back = {"lab_scales": circle.format("tare import tare_of", "1")}
    once = digest(write(tmp_path / "first", **there, **back))
    assert digest(write(tmp_path / "again", **there, **back)) == once
    back = {"lab_scales": circle.format("tare import tare_of", "2")}
    assert digest(write(tmp_path / "second", **there, **back)) != once


def test_two_functions_with_each_others_import_are_told_apart(tmp_path: Path) -> None:
    function = "def {}():\n    from edgeline.{} import {}\n    return {}\n"
    program = function.replace("{}", "f", 1) + function.replace("{}", "g", 1)
    one = ("tare", "tare as x", "x", "lab.units", "GRAMS as x", "x")
    other = (*one[3:], *one[:3])
    digests = {
        digest(write(tmp_path / str(number), step=program.format(*words)))
        for number, words in enumerate((one, other))
    }
    assert len(digests) == 2


def test_a_module_is_not_taken_for_an_argument_of_its_name(tmp_path: Path) -> None:
    program = "from edgeline.lab import scales{}\n\ndef f(scales):\n    return {}.read\n"
    digests = {
        digest(write(tmp_path / str(number), step=program.format(*words)))
        for number, words in enumerate((("", "scales"), (" as balance", "balance")))
    }
    assert len(digests) == 2


def test_a_module_that_is_started_by_its_name_is_reached(tmp_path: Path) -> None:
    program = 'COMMAND = ["-m", "edgeline.tare"]\n'
    root = write(tmp_path / "first", step=program)
    other = write(tmp_path / "second", step=program, tare="tare = 5\n")
    assert digest(root) != digest(other)


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnfit, match=r"edgeline\.none"):
        code_digest(write(tmp_path), ["edgeline.none"])


def test_a_parser_that_two_threads_confused_is_asked_again(
    first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    confused = [SystemError("AST constructor recursion depth mismatch")]

    def parse(source: bytes) -> ast.Module:
        if confused:
            raise confused.pop()
        return compile(source, "<module>", "exec", ast.PyCF_ONLY_AST)

    _outline.cache_clear()
    monkeypatch.setattr(ast, "parse", parse)
    assert digest(write(tmp_path / "second")) == first
    assert not confused
