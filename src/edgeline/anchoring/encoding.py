"""An entry of the outbox and the contract: what it may cost, and what speaks against it."""

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.interface import ROLES, moment, role_names
from edgeline.anchoring.outbox_entry import OutboxEntry
from edgeline.errors import EnvironmentUnfit
from edgeline.provenance.record import Record
from edgeline.provenance.statement import kind_name

# Limits, not prices: what is not used costs nothing. Measured: 51,000 for a statement or a tree and 5,200 for each
# parent; tests hold the limits against the chain.
BASE_GAS, PARENT_GAS = 100_000, 12_000


def gas_limit(entry: OutboxEntry) -> int:
    """The most gas that an entry can need."""
    return BASE_GAS + PARENT_GAS * len(entry.parents)


def conflict_message(record: Record, subject: str | None = None) -> str:
    """What is said of an entry whose key was anchored as something else, or about something else."""
    what = kind_name(record.kind)
    if subject is not None:
        what = f"{what} about {subject}"
    at = moment(record.time)
    return f"already anchored, by {record.anchorer} at {at}, as something else: {what}"


def require_anchorer(contract: AnchorContract, address: str) -> None:
    """Raises EnvironmentUnfit unless the account may anchor now."""
    key = contract.key(address)
    if not key.roles & ROLES["ANCHORER"]:
        raise EnvironmentUnfit(
            expected=f"account {address} with the role ANCHORER",
            found=role_names(key.roles),
            remedy="ask an administrator, `edgeline chain roles`: nothing is lost",
        )
    if key.compromised_since:
        raise EnvironmentUnfit(
            expected=f"account {address} with a sound key",
            found="one that was declared compromised",
            remedy="name another key source, and ask an administrator for its role: nothing is lost",
        )
