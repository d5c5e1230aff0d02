"""What waits for a chain is sent to it, as the steps that anchor do it."""

from prefect import get_run_logger

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.flush import FlushReport
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.session import flush_workspace
from edgeline.recipe.anchor import Anchor
from edgeline.stack import services
from tasks.run import Run


def send(run: Run, settings: Anchor, outbox: Outbox) -> tuple[AnchorContract, FlushReport]:
    """Send all that waits; gives the contract as it is afterwards.

    Raises:
        EnvironmentUnfit: the chain is away or does not let us; everything still waits.
    """
    return flush_workspace(
        run.workspace,
        settings.chain,
        outbox,
        services.chain_url(settings.chain, run.root),
        get_run_logger().warning,
        may_deploy=services.may_deploy(),
    )
