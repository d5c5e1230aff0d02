"""The identity of everything that a run's answer follows from."""

from collections.abc import Iterable

from edgeline.code import find_sources
from edgeline.digest import digest_of, folder_digests, sha256_file
from edgeline.workspace import Workspace, lock_digest


def fingerprint(workspace: Workspace, recipe: str, settings: str, files: Iterable[str] = ()) -> str:
    """Identity of everything a run's answer follows from: code, settings, data and locked versions.

    `files` are the digests of the user's own files that the settings name.
    """
    data = workspace.data(recipe)
    sources = find_sources(workspace.root)
    return digest_of(
        {
            "code": {name: sha256_file(path) for name, path in sources.items()},
            "contract": sha256_file(workspace.contract),
            "settings": settings,
            "data": dict(folder_digests(data, cached=True)) if data.is_dir() else {},
            "files": list(files),
            "lock": lock_digest(workspace.root),
        }
    )
