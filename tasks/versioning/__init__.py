"""The only DVC code: are the data what dvc.lock says, are they up to date, and which were there before?

`check` comes first and repairs nothing: data that differ from their record are reported as tampered
with, before a stage could run again and cover the traces. Data that are missing, or stale because
settings or code changed, are `ensure`'s business.

Every revision that `ensure` ends with is entered in the ledger and sent to the remote, so that
`restore` can bring it back and `difference` can compare it with another.
"""

from tasks.versioning.difference import Difference, difference
from tasks.versioning.history import Line, history, previous
from tasks.versioning.ledger import Entry, entries, find
from tasks.versioning.lockfile import STAGES
from tasks.versioning.remote import Sent, pull, push
from tasks.versioning.restore import Restored, restore
from tasks.versioning.settings import settings_of, write_settings
from tasks.versioning.stages import Revision, check, ensure

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
