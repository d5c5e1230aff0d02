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

BLOCKS = {"body", "orelse", "finalbody"}
"""Fields of a syntax tree that hold statements."""

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
    tree, *imports = (_resolve(text, digests) for text in outline)
    return sha256_bytes(json.dumps([tree, sorted(imports)]).encode())


def _resolve(text: str, digests: dict[str, str]) -> str:
    """A text with what is behind its references."""
    pieces = list(_pieces(text))
    pieces[1::2] = (digests[name] for name in pieces[1::2])
    return "".join(pieces)


@functools.cache
def _pieces(text: str) -> tuple[str, ...]:
    """A text, in every second place of which stands the name of a module that it refers to."""
    return tuple(MODULE.split(text))


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
        waiting += (other for text in outlines[name] for other in _pieces(text)[1::2])
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
    names = _Names(_prune(tree), modules)
    imports = [name for one in tree.body if names.is_own(one) for name in names.plain(one)]
    tree.body = [one for one in tree.body if not names.is_own(one)]
    return (json.dumps(names.plain(tree)), *map(json.dumps, imports))


def _prune(tree: ast.AST) -> list[ast.AST]:
    """Take out what is never executed or does nothing; returns the nodes that are left.

    One way through each tree, and only through what holds nodes: every step of every run looks here first.
    """
    nodes = [tree]
    for node in nodes:
        for field, value in vars(node).items():
            if isinstance(value, list):
                if field in BLOCKS:
                    value[:] = [one for one in value if not _does_nothing(one)]
                nodes += (one for one in value if isinstance(one, ast.AST))
            elif isinstance(value, ast.AST):
                nodes.append(value)
    return nodes


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

    def __init__(self, nodes: list[ast.AST], modules: frozenset[str]) -> None:
        self.modules = modules
        self.bound = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in nodes
            if self.is_own(node)
            for alias in node.names
            if f"{node.module}.{alias.name}" in modules
        }
        for node in nodes:
            match node:
                case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                    self.bound.pop(name, None)

    def is_own(self, node: ast.AST) -> TypeGuard[ast.ImportFrom]:
        return isinstance(node, ast.ImportFrom) and node.module in self.modules

    def plain(self, node: Any) -> Any:
        """A syntax tree as lists and strings, with references in place of the names of modules.

        Without empty fields, since versions of Python differ in those.
        """
        # The commonest first.
        if not isinstance(node, ast.AST):
            return [self.plain(one) for one in node] if isinstance(node, list) else repr(node)
        match node:
            case ast.Name(id=name) if name in self.bound:
                return f"module:{self.bound[name]}"
            case ast.Constant(value=str(text)) if text in self.modules and "." in text:
                return f"module:{text}"
            case ast.ImportFrom(module=package, names=names) if self.is_own(node):
                return [self._import(str(package), alias) for alias in names]
        given = vars(node)
        fields = ((name, given.get(name)) for name in node._fields)
        kept = [[name, self.plain(value)] for name, value in fields if value not in (None, [])]
        return [type(node).__name__, *kept]

    def _import(self, package: str, alias: ast.alias) -> list[str]:
        module, name = f"{package}.{alias.name}", alias.asname or alias.name
        if module not in self.modules:
            return [f"module:{package}", alias.name, name]
        return [f"module:{module}", *([] if self.bound.get(name) == module else [name])]
