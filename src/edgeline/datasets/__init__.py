"""Labelled items on disk, from a source to the share of every device.

    sources.fetch        data/NAME/raw.npz                                 as the source has them
    prepare.prepare      data/NAME/prepared/{train,validation,test}.npz    checked and split into sets
    partition.partition  data/NAME/shares/, card.json                      assigned to devices

Each is a function of a folder and settings. `card.json` is written last and holds the SHA-256 of
every file. Images, series and tables take the same way: a set is one .npz file of `items.Items`.
"""

from pathlib import Path

from edgeline.datasets import items


def load_set(folder: Path, name: str) -> items.Items:
    """The set `train`, `validation` or `test` of the data in `folder`."""
    return items.read(folder / "prepared" / f"{name}.npz")


def load_central(folder: Path) -> items.Items:
    """What the central site owns of the data in `folder`."""
    return items.read(folder / "shares" / "central.npz")
