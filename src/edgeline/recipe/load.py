"""Reads recipes/NAME.yaml and `-p section.key=value`, strictly: an unknown key or a wrong value names its place."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from edgeline.errors import RecipeError
from edgeline.recipe.recipe import Recipe
from edgeline.recipe.section import Section

Key = tuple[str, ...]


@dataclass(frozen=True)
class Resolved:
    """A recipe with the origin of each of its values."""

    recipe: Recipe
    origins: Mapping[str, str]
    """By dotted key: "default", "NAME.yaml:LINE" or "-p"."""

    def rows(self) -> Iterator[tuple[str, Any, str, str]]:
        """(dotted key, value, origin, what it is) of every setting, in the recipe's order."""
        for key, value, about in _leaves(self.recipe):
            yield key, value, self.origins.get(key, "default"), about


def names(root: Path) -> list[str]:
    """The recipes that the project at `root` holds."""
    return sorted(path.stem for path in (root / "recipes").glob("*.yaml"))


def load(root: Path, name: str, overrides: Mapping[str, str] | None = None) -> Resolved:
    """The recipe `name` of the project at `root`, with `overrides` as dotted key and YAML value.

    Raises:
        RecipeError: no such recipe, not YAML, an unknown key, a wrong type or a value out of range.
    """
    path = root / "recipes" / f"{name}.yaml"
    if name not in names(root):
        raise RecipeError(
            expected=f"a recipe among {', '.join(names(root)) or 'recipes/*.yaml (there is none)'}",
            found=f"{name!r}",
            remedy="`edgeline recipe list` shows them",
        )
    values, origins = _read(path)
    for key, text in (overrides or {}).items():
        _override(values, key, text)
        origins[key] = "-p"
    values.setdefault("name", name)
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        raise _explain(error.errors()[0], values, origins, path) from None
    if recipe.name != name:
        raise RecipeError(
            expected=f"name: {name} in {path.name}",
            found=f"name: {recipe.name}",
            remedy="rename the file, or correct `name` in it",
        )
    return Resolved(recipe, origins)


def parse_overrides(pairs: list[str]) -> dict[str, str]:
    """`key=value` texts of the command line as a mapping."""
    parsed = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise RecipeError(
                expected="-p section.key=value",
                found=f"-p {pair}",
                remedy="write for example -p finetune.epochs=3",
            )
        parsed[key.strip()] = value.strip()
    return parsed


def _read(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a YAML mapping, and by dotted key the line each came from."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        at = getattr(error, "problem_mark", None)
        place = f"{path.name}:{at.line + 1}" if at else path.name
        raise RecipeError(
            expected="a YAML mapping", found=f"something else at {place}", remedy="mend that line"
        ) from None
    if not isinstance(values, dict):
        raise RecipeError(
            expected=f"a YAML mapping in {path.name}",
            found=repr(values)[:40],
            remedy="write sections with settings, as in recipes/digits.yaml",
        )
    return values, _places(node, path.name)


def _lines(node: yaml.Node, above: Key, file: str) -> Iterator[tuple[str, str]]:
    """Dotted key and place of every setting, also of those that are there twice."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*above, str(key.value))
            yield ".".join(here), f"{file}:{key.start_mark.line + 1}"
            yield from _lines(value, here, file)


def _places(node: yaml.Node | None, file: str) -> dict[str, str]:
    """By dotted key, the line of every setting.

    Raises:
        RecipeError: one is there twice, of which YAML would take the last.
    """
    places: dict[str, str] = {}
    for key, place in _lines(node, (), file) if node else ():
        if places.setdefault(key, place) is not place:
            raise RecipeError(
                expected="every setting once",
                found=f"{key} at {places[key]} and again at {place}",
                remedy="delete one of the two",
            )
    return places


def _override(values: dict[str, Any], key: str, text: str) -> None:
    *sections, last = key.split(".")
    for section in sections:
        below = values.setdefault(section, {})
        if not isinstance(below, dict):
            raise _unknown(key, "-p", text)
        values = below
    try:
        values[last] = yaml.safe_load(text) if text else ""
        _places(yaml.compose(text, Loader=yaml.SafeLoader), f"-p {key}")
    except yaml.YAMLError:
        raise RecipeError(
            expected=f"a YAML value for {key}",
            found=f"-p {key}={text}",
            remedy="put quotes around the value if it is text",
        ) from None


def _explain(
    problem: ErrorDetails, values: dict[str, Any], origins: Mapping[str, str], path: Path
) -> RecipeError:
    key = ".".join(str(step) for step in problem["loc"] if not isinstance(step, int))
    given = [name for name in origins if name.startswith(f"{key}.") and origins[name] == "-p"]
    origin = origins.get(key, "-p" if given else path.name)
    if problem["type"] == "extra_forbidden":
        if key not in origins and given:
            # a section that only -p names: all of what was typed is shown
            key = given[0]
        return _unknown(key, origin, _typed(values, key))
    place = (
        f"-p {key}={problem['input']}"
        if origin == "-p"
        else f"{key}: {problem['input']!r} ({origin})"
    )
    rule = problem["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return RecipeError(
        expected=f"{key}: {rule}" if key else rule,
        found=place if key else f"other values in {path.name} or -p",
        remedy=f"`edgeline recipe show {path.stem}` lists every setting with its value",
    )


def _typed(values: Mapping[str, Any], key: str) -> str:
    """A value as it would be typed after -p."""
    value: Any = values
    for name in key.split("."):
        value = value[name]
    return str(value)


def _unknown(key: str, origin: str, value: str) -> RecipeError:
    names = [name for name, _, _ in _leaves(Recipe(name="any"))]
    sections = sorted({name.split(".")[0] for name in names if "." in name})
    close = difflib.get_close_matches(key, [*names, *sections], n=1, cutoff=0.5)
    place = f"-p {key}={value}" if origin == "-p" else f"{key} ({origin})"
    return RecipeError(
        expected="a setting that exists",
        found=f"unknown {place}",
        remedy=f"did you mean {close[0]}?"
        if close
        else "`edgeline recipe show NAME` lists every setting",
    )


def _leaves(section: Section, above: Key = ()) -> Iterator[tuple[str, Any, str]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _leaves(value, (*above, name))
        else:
            yield ".".join((*above, name)), value, " ".join((field.description or "").split())
