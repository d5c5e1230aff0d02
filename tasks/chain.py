"""The chain of a workspace at the addresses of its own services."""

from collections.abc import Callable

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.deployment import known_chain
from edgeline.anchoring.flush import FlushReport
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.session import enqueue as enqueue
from edgeline.anchoring.session import flush_workspace, open_chain
from edgeline.anchoring.session import open_outbox as open_outbox
from edgeline.anchoring.session import position as position
from edgeline.auditing.chain_session import Live
from edgeline.stack import services
from edgeline.stack.environment import ADDRESSES, set_by_user
from edgeline.workspace import Workspace


def live(workspace: Workspace, name: str) -> Live:
    """The contract and all that is known here of what it holds, to be asked."""
    first = known_chain(workspace, name).block
    contract = open_chain(workspace, name, services.address("ganache", workspace.root))
    return Live(contract, workspace.anchoring(name), first_block=first)


def flush(
    workspace: Workspace, name: str, waiting: Outbox, say: Callable[[str], object]
) -> tuple[AnchorContract, FlushReport]:
    """Send everything that waits; see `edgeline.anchoring.session`."""
    local_url = services.address("ganache", workspace.root)
    may_deploy = not set_by_user(ADDRESSES["ganache"])
    return flush_workspace(workspace, name, waiting, local_url, say, may_deploy=may_deploy)
