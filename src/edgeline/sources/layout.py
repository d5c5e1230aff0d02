"""What the folders of files say: set, class and group, in this order or with the sets below the classes."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from edgeline.datasets.raw import SET_NAMES
from edgeline.recipe.data import Data
from edgeline.sources.intake import FileEntry, printable, refuse

BY_FOLDER = "folder"
SHOWN = 10
# What people add to the name of a set: test_set, train-images, Training Data.
FILLERS = (
    "",
    "data",
    "dataset",
    "files",
    "images",
    "photos",
    "pictures",
    "samples",
    "set",
    "split",
)

Folders: TypeAlias = list[str]
"""The names of the folders of one file, outermost first."""


class LabelledFile(NamedTuple):
    """A file, with the set, class and group that its folders name."""

    file: FileEntry
    split: str = ""
    class_name: str = ""
    """Empty where the file is in no folder of a class."""
    group: str = ""


def label_files(
    files: Sequence[FileEntry], where: str, suffixes: tuple[str, ...], settings: Data
) -> list[LabelledFile]:
    """Set, class and group of files, from their folders; files outside of folders are passed over.

    A folder around all others, as archives often have one, does not count. Of the files outside
    those with one of the suffixes are kept, in no class.

    Raises:
        RecipeError: there are no folders, or it is not clear which of them are sets.
    """
    folders = [unicodedata.normalize("NFC", file.path).split("/")[:-1] for file in files]
    outer = _count_around(folders)
    inside = [above[outer:] for above in folders]
    below = _group_by_top(inside)
    around = _find_sets(below, where, settings)
    sets_below = not around and _are_sets_below(below)
    labelled = []
    for file, above in zip(files, inside, strict=True):
        split = ""
        if around and above:
            split, above = find_set(above[0]), above[1 + around[above[0]] :]
        elif sets_below and above:
            split, above = find_set(above[1]), [above[0], *above[2:]]
        if above:
            labelled.append(LabelledFile(file, split, printable(above[0]), "/".join(above[1:])))
        elif file.path.lower().endswith(suffixes):
            labelled.append(LabelledFile(file))
    return labelled


def find_set(name: str) -> str:
    """The set, train, validation or test, that a folder's name stands for; empty for another name."""
    words = [word.removesuffix("set") for word in re.split(r"[\W\d_]+", name.lower())]
    meant = [word for word in words if word not in FILLERS]
    return SET_NAMES.get(meant[0], "") if len(meant) == 1 else ""


def group_of(one: LabelledFile, settings: Data) -> str:
    """The folder below that of the class, where `data.group` is `folder`."""
    if not settings.group:
        return ""
    if settings.group != BY_FOLDER or not one.group:
        refuse(
            "data.group empty, or `folder` with a folder for each group below those of the classes",
            f"data.group {settings.group!r} and {one.file.id}",
            "leave data.group empty, or sort the files into folders of groups",
        )
    return printable(one.group)


def _count_around(folders: Sequence[Folders]) -> int:
    """How many folders, one in another, hold all others; the innermost of single ones is a class."""
    depth = 0
    while True:
        here = {above[depth] for above in folders if len(above) > depth}
        if len(here) != 1 or all(len(above) <= depth + 1 for above in folders):
            return depth
        depth += 1


def _count_inside(folders: Sequence[Folders]) -> int:
    """How many folders around all others in a set are no class by their names, such as train or images."""
    depth = _count_around(folders)
    names = max(folders, key=len)[:depth]
    return depth if all(find_set(name) or name.lower() in FILLERS for name in names) else 0


def _group_by_top(folders: Sequence[Folders]) -> dict[str, list[Folders]]:
    """For each folder at the top, the folders below it of each of its files."""
    below: dict[str, list[Folders]] = {}
    for above in folders:
        if above:
            below.setdefault(above[0], []).append(above[1:])
    return below


def _find_sets(below: dict[str, list[Folders]], where: str, settings: Data) -> dict[str, int]:
    """The folders at the top that are sets, with the number of folders around the classes in each.

    There are none where those at the top are the classes.
    """
    sets = {top: find_set(top) for top in below if find_set(top)}
    is_named = any(printable(top) in settings.classes for top in below)
    if not below or (not is_named and _are_unclear(below, sets)):
        refuse(
            f"a folder for each class in {where}, or folders train, validation and test above them",
            _list(below) or "no folder",
            "sort the files into folders, or name those of the classes in data.classes",
        )
    if is_named or len(sets) < len(below):
        if not is_named and settings.group != BY_FOLDER and not _are_sets_below(below):
            _refuse_alike(below, where)
        return {}
    # Of archives that were unpacked into a folder of their own name each, the inner one does not count.
    around = {top: _count_inside(folders) for top, folders in below.items()}
    if not min(around.values()):
        around = dict.fromkeys(below, 0)
    _check_classes(below, around, where, settings)
    return around


def _are_unclear(below: dict[str, list[Folders]], sets: dict[str, str]) -> bool:
    """Whether some folders are sets and others not, or none is to be learned from."""
    if len(sets) == len(below):
        return "train" not in sets.values()
    # A folder of that name with files in it, beside others, holds pictures of trains.
    return "train" in sets.values() and (
        len(sets) > 1 or any(map(any, (below[top] for top in sets)))
    )


def _check_classes(
    below: dict[str, list[Folders]], around: dict[str, int], where: str, settings: Data
) -> None:
    """Refuse sets below sets: what lies in all of them may have any name, what does not may be a set."""
    names: list[set[str]] = [
        {above[around[top]] for above in folders if len(above) > around[top]}
        for top, folders in below.items()
    ]
    uneven = names[0].union(*names) - names[0].intersection(*names)
    unclear = [name for name in uneven if find_set(name)]
    if unclear and not any(printable(name) in settings.classes for name in unclear):
        refuse(
            f"folders of classes below the sets in {where}",
            f"{_list(unclear)} below {_list(below)}",
            "move the folders of the classes directly below train, validation and test",
        )


def _are_sets_below(below: dict[str, list[Folders]]) -> bool:
    """Whether everything lies in sets below the classes, train among them."""
    sets = {find_set(above[0]) if above else "" for folders in below.values() for above in folders}
    return "train" in sets and "" not in sets


def _refuse_alike(below: dict[str, list[Folders]], where: str) -> None:
    """Refuse folders that hold the same folders: they may be sets of other names, or classes."""
    inner = {}
    for top, folders in below.items():
        depth = _count_around(folders)
        inner[top] = {above[depth] for above in folders if len(above) > depth}
    for names in inner.values():
        alike = [top for top, others in inner.items() if len(others) > 1 and others <= names]
        if len(alike) > 1:
            refuse(
                f"sets named train, validation and test in {where}, or folders of classes alone",
                f"the same folders ({_list(set.union(*(inner[top] for top in alike)))}) in {_list(alike)}",
                "rename these to train, validation and test if they are sets; if they are classes, name "
                "them in data.classes, or set data.group to folder where those in them are groups",
            )


def _list(names: Iterable[str]) -> str:
    return ", ".join(printable(name) for name in sorted(names)[:SHOWN])
