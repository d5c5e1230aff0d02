"""The chain of a workspace at the addresses of its own services."""

from collections.abc import Callable

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.flush import FlushReport
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.session import enqueue as enqueue
from edgeline.anchoring.session import flush_workspace
from edgeline.anchoring.session import open_outbox as open_outbox
from edgeline.anchoring.session import position as position
from edgeline.auditing import chain_session
from edgeline.auditing.chain_session import ChainSession
from edgeline.stack import services
from edgeline.stack.environment import ADDRESSES, set_by_user
from edgeline.workspace import LOCAL, Workspace


def open_session(workspace: Workspace, name: str) -> ChainSession:
    """The contract and all that is at hand of what it holds, to be asked."""
    return chain_session.open_session(workspace, name, _local_url(workspace, name))


def flush(
    workspace: Workspace, name: str, waiting: Outbox, say: Callable[[str], object]
) -> tuple[AnchorContract, FlushReport]:
    """Send everything that waits; see `edgeline.anchoring.session`."""
    local_url = _local_url(workspace, name)
    may_deploy = not set_by_user(ADDRESSES["ganache"])
    return flush_workspace(workspace, name, waiting, local_url, say, may_deploy=may_deploy)


def _local_url(workspace: Workspace, name: str) -> str:
    """Where the node of the project's own chain answers; empty for any other chain, whose file says where."""
    return services.address("ganache", workspace.root) if name == LOCAL else ""
