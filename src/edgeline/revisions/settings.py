"""The settings of the data, where the stages read them: data/NAME/settings.yaml."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeline.errors import EdgelineError
from edgeline.files import write_atomically
from edgeline.recipe.data import Data, settings_text
from edgeline.sources.fetch import with_digest
from edgeline.workspace import Workspace


def write_settings(root: Path, name: str, text: bytes) -> None:
    """Put settings where the stages read them; a killed process leaves no partial file among the data."""
    folder = Workspace(root).data(name)
    write_atomically(folder / "settings.yaml", text, beside=folder)


@contextmanager
def use_settings(root: Path, name: str, settings: Data) -> Iterator[Data]:
    """Write the settings of the data and give them; on an error, restore the previous ones."""
    path = Workspace(root).data(name) / "settings.yaml"
    written = with_digest(settings, root)
    before = path.read_bytes() if path.is_file() else b""
    write_settings(root, name, settings_text(written).encode())
    try:
        yield written
    except EdgelineError:
        if before:
            write_settings(root, name, before)
        raise
