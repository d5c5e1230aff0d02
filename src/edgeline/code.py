"""A digest of what code does: neither the name of a module nor a comment, a docstring or the layout changes it.

A module is its syntax tree, in which every module of the project is replaced by what that one does
in its turn. So the digest covers all that a module can reach, wherever it imports it. A package's
`__init__` counts where something is imported from it, and not for the modules beside it. What comes
from elsewhere counts by its name: its version is locked in another place.
"""

import ast
import functools
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeGuard

from edgeline.digest import sha256_bytes
from edgeline.errors import EnvironmentUnfit

PACKAGES = {"edgeline": "src/edgeline", "flows": "flows", "tasks": "tasks"}
"""Where a checkout has the packages of the project."""

MODULE = re.compile(r"module:([\w.]+)")
"""How a syntax tree refers to a module of the project here."""

Outline = tuple[str, ...]
"""The syntax tree of a module, then its imports of the project, as text with references."""


def code_digest(root: Path, modules: Sequence[str]) -> str:
    """SHA-256 of what these modules of the checkout at `root` do, with all that they can reach.

    Raises:
        EnvironmentUnfit: no such module.
    """
    outlines = _reach(root, modules)
    digests, kinds = dict.fromkeys(outlines, ""), 0
    # Modules that look alike are told apart by what they import, until no round tells more of them apart.
    while kinds < (kinds := len(set(digests.values()))):
        digests = {name: _combine(outline, digests) for name, outline in outlines.items()}
    every, wanted = sorted(digests.values()), [digests[name] for name in modules]
    return sha256_bytes(json.dumps([wanted, every]).encode())


def _combine(outline: Outline, digests: dict[str, str]) -> str:
    """An outline with what is behind its references; the order of imports does nothing."""
    tree, *imports = (MODULE.sub(lambda name: digests[name[1]], text) for text in outline)
    return sha256_bytes(json.dumps([tree, sorted(imports)]).encode())


def _reach(root: Path, modules: Sequence[str]) -> dict[str, Outline]:
    """The outline of every module that can be reached."""
    sources = find_sources(root)
    names = frozenset(sources)
    outlines: dict[str, Outline] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in outlines:
            continue
        if name not in sources:
            raise EnvironmentUnfit(
                expected=f"the module {name} in {root}",
                found="no such file",
                remedy="run edgeline inside a whole checkout of the project",
            )
        outlines[name] = _outline(sources[name].read_bytes(), names)
        waiting += MODULE.findall("\n".join(outlines[name]))
    return outlines


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
def _outline(source: bytes, modules: frozenset[str]) -> Outline:
    try:
        tree = ast.parse(source)
    except SystemError:
        # Python 3.11 says so now and then where two threads make syntax trees at once (its issue 106905).
        tree = ast.parse(source)
    _prune(tree)
    names = _Names(tree, modules)
    imports = [name for one in tree.body if names.is_own(one) for name in names.plain(one)]
    tree.body = [one for one in tree.body if not names.is_own(one)]
    return (json.dumps(names.plain(tree)), *map(json.dumps, imports))


def _prune(tree: ast.AST) -> None:
    """Take out what is never executed or does nothing: docstrings, and imports for type checkers."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                setattr(node, field, [one for one in statements if not _does_nothing(one)])


def _does_nothing(statement: ast.AST) -> bool:
    """What is never executed or has no effect: docstrings, and imports for type checkers."""
    match statement:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
            return True
    return False


class _Names:
    """What in a syntax tree is the name of a module of the project."""

    def __init__(self, tree: ast.AST, modules: frozenset[str]) -> None:
        self.modules = modules
        self.bound = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if self.is_own(node)
            for alias in node.names
            if f"{node.module}.{alias.name}" in modules
        }
        for node in ast.walk(tree):
            match node:
                case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                    self.bound.pop(name, None)

    def is_own(self, node: ast.AST) -> TypeGuard[ast.ImportFrom]:
        return isinstance(node, ast.ImportFrom) and node.module in self.modules

    def plain(self, node: Any) -> Any:
        """A syntax tree as lists and strings, with references in place of the names of modules.

        Without empty fields, since versions of Python differ in those.
        """
        match node:
            case ast.ImportFrom(module=package, names=names) if self.is_own(node):
                return [self._import(str(package), alias) for alias in names]
            case ast.Constant(value=str(text)) if "." in text and text in self.modules:
                return f"module:{text}"
            case ast.Name(id=name) if name in self.bound:
                return f"module:{self.bound[name]}"
            case ast.AST():
                fields = [pair for pair in ast.iter_fields(node) if pair[1] not in (None, [])]
                return [type(node).__name__, *([name, self.plain(value)] for name, value in fields)]
            case list():
                return [self.plain(one) for one in node]
        return repr(node)

    def _import(self, package: str, alias: ast.alias) -> list[str]:
        module, name = f"{package}.{alias.name}", alias.asname or alias.name
        if module not in self.modules:
            return [f"module:{package}", alias.name, name]
        return [f"module:{module}", *([] if self.bound.get(name) == module else [name])]
