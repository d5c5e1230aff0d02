"""Commands whose modules are imported when they are called, so that `--help` answers at once.

A command is named as "module:function", the module without `edgeline.cli`. For lists of commands,
its docstring is read from the source, which costs a hundredth of importing it.
"""

import ast
import functools
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

FOLDER = Path(__file__).parent

Group = tuple[Mapping[str, str], str]
"""Targets of commands by their names, and what they are for."""


def make_app(commands: Mapping[str, str | Group], purpose: str) -> typer.Typer:
    """An app with the commands at these targets and these groups of commands, by name.

    The docstrings of a group's commands are read when the group is called.
    """
    app = typer.Typer(
        help=purpose,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for name, target in commands.items():
        if isinstance(target, str):
            _add(app, name, docstring(target), functools.partial(_import, target))
        else:
            _add(app, name, target[1], functools.partial(make_app, *target))
    return app


def docstring(target: str) -> str:
    """What the function at `target` says of itself, without importing its module."""
    module, _, function = target.partition(":")
    return ast.get_docstring(_functions(module)[function]) or ""


@functools.cache
def _functions(module: str) -> dict[str, ast.FunctionDef]:
    body = ast.parse((FOLDER / f"{module}.py").read_bytes()).body
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef)}


def _import(target: str) -> typer.Typer:
    module, _, function = target.partition(":")
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(getattr(importlib.import_module(f"edgeline.cli.{module}"), function))
    return app


def _add(app: typer.Typer, name: str, purpose: str, load: Callable[[], typer.Typer]) -> None:
    class Deferred(TyperCommand):
        def make_context(self, info_name: str | None, *rest: Any, **extra: Any) -> Any:
            return typer.main.get_command(load()).make_context(info_name, *rest, **extra)

    def placeholder() -> None:
        """Typer asks for a function; what is loaded takes its place."""

    app.command(name, cls=Deferred, help=purpose)(placeholder)
