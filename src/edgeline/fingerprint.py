"""The identity of everything that a run's answer follows from."""

from collections.abc import Iterable

from edgeline.code.digest import code_digest
from edgeline.digest import digest_of, folder_digests, sha256_file
from edgeline.workspace import Workspace, lock_digest

RUN = ("flows.build",)
"""Modules that reach all the code that the answer of a run depends on."""


def fingerprint(workspace: Workspace, recipe: str, settings: str, files: Iterable[str] = ()) -> str:
    """Identity of everything a run's answer follows from: code, settings, data and locked versions.

    `files` are the digests of the user's own files that the settings name.
    """
    data = workspace.data(recipe)
    return digest_of(
        {
            "code": code_digest(workspace.root, RUN, workspace.outlines),
            "contract": sha256_file(workspace.contract),
            "settings": settings,
            "data": dict(folder_digests(data)) if data.is_dir() else {},
            "files": list(files),
            "lock": lock_digest(workspace.root),
        }
    )
