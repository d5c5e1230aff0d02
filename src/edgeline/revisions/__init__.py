"""The only DVC code: it checks the data against dvc.lock, brings them up to date, and keeps their revisions.

`check` comes first and repairs nothing: it reports data that differ from their record, before a
stage could run again and remove the evidence. `ensure` makes data that are missing, or stale because
settings or code changed.

`ensure` adds every revision to the ledger and sends it to the remote, so that `restore` can bring it
back and `compare` can compare it with another.
"""

from edgeline.revisions.difference import Difference, compare
from edgeline.revisions.history import HistoryRow, previous_card, read_history
from edgeline.revisions.remote import TransferReport, pull, push
from edgeline.revisions.restore import RestoreReport, restore
from edgeline.revisions.settings import use_settings
from edgeline.revisions.stages import Revision, check, ensure

__all__ = [
    "Difference",
    "HistoryRow",
    "RestoreReport",
    "Revision",
    "TransferReport",
    "check",
    "compare",
    "ensure",
    "previous_card",
    "pull",
    "push",
    "read_history",
    "restore",
    "use_settings",
]
