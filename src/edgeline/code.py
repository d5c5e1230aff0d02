"""A digest of what code does: neither a comment, a docstring nor the layout changes it.

It covers all modules of the project that a module can reach, wherever it imports them. A package's
`__init__` counts where something is imported from it, and not for the modules beside it. What comes
from elsewhere counts by its name: its version is locked in another place.
"""

import ast
import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgeline.digest import digest_of, sha256_bytes
from edgeline.errors import EnvironmentUnfit

PACKAGES = {"edgeline": "src/edgeline", "flows": "flows", "tasks": "tasks"}
"""Where a checkout has the packages of the project."""


def code_digest(root: Path, modules: Sequence[str]) -> str:
    """SHA-256 of what these modules of the checkout at `root` do, with all that they can reach.

    Raises:
        EnvironmentUnfit: no such module.
    """
    sources = find_sources(root)
    names = frozenset(sources)
    forms: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in forms:
            continue
        if name not in sources:
            raise EnvironmentUnfit(
                expected=f"the module {name} in {root}",
                found="no such file",
                remedy="run edgeline inside a whole checkout of the project",
            )
        forms[name], reached = _outline(sources[name].read_bytes(), names)
        waiting += reached
    return digest_of({"modules": list(modules), "forms": dict(forms)})


def find_sources(root: Path) -> dict[str, Path]:
    """The file of every module of the checkout; edgeline's own where it has none, as with a wheel."""
    sources = {}
    for package, place in PACKAGES.items():
        folder = root / place
        if package == "edgeline" and not folder.is_dir():
            folder = Path(__file__).parent
        for path in folder.rglob("*.py"):
            below = path.relative_to(folder).with_suffix("").parts
            parts = below[:-1] if below[-1] == "__init__" else below
            sources[".".join((package, *parts))] = path
    return sources


@functools.cache
def _outline(source: bytes, modules: frozenset[str]) -> tuple[str, frozenset[str]]:
    """SHA-256 of the syntax tree of a file, and those of the modules that it imports or starts by their names."""
    tree = ast.parse(source)
    _prune(tree)
    reached: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                reached.update(alias.name for alias in aliases)
            case ast.ImportFrom(module=str(package), names=aliases, level=0):
                for alias in aliases:
                    submodule = f"{package}.{alias.name}"
                    reached.add(submodule if submodule in modules else package)
            case ast.Constant(value=str(text)) if "." in text:
                reached.add(text)
    return sha256_bytes(json.dumps(_plain(tree)).encode()), modules & reached


def _prune(tree: ast.AST) -> None:
    """Take out what is never executed or does nothing: docstrings, and imports for type checkers."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                setattr(node, field, [one for one in statements if not _does_nothing(one)])


def _does_nothing(statement: ast.AST) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
            return True
    return False


def _plain(node: Any) -> Any:
    """A syntax tree as lists and strings; without empty fields, since versions of Python differ in those."""
    match node:
        case ast.AST():
            fields = [pair for pair in ast.iter_fields(node) if pair[1] not in (None, [])]
            return [type(node).__name__, *([name, _plain(value)] for name, value in fields)]
        case list():
            return [_plain(one) for one in node]
    return repr(node)
