"""Names of classes, and the label that each name has."""

import re
import unicodedata
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeline.sources.intake import printable, refuse

MAX_CLASSES = 1000

NUMBER = re.compile(r"0|[1-9]\d{0,15}")

NO_LABEL = "no label"
NO_CLASS = "label of no class"


def assign_labels(
    words: Sequence[str], names: tuple[str, ...], where: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The label of each word, -1 where it names no class, and the names of the classes.

    With `names` (in NFC) those are the classes, and words may also be their numbers, from 0. Without,
    every distinct word is a class, however its letters and their marks are stored. `where` is the file or
    folder that holds the words, for messages.

    Raises:
        RecipeError: too many, fewer than two, two that differ in case alone, no word that names a class, or
            numbers that do not begin with 0.
    """
    if not words:
        return np.zeros(0, np.int64), names
    composed = {word: unicodedata.normalize("NFC", word) for word in set(words) if word}
    distinct = set(composed.values())
    names = names or _sort_names(distinct, where)
    by_name = {name: label for label, name in enumerate(names)}
    if distinct and not by_name.keys() & distinct:
        require_numbers(distinct, names, where)
        by_name = {str(label): label for label in range(len(names))}
    labels = (by_name.get(composed.get(word, ""), -1) for word in words)
    return np.fromiter(labels, dtype=np.int64, count=len(words)), names


def require_numbers(words: Collection[str], names: tuple[str, ...], where: str) -> None:
    """Refuse numbers of N classes that do not run from 0 to N - 1, since each would name another class.

    What is no number, or below 0, is no class.

    Raises:
        RecipeError: 0 does not occur among the words, or N or more does.
    """
    numbers = [int(word) for word in words if NUMBER.fullmatch(word)]
    if 0 in numbers and max(numbers) < len(names):
        return
    known = f"{', '.join(names[:10])} in {where}, as data.classes says"
    refuse(
        f"classes named {known}, or numbered from 0 to {len(names) - 1}",
        ", ".join(printable(word) for word in sorted(words, key=_rank)[:10]),
        "correct data.classes or leave it empty, or number the classes from 0",
    )


def number_classes(count: int, where: str) -> tuple[str, ...]:
    """Names of classes that have only numbers.

    Raises:
        RecipeError: too many, or one alone.
    """
    if count > MAX_CLASSES:
        refuse(
            f"labels below {MAX_CLASSES:,} in {where}",
            f"a label {count - 1:,}",
            "number the classes from 0",
        )
    if count < 2:
        refuse(
            f"two classes or more in {where}", "one class", "give data with at least two classes"
        )
    return tuple(str(number) for number in range(count))


def label_problems(words: Sequence[str], labels: NDArray[np.int64]) -> NDArray[np.str_]:
    """Why an item has no label; an empty text where it has one."""
    is_empty = np.array([not word for word in words], dtype=bool)
    return np.where(is_empty, NO_LABEL, np.where(labels < 0, NO_CLASS, ""))


def _sort_names(names: Collection[str], where: str) -> tuple[str, ...]:
    if len(names) > MAX_CLASSES:
        refuse(
            f"at most {MAX_CLASSES:,} classes in {where}",
            f"{len(names):,} different values",
            "set data.label to the column, or data.path to the folder, that holds the class",
        )
    found = ", ".join(printable(name) for name in sorted(names)[:10]) or "none"
    if len(names) < 2:
        refuse(f"two classes or more in {where}", found, "give data with at least two classes")
    if len({name.casefold() for name in names}) < len(names):
        refuse(
            f"classes in {where} whose names differ in more than case",
            found,
            "rename or merge these classes",
        )
    return tuple(sorted(names, key=_rank))


def _rank(name: str) -> tuple[float, str]:
    """Whole numbers by their value, before all others."""
    whole = name.removeprefix("-")
    is_number = whole.isascii() and whole.isdecimal() and len(whole) < 16
    return (float(name), "") if is_number else (float("inf"), name)
