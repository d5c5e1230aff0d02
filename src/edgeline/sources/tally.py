"""Counts of what was looked at: by class, by set, and what is against most of the others."""

from collections import Counter
from collections.abc import Sequence


def count_classes(names: Sequence[str], labels: list[int]) -> dict[str, int]:
    counts = Counter(labels)
    return {name: counts[label] for label, name in enumerate(names)}


def count_sets(splits: Counter[str]) -> dict[str, int]:
    """None where the files are not sorted into sets."""
    return {} if splits[""] else dict(splits)


def most_frequent(reasons: list[str]) -> str:
    return Counter(reasons).most_common(1)[0][0] if reasons else ""
