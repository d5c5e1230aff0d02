"""The only DVC code: are the data what dvc.lock says, are they up to date, and which were there before?

`check` comes first and repairs nothing: data that differ from their record are reported as tampered
with, before a stage could run again and cover the traces. Data that are missing, or stale because
settings or code changed, are `ensure`'s business.

Every revision that `ensure` ends with is entered in the ledger and sent to the remote, so that
`restore` can bring it back and `difference` can compare it with another.
"""

from edgeline.revisions.difference import Difference, difference
from edgeline.revisions.history import Line, history, previous
from edgeline.revisions.ledger import Entry, entries, find
from edgeline.revisions.lockfile import STAGES
from edgeline.revisions.remote import Sent, pull, push
from edgeline.revisions.restore import Restored, restore
from edgeline.revisions.settings import settings_of, write_settings
from edgeline.revisions.stages import Revision, check, ensure

__all__ = [
    "STAGES",
    "Difference",
    "Entry",
    "Line",
    "Restored",
    "Revision",
    "Sent",
    "check",
    "difference",
    "ensure",
    "entries",
    "find",
    "history",
    "previous",
    "pull",
    "push",
    "restore",
    "settings_of",
    "write_settings",
]
