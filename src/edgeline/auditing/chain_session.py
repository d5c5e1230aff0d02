"""A chain that can be asked now: its records, the statements at hand, and on demand its events."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edgeline.anchoring.outbox import Outbox
from edgeline.auditing.archive import Archive, Loose, Several
from edgeline.auditing.audit import Audit
from edgeline.auditing.index import Index, Progress
from edgeline.provenance.receipt import Receipt

if TYPE_CHECKING:
    from edgeline.anchoring.contract import AnchorContract

OUTBOX, INDEX = "outbox.db", "index.db"


@contextmanager
def archive_in(folder: Path) -> Iterator[Archive]:
    """The outbox of a project's chain; where there is none, none is made."""
    path = folder / OUTBOX
    if not path.is_file():
        yield Loose()
        return
    with Outbox(path) as outbox:
        yield outbox


class Live:
    """To be closed after use.

    `folder` holds the outbox and the index of a project's chain. Without one, or from a node that is not
    the project's own (`keep` false), the events are read anew, into memory. `trusted` are sentences: what
    has to be believed besides the node.
    """

    def __init__(
        self,
        registry: "AnchorContract",
        folder: Path | None,
        *,
        first_block: int = 0,
        keep: bool = True,
        progress: Progress | None = None,
        trusted: tuple[str, ...] = (),
    ) -> None:
        self.registry, self._folder, self._first_block = registry, folder, first_block
        self._keep = keep
        self.trusted = (f"the node at {registry.node.place}", *trusted)
        self._progress, self._open = progress, ExitStack()
        self._noted: tuple[Archive, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    def note(self, receipt: Receipt) -> None:
        """From here on, the statements in this receipt are at hand too."""
        self._noted = (Loose.from_receipt(receipt), *self._noted)

    @property
    def archive(self) -> Archive:
        """All statements at hand."""
        return Several((*self._noted, self._kept))

    @cached_property
    def _kept(self) -> Archive:
        return self._open.enter_context(archive_in(self._folder)) if self._folder else Loose()

    def audit(self) -> Audit:
        """The questions, after the newest events were read."""
        self._index.refresh(self._progress)
        return Audit(self._index, self.archive)

    @cached_property
    def _index(self) -> Index:
        path = self._folder / INDEX if self._folder and self._keep else None
        index = Index(path, self.registry.node, self.registry.deployment, self._first_block)
        return self._open.enter_context(index)
