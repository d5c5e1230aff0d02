"""A source file without what changes nothing: names of the project's modules, comments, docstrings, layout.

Imports of the project leave the syntax tree, and so the order in which they stand does not count;
in the places where a module is used, a number stands for it. A name that a file gives to two things
keeps its import where it is, since there it matters which of the two is meant.
"""

import ast
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edgeline.digest import sha256_bytes

UNSAID = {"type_comment", "kind", "ctx", "type_ignores"}
"""Fields of a syntax tree that change nothing, or follow from the others."""
NAMED = {("Name", "id"), ("Attribute", "attr"), ("keyword", "arg"), ("Constant", "value")}
"""Fields that hold a string and give no name to anything."""

Target = tuple[str, str]
"""A module of the project, and the name that is taken from it; none where the module itself is."""


@dataclass(frozen=True)
class Outline:
    """What one source file says, apart from the names of the project's modules."""

    form: str
    """SHA-256 of the syntax tree, with a number in place of every reference."""
    references: tuple[Target, ...]
    """What the numbers stand for."""
    imports: tuple[tuple[str, str, str], ...]
    """Target and given name of every import that the tree is without; a module goes by no name."""


def outline(source: bytes, modules: frozenset[str]) -> Outline:
    """The outline of a source file of a project that has these modules."""
    tree = ast.parse(source)
    _prune(tree)
    return _Writer(tree, modules).outline()


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


class _Writer:
    """Turns a syntax tree into lists and strings."""

    def __init__(self, tree: ast.AST, modules: frozenset[str]) -> None:
        self.tree, self.modules = tree, modules
        self.numbers: dict[Target, int] = {}
        self.targets: dict[str, set[Target]] = defaultdict(set)
        self.given: set[str] = set()
        """Names that are given to other things than imports of the project."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    self._note(node, alias)
            elif not isinstance(node, ast.alias):
                self.given.update(_names_given(node))

    def outline(self) -> Outline:
        form = sha256_bytes(json.dumps(self._plain(self.tree)).encode())
        imports = [
            (module, attribute, name if attribute else "")
            for name, targets in self.targets.items()
            for module, attribute in targets
            if self._is_clear(name)
        ]
        return Outline(form, tuple(self.numbers), tuple(sorted(imports)))

    def _note(self, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> None:
        target = self._target(node, alias)
        if target is None:
            self.given.add((alias.asname or alias.name).partition(".")[0])
        else:
            self.targets[alias.asname or alias.name].add(target)

    def _target(self, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Target | None:
        """What an import takes from the project; nothing where it is of another package."""
        if isinstance(node, ast.Import):
            return (alias.name, "") if alias.name in self.modules else None
        assert not node.level, "an import that begins with a dot is not followed"
        assert node.module
        if (submodule := f"{node.module}.{alias.name}") in self.modules:
            return submodule, ""
        return (node.module, alias.name) if node.module in self.modules else None

    def _is_clear(self, name: str) -> bool:
        """Whether a name means one import of the project, wherever it stands in the file."""
        is_path = "." in name  # `import a.b` gives the name `a`, and is used as `a.b`
        return len(self.targets[name]) == 1 and name not in self.given and not is_path

    def _number(self, target: Target) -> list[Any]:
        return ["reference", self.numbers.setdefault(target, len(self.numbers))]

    def _plain(self, node: Any) -> Any:
        match node:
            case ast.Name(id=name) if name in self.targets and self._is_clear(name):
                ((module, attribute),) = self.targets[name]
                return ["Name", name] if attribute else self._number((module, ""))
            case ast.Constant(value=str(text)) if "." in text and text in self.modules:
                return self._number((text, ""))
            case ast.Constant(value=value):
                return [type(value).__name__, repr(value)]
            case ast.Import() | ast.ImportFrom():
                return list(self._kept(node))
            case ast.AST():
                return [type(node).__name__, *self._fields(node)]
            case list():
                return [plain for one in node if (plain := self._plain(one)) != []]
        return node

    def _fields(self, node: ast.AST) -> Iterator[tuple[str, Any]]:
        """Empty ones are left out: versions of Python differ in those that they have."""
        for field, value in ast.iter_fields(node):
            if field not in UNSAID and value is not None and value != []:
                yield field, self._plain(value)

    def _kept(self, node: ast.Import | ast.ImportFrom) -> Iterator[Any]:
        """Imports of other packages, and those of which it matters where they stand."""
        for alias in node.names:
            name, target = alias.asname or alias.name, self._target(node, alias)
            if target is None:
                yield ["import", getattr(node, "module", ""), alias.name, name]
            elif not self._is_clear(name):
                yield ["import", self._number(target), name]


def _names_given(node: ast.AST) -> Iterator[str]:
    kind = type(node).__name__
    stored = isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    for field, value in ast.iter_fields(node):
        if stored or (kind, field) not in NAMED:
            yield from (
                one
                for one in (value if isinstance(value, list) else [value])
                if isinstance(one, str)
            )
