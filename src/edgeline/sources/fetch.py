"""Where raw data come from: sets that ship, and the forms that the user's own files may have."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from edgeline.datasets import card, raw
from edgeline.datasets.raw import RAW, Raw
from edgeline.digest import sha256_file
from edgeline.errors import RecipeError, Tampered
from edgeline.recipe.data import Data
from edgeline.sources import download, folders, intake, medmnist, series, tables, wheels
from edgeline.sources.intake import Progress, nothing
from edgeline.workspace import Workspace

Loader: TypeAlias = Callable[[Path, Data, Path, Progress], Raw]


@dataclass(frozen=True)
class Fetched:
    """What a source gave."""

    source: str
    examples: int
    shape: tuple[int, ...]
    """Of one item."""
    classes: tuple[str, ...]
    quarantined: int
    """Items that could not be decoded; `raw.npz` names them."""


def fetch(
    folder: Path, settings: Data, *, root: Path | None = None, on_item: Progress = nothing
) -> Fetched:
    """The source's items to `folder`/raw.npz, every file checked before it is decoded.

    `root` is the project's folder, two above data/NAME where it is not given. `on_item` is told
    how many items of how many are done.

    Raises:
        RecipeError: no source has that name, or it is of another form, too large or hostile.
        Tampered: what lies there is not what `settings.digest` names.
        EnvironmentUnfit: it has to be downloaded, and there is no network.
    """
    root = root or folder.parents[1]
    described(settings.source)
    card.withdraw(folder)
    if settings.source in SOURCES:
        _no_files_of_ones_own(settings)
        fetched = SOURCES[settings.source]()
    else:
        fetched = _own(folder, settings, root, on_item)
    fetched = named(fetched, settings)
    raw.write(folder / RAW, fetched)
    return Fetched(
        source=settings.source,
        examples=len(fetched.items),
        shape=fetched.items.values.shape[1:],
        classes=fetched.classes,
        quarantined=len(fetched.quarantine),
    )


def described(name: str) -> None:
    """Raises RecipeError where there is no source or form called `name`."""
    if name not in SOURCES and name not in FORMS:
        raise RecipeError(
            expected=f"data.source among {', '.join([*SOURCES, *FORMS])}",
            found=repr(name),
            remedy="choose one of them",
        )


def identified(settings: Data, root: Path) -> Data:
    """The settings with the digest of what lies at `path`; unchanged where none is given.

    Raises:
        RecipeError: nothing lies there.
    """
    if not settings.path:
        return settings
    return settings.model_copy(update={"digest": content(settings, root)})


def content(settings: Data, root: Path) -> str:
    """SHA-256 of the file at `settings.path`, or of the names and digests of all in a folder.

    Raises:
        RecipeError: nothing lies there.
    """
    path = _place(settings, root)
    return sha256_file(path) if path.is_file() else intake.folder_digest(path)


def named(fetched: Raw, settings: Data) -> Raw:
    """With the names that the settings give to the classes, where they give any."""
    if not settings.classes or settings.classes == fetched.classes:
        return fetched
    if len(settings.classes) < len(fetched.classes):
        raise RecipeError(
            expected=f"names for {len(fetched.classes)} classes in data.classes",
            found=f"{len(settings.classes)}",
            remedy=f"name them in the order of {', '.join(fetched.classes[:10])}",
        )
    return replace(fetched, classes=settings.classes)


def _own(folder: Path, settings: Data, root: Path, on_item: Progress) -> Raw:
    """From the user's own files, or those of a publisher."""
    path = _place(settings, root) if settings.path else download.file(settings, root, on_item)
    # What a publisher states of a file at `url` says nothing of the one that lies here.
    recorded = settings.digest if settings.path and ":" not in settings.digest else ""
    if recorded and content(settings, root) != recorded:
        raise Tampered(
            expected=f"at data.path what has the digest {recorded[:12]}",
            found="files that were changed, added, renamed or removed since",
            remedy="restore them, or run the recipe again to take them as they are",
        )
    scratch = Workspace(root).unpacked(folder.name)
    try:
        return FORMS[settings.source](path, settings, scratch, on_item)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _place(settings: Data, root: Path) -> Path:
    path = (root / settings.path).resolve()
    if not settings.path or not path.exists():
        raise RecipeError(
            expected=f"a file or folder with data of the form {settings.source!r}",
            found=f"nothing at {settings.path!r}" if settings.path else "neither path nor url",
            remedy="say where they lie: -p data.path=PATH",
        )
    return path


def _no_files_of_ones_own(settings: Data) -> None:
    if settings.path or settings.url:
        raise RecipeError(
            expected=f"no data.path and no data.url, since {settings.source!r} ships",
            found=repr(settings.path or settings.url),
            remedy=f"leave it empty, or give the form of your files: {', '.join(FORMS)}",
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
