"""The settings of the data, where the stages read them: data/NAME/settings.yaml, and the list of these names.

DVC cannot look which folders there are: `foreach` takes a list, which dvc.yaml reads from data/recipes.yaml.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from edgeline.errors import EdgelineError
from edgeline.files import acquire_lock, write_atomically
from edgeline.recipe.data import Data, settings_text
from edgeline.sources.fetch import with_digest
from edgeline.workspace import Workspace

SETTINGS = "settings.yaml"
LIST = "recipes.yaml"
HEADING = "# Every folder here that has a settings.yaml, for dvc.yaml. A run writes it: change nothing here.\n"
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
PATIENCE_S = 60
"""How long to wait for another process that writes the list, which takes milliseconds."""


def write_settings(root: Path, name: str, text: bytes) -> None:
    """Put settings where the stages read them; a killed process leaves no partial file among the data."""
    folder = Workspace(root).data(name)
    write_atomically(folder / SETTINGS, text, beside=folder)
    write_list(root)


def write_list(root: Path) -> None:
    """Bring the list up to date with the folders: what was lost or left behind comes right with the next run."""
    path = root / "data" / LIST
    lock = Workspace(root).lock_file("DVC-recipes")
    with acquire_lock(lock, "the list of recipes to be free", patience_s=PATIENCE_S):
        # looked at under the lock: whoever writes last has seen what all others wrote
        found = (each.parent.name for each in (root / "data").glob(f"*/{SETTINGS}"))
        names = sorted(name for name in found if NAME.fullmatch(name))
        text = HEADING + yaml.safe_dump({"recipes": names})
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_atomically(path, text)


@contextmanager
def use_settings(root: Path, name: str, settings: Data) -> Iterator[Data]:
    """Write the settings of the data and give them; on an error, restore the previous ones, or none."""
    path = Workspace(root).data(name) / SETTINGS
    written = with_digest(settings, root)
    before = path.read_bytes() if path.is_file() else b""
    write_settings(root, name, settings_text(written).encode())
    try:
        yield written
    except EdgelineError:
        if before:
            write_settings(root, name, before)
        else:
            # else plain DVC would try these data, too, and fail
            path.unlink(missing_ok=True)
            write_list(root)
        raise
