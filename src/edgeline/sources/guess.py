"""Which columns of a table hold classes, and persons, devices or recordings: by their names and values."""

import re
from collections import Counter
from collections.abc import Collection

from edgeline.sources.columns import Columns, is_numeric, plain
from edgeline.sources.intake import printable, refuse

LABELS = (
    *(
        "label",
        "labels",
        "class",
        "classes",
        "target",
        "y",
        "category",
        "species",
        "diagnosis",
        "outcome",
    ),
    *(
        "activity",
        "kind",
        "type",
        "state",
        "status",
        "result",
        "klasse",
        "zustand",
        "ziel",
        "art",
        "etikett",
    ),
)
"""The likeliest first."""
GROUPS = {
    *(
        "patient",
        "subject",
        "person",
        "user",
        "participant",
        "speaker",
        "device",
        "machine",
        "sensor",
        "unit",
    ),
    *(
        "recording",
        "session",
        "record",
        "site",
        "clinic",
        "animal",
        "proband",
        "gerät",
        "maschine",
        "aufnahme",
    ),
}
MAX_CLASSES = 50
"""Of a column that nobody named; more values are measurements or names."""
FEWEST_GROUPS = 8
"""With fewer, whole groups cannot be drawn for three sets in proportion."""
LARGEST_GROUP = 0.2
"""Share of the rows."""
SHOWN = 20


def guess_label(columns: Columns) -> str:
    """The column of the classes.

    Raises:
        RecipeError: none looks like one.
    """
    names = columns.table.column_names
    by_name = {name.strip().lower(): name for name in reversed(names)}
    for word in LABELS:
        if word in by_name and _is_label(columns, by_name[word]):
            return by_name[word]
    # else where tables have it by habit, and then words that repeat
    ends = [names[-1], names[0]] if len(names) > 1 else []
    words = [name for name in names if not is_numeric(plain(columns.table.column(name)).type)]
    texts = [name for name in words if _is_label(columns, name) and not _are_numbers(columns, name)]
    for name in [
        *(one for one in ends if _is_label(columns, one)),
        *(texts if len(texts) == 1 else ()),
    ]:
        return name
    return refuse(
        f"a column of classes in {columns.where}",
        f"columns {', '.join(map(printable, names[:SHOWN]))}, of which none looks like one",
        "name it with --label COLUMN",
    )


def guess_group(columns: Columns, exclude: Collection[str]) -> str:
    """A column that looks like persons, devices or recordings; empty where none does."""
    for name in columns.table.column_names:
        if name in exclude or not set(re.findall(r"[^\W\d_]+", name.lower())) & GROUPS:
            continue
        counts = Counter(_words(columns, name))
        if "" in counts or len(counts) < FEWEST_GROUPS:
            continue
        if 1.5 * len(counts) < len(columns.rows) and max(counts.values()) < LARGEST_GROUP * len(
            columns.rows
        ):
            return name
    return ""


def _is_label(columns: Columns, name: str) -> bool:
    """Whether few values are there again and again, and none has a fraction."""
    found = Counter(_words(columns, name))
    found.pop("", None)
    is_broken = any(re.fullmatch(r"-?\d*[.,]\d+", word) for word in found)
    return 2 <= len(found) <= MAX_CLASSES and 3 * len(found) <= len(columns.rows) and not is_broken


def _are_numbers(columns: Columns, name: str) -> bool:
    return all(re.fullmatch(r"-?\d+([.,]\d+)?|", word) for word in set(_words(columns, name)))


def _words(columns: Columns, name: str) -> list[str]:
    import pyarrow as pa

    kind = plain(columns.table.column(name)).type
    return columns.words(name) if pa.types.is_string(kind) or is_numeric(kind) else []
