"""Where raw data come from: sets that ship, and the forms that the user's own files may have."""

import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from edgeline.datasets import card, raw
from edgeline.datasets.raw import RAW, Raw
from edgeline.digest import sha256_file
from edgeline.errors import RecipeError, Tampered
from edgeline.recipe.data import Data
from edgeline.sources import download, folders, intake, medmnist, series, tables, wheels
from edgeline.sources.intake import Progress, no_progress
from edgeline.workspace import Workspace

Loader: TypeAlias = Callable[[Path, Data, Path, Progress], Raw]


def fetch(
    folder: Path, settings: Data, *, root: Path | None = None, on_item: Progress = no_progress
) -> Raw:
    """The source's items, in `folder`/raw.npz as well; every file is checked before it is decoded.

    `root` is the project's folder, by default two above data/NAME. `on_item` is called with the
    number of items done and of all.

    Raises:
        RecipeError: no source has that name, or its files are of another form, too large or hostile.
        Tampered: the files have another digest than `settings.digest`.
        EnvironmentUnfit: a file has to be downloaded, and there is no network.
    """
    root = root or folder.parents[1]
    require_source(settings.source)
    card.withdraw(folder)
    if settings.source in SOURCES:
        _refuse_files(settings)
        items = SOURCES[settings.source]()
    else:
        items = _load_files(folder, settings, root, on_item)
    items = compose_groups(rename_classes(items, settings))
    raw.write(folder / RAW, items)
    return items


def require_source(name: str) -> None:
    """Raises RecipeError where there is no source or form called `name`."""
    if name not in SOURCES and name not in FORMS:
        raise RecipeError(
            expected=f"data.source among {', '.join([*SOURCES, *FORMS])}",
            found=repr(name),
            remedy="set data.source to one of them",
        )


def with_digest(settings: Data, root: Path) -> Data:
    """The settings with the digest of the files at `path`; unchanged where there is no path.

    Raises:
        RecipeError: there is no such file or folder.
    """
    if not settings.path:
        return settings
    return settings.model_copy(update={"digest": content_digest(settings, root)})


def content_digest(settings: Data, root: Path) -> str:
    """SHA-256 of the file at `settings.path`, or of the names and digests of all files in a folder.

    Raises:
        RecipeError: there is no such file or folder.
    """
    path = _locate(settings, root)
    return sha256_file(path) if path.is_file() else intake.folder_digest(path)


def rename_classes(items: Raw, settings: Data) -> Raw:
    """The items with the names that the settings give to the classes, where they give any."""
    if not settings.classes or settings.classes == items.classes:
        return items
    if len(settings.classes) < len(items.classes):
        raise RecipeError(
            expected=f"names for {len(items.classes)} classes in data.classes",
            found=f"{len(settings.classes)} names",
            remedy=f"name them in the order of {', '.join(items.classes[:10])}",
        )
    return replace(items, classes=settings.classes)


def compose_groups(items: Raw) -> Raw:
    """The items with names of groups in NFC: one patient's folders may come from a Mac and from elsewhere."""
    names = items.items.groups.tolist()
    composed = {name: unicodedata.normalize("NFC", name) for name in set(names)}
    if all(name == other for name, other in composed.items()):
        return items
    groups = raw.text_array([composed[name] for name in names])
    return replace(items, items=replace(items.items, groups=groups))


def _load_files(folder: Path, settings: Data, root: Path, on_item: Progress) -> Raw:
    """The items in the user's own files, or in a publisher's."""
    path = (
        _locate(settings, root)
        if settings.path
        else download.download_file(settings, root, on_item)
    )
    # A digest that a publisher states is that of the file at `url`, not of the user's own.
    recorded = settings.digest if settings.path and ":" not in settings.digest else ""
    if recorded and content_digest(settings, root) != recorded:
        raise Tampered(
            expected=f"files with the digest {recorded[:12]} at data.path",
            found="files that were changed, added, renamed or removed since",
            remedy="restore the files, or run the recipe again to use them as they are",
        )
    scratch = Workspace(root).unpacked(folder.name)
    try:
        return FORMS[settings.source](path, settings, scratch, on_item)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _locate(settings: Data, root: Path) -> Path:
    path = (root / settings.path).resolve()
    if not settings.path or not path.exists():
        raise RecipeError(
            expected=f"a file or folder with data of the form {settings.source!r}",
            found=f"nothing at {settings.path!r}" if settings.path else "neither path nor url",
            remedy="set data.path in the recipe, or with -p data.path=PATH",
        )
    return path


def _refuse_files(settings: Data) -> None:
    if settings.path or settings.url:
        raise RecipeError(
            expected=f"no data.path and no data.url, since {settings.source!r} is a set that ships",
            found=repr(settings.path or settings.url),
            remedy=f"remove it, or set data.source to the form of your files: {', '.join(FORMS)}",
        )


SOURCES: dict[str, Callable[[], Raw]] = {
    "digits": wheels.digits,
    "breast-cancer": wheels.breast_cancer,
    "voice": wheels.voice,
    "shuttle": wheels.shuttle,
}

FORMS: dict[str, Loader] = {
    "image-folder": folders.load,
    "medmnist": medmnist.load,
    "table": tables.load,
    "series": series.load,
}
