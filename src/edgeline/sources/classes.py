"""Names of classes, and which number each has."""

import unicodedata
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeline.sources.intake import refuse, shown

MAX_CLASSES = 1000

NO_LABEL = "no label"
NO_CLASS = "label of no class"


def assign(
    words: Sequence[str], wanted: tuple[str, ...], where: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The label of each word, -1 where it names no class, and the names of the classes.

    The classes are those `wanted`, which words may also name by number; else every word is one.
    `where` names what holds them.

    Raises:
        RecipeError: too many, fewer than two, two that differ in case alone, or none that is wanted.
    """
    if not words:
        return np.zeros(0, np.int64), wanted
    known = [word for word in set(words) if word]
    names = wanted or _sorted(known, where)
    by_name = {name: label for label, name in enumerate(names)}
    if known and not by_name.keys() & set(known):
        by_name = {str(label): label for label in range(len(names))}
        if not by_name.keys() & set(known):
            _none_wanted(known, wanted, where)
    labels = (by_name.get(word, -1) for word in words)
    return np.fromiter(labels, dtype=np.int64, count=len(words)), names


def numbered(count: int, where: str) -> tuple[str, ...]:
    """Names of classes that are known by their numbers alone.

    Raises:
        RecipeError: too many, or one alone.
    """
    if count > MAX_CLASSES:
        refuse(f"labels below {MAX_CLASSES:,} in {where}", str(count - 1), "number them from 0")
    if count < 2:
        refuse(f"two classes or more in {where}", "one class", "give a whole set")
    return tuple(str(number) for number in range(count))


def reasons(words: Sequence[str], labels: NDArray[np.int64]) -> NDArray[np.str_]:
    """Why an item has no label, or nothing."""
    silent = np.array([not word for word in words], dtype=bool)
    return np.where(silent, NO_LABEL, np.where(labels < 0, NO_CLASS, ""))


def _sorted(names: Collection[str], where: str) -> tuple[str, ...]:
    if len(names) > MAX_CLASSES:
        refuse(
            f"at most {MAX_CLASSES:,} classes in {where}",
            f"{len(names):,} different values",
            "name the folder or column that holds the class",
        )
    alike = {unicodedata.normalize("NFC", name).casefold() for name in names}
    if len(names) < 2 or len(alike) < len(names):
        refuse(
            f"two classes or more in {where}, whose names differ in more than case",
            ", ".join(shown(name) for name in sorted(names)[:10]) or "none",
            "rename or merge them",
        )
    return tuple(sorted(names, key=_rank))


def _none_wanted(names: Collection[str], wanted: tuple[str, ...], where: str) -> None:
    refuse(
        f"classes named {', '.join(wanted[:10])} in {where}, as data.classes says",
        ", ".join(shown(name) for name in sorted(names)[:10]),
        "correct data.classes, or leave it empty",
    )


def _rank(name: str) -> tuple[float, str]:
    """Whole numbers by their value, before all others."""
    whole = name.removeprefix("-")
    is_number = whole.isascii() and whole.isdecimal() and len(whole) < 16
    return (float(name), "") if is_number else (float("inf"), name)
