"""A digest of what code does: neither the name of a module nor a comment, a docstring or the layout changes it.

A module is its syntax tree, in which every module of the project is replaced by what that one does
in its turn. So the digest covers all that a module can reach, wherever it imports it. A package's
`__init__` counts where something is imported from it, and not for the modules beside it. What comes
from elsewhere counts by its name: its version is locked in another place.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from edgeline.code.outline import Outline, outline
from edgeline.digest import sha256_bytes
from edgeline.errors import EnvironmentUnfit
from edgeline.files import read_json, write_json

PACKAGES = {"edgeline": "src/edgeline", "flows": "flows", "tasks": "tasks"}
"""Where a checkout has the packages of the project."""


def code_digest(root: Path, modules: Iterable[str], cache: Path | None = None) -> str:
    """SHA-256 of what these modules of the checkout at `root` do, with all that they can reach.

    `cache` is a file that keeps the outlines of sources by the SHA-256 of their bytes.

    Raises:
        EnvironmentUnfit: no such module.
    """
    wanted = list(modules)
    outlines = _reach(root, wanted, cache)
    digests, kinds = {name: one.form for name, one in outlines.items()}, 0
    # Modules that look alike are told apart by what they import, until no round tells more of them apart.
    while kinds < (kinds := len(set(digests.values()))):
        digests = {name: _combined(one, digests) for name, one in outlines.items()}
    return _digest([[digests[name] for name in wanted], sorted(digests.values())])


def _combined(own: Outline, digests: Mapping[str, str]) -> str:
    """A module's own form, with what is behind its imports."""
    references = [(digests[module], attribute) for module, attribute in own.references]
    imports = sorted((digests[module], *names) for module, *names in own.imports)
    return _digest([own.form, references, imports])


def _digest(value: Any) -> str:
    return sha256_bytes(json.dumps(value).encode())


def _reach(root: Path, wanted: Iterable[str], cache: Path | None) -> dict[str, Outline]:
    """The outline of every module that can be reached."""
    sources = _sources(root)
    outlines = _Cache(cache, frozenset(sources))
    reached: dict[str, Outline] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        if name not in sources:
            raise EnvironmentUnfit(
                expected=f"the module {name} in {root}",
                found="no such file",
                remedy="run edgeline inside a whole checkout of the project",
            )
        own = reached[name] = outlines.of(sources[name].read_bytes())
        waiting += [module for module, *_ in (*own.references, *own.imports)]
    outlines.save()
    return reached


def _sources(root: Path) -> dict[str, Path]:
    """The file of every module of the checkout; edgeline's own where it has none, as with a wheel."""
    sources = {}
    for package, place in PACKAGES.items():
        folder = root / place
        if package == "edgeline" and not folder.is_dir():
            folder = Path(__file__).parents[1]
        for path in folder.rglob("*.py"):
            below = path.relative_to(folder).with_suffix("").parts
            parts = below[:-1] if below[-1] == "__init__" else below
            sources[".".join((package, *parts))] = path
    return sources


class _Cache:
    """Outlines that were made before, for sources among modules of the same names."""

    def __init__(self, path: Path | None, modules: frozenset[str]) -> None:
        self.path, self.modules, self.is_new = path, modules, False
        # what an outline is, this file and its neighbour say
        makers = [
            Path(__file__).with_name(name).read_bytes() for name in ("digest.py", "outline.py")
        ]
        self.made_for = _digest([*map(sha256_bytes, makers), sorted(modules)])
        kept = (path and read_json(path)) or {}
        self.outlines: dict[str, Any] = (
            kept["outlines"] if kept.get("made_for") == self.made_for else {}
        )

    def of(self, source: bytes) -> Outline:
        digest = sha256_bytes(source)
        if digest not in self.outlines:
            self.outlines[digest] = astuple(outline(source, self.modules))
            self.is_new = True
        form, references, imports = self.outlines[digest]
        return Outline(form, tuple(map(tuple, references)), tuple(map(tuple, imports)))

    def save(self) -> None:
        if self.path and self.is_new:
            write_json(self.path, {"made_for": self.made_for, "outlines": self.outlines})
