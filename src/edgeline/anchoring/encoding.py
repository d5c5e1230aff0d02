"""A row of the outbox and the contract: whether it is there, what is said, what that may cost, and who may."""

from collections.abc import Sequence

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.interface import NOBODY, ROLES, moment, role_names
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.outbox_entry import OutboxEntry
from edgeline.errors import EnvironmentUnfit
from edgeline.provenance.receipt import Record
from edgeline.provenance.statement import kind_name

# Limits, not prices: what is not used costs nothing. Measured: 51,000 for a statement and 5,200 for each
# parent, twice that where the parents' keys have been handed on; tests hold the limits against the chain.
BASE_GAS = {"statement": 100_000, "tree": 100_000, "task": 140_000, "round": 200_000}
PARENT_GAS, SEAT_GAS = 12_000, 60_000
ROLE = {"statement": "ANCHORER", "tree": "ANCHORER", "task": "COORDINATOR", "round": "COORDINATOR"}


def call_data(registry: AnchorContract, row: OutboxEntry, sender: str) -> str:
    """The call, as a transaction carries it. A task without coordinators is its opener's alone."""
    if row.what != "task":
        return registry.encode(row.function, *row.arguments)
    task, base, coordinators, quorum = row.arguments
    return registry.encode(row.function, task, base, coordinators or [sender], quorum)


def gas_limit(row: OutboxEntry, num_seats: int) -> int:
    """The most gas that a row can need; `num_seats` is how many coordinators its task has."""
    return BASE_GAS[row.what] + PARENT_GAS * len(row.needs) + SEAT_GAS * num_seats


def seats(outbox: Outbox, registry: AnchorContract, row: OutboxEntry) -> int:
    """How many coordinators the row's task has; 0 where there is no task."""
    if row.what == "task":
        return len(row.arguments[2]) or 1
    if row.what != "round":
        return 0
    name = row.arguments[0][0]
    task = outbox.row(name)
    return seats(outbox, registry, task) if task else len(registry.coordinators(name))


def here(registry: AnchorContract, rows: Sequence[OutboxEntry]) -> dict[str, Record | None]:
    """The rows that are on the chain, by key, with their records; a task has none."""
    keys = [row.key for row in rows if row.what != "task"]
    records = dict(zip(keys, registry.records(keys), strict=True))
    found: dict[str, Record | None] = {key: one for key, one in records.items() if one}
    tasks = [row.key for row in rows if row.what == "task"]
    return found | {key: None for key in tasks if registry.task(key)}


def squatted(record: Record | None, subject: str | None = None) -> str:
    """What is said of a row whose key was anchored as something else, or about something else."""
    assert record is not None
    what, at = kind_name(record.kind), moment(record.time)
    if subject is not None:
        what = f"{what} about {subject}"
    return f"already anchored, by {record.anchorer} at {at}, as something else: {what}"


def require_rights(registry: AnchorContract, address: str, rows: list[OutboxEntry]) -> None:
    """Raises EnvironmentUnfit unless the account may make the calls of all these rows now."""
    successor = registry.retired()
    if successor is not None:
        raise EnvironmentUnfit(
            expected=f"contract {registry.deployment.contract} in use",
            found="a retired one" + ("" if successor == NOBODY else f"; {successor} goes on"),
            remedy="deploy a new contract, or name its successor: nothing is lost",
        )
    roles = registry.account(address).roles
    for role in sorted({ROLE[row.what] for row in rows}):
        if not roles & ROLES[role]:
            raise EnvironmentUnfit(
                expected=f"account {address} with the role {role}",
                found=role_names(roles),
                remedy="ask an administrator, `edgeline chain roles`: nothing is lost",
            )
    if registry.suspect_since(address):
        raise EnvironmentUnfit(
            expected=f"account {address} with a sound key",
            found="one that was declared compromised",
            remedy="name another key source, and ask an administrator for its role: nothing is lost",
        )
