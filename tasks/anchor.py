"""The lineage and the artifact written into the contract, once; and everything recomputed and asked back."""

from dataclasses import dataclass
from pathlib import Path

from edgeline.anchoring.registry import Registry, connect, deploy
from edgeline.anchoring.verdict import line_of, verify_folder
from edgeline.artifact import open_artifact
from edgeline.manifest import Ancestor
from edgeline.receipt import (
    RECEIPT_NAME,
    Statement,
    read_deployment,
    write_deployment,
    write_receipt,
)
from edgeline.stack import services
from edgeline.workspace import Workspace
from tasks.product import Product
from tasks.run import Run
from tasks.step import step

KINDS = {
    "data": "data",
    "pretrained": "pretrained",
    "finetune": "tuned",
    "shrink": "small",
    "round": "round",
}
"""What the chain calls the product of a step."""


@dataclass(frozen=True)
class Anchored:
    """Where the artifact stands on the chain."""

    transaction: str
    block: int
    contract: str
    anchorer: str
    already: bool
    """Whether an earlier run had anchored the very same."""
    statements: int
    """Anchored by now, the artifact's own included."""
    new: int
    """Statements that the chain did not know."""

    @property
    def figure(self) -> str:
        return f"{f'{self.new} statements' if self.new else 'already anchored'}, block {self.block}"


@dataclass(frozen=True)
class Verified:
    files: int
    """Files hashed again."""
    block: int

    @property
    def figure(self) -> str:
        return f"{self.files} files as sealed, block {self.block} as anchored"


def stated(*products: Product, after: tuple[Ancestor, ...] = ()) -> tuple[Ancestor, ...]:
    """What is said of products on the chain: what they are and what they were made from, each once.

    `after` is what was said before; tuning that gained nothing gives back the pretrained digest, said already.
    """
    said = {ancestor.digest: ancestor for ancestor in after}
    for product in products:
        said.setdefault(
            product.digest, Ancestor(product.digest, KINDS[product.step], product.parents)
        )
    return tuple(said.values())


def lineage_of(product: Product, said: tuple[Ancestor, ...]) -> tuple[Ancestor, ...]:
    """Of all that was said, what a product came from, itself included; parents stay before their children."""
    wanted = {product.digest}
    for ancestor in reversed(said):
        if ancestor.digest in wanted:
            wanted.update(ancestor.parents)
    return tuple(ancestor for ancestor in said if ancestor.digest in wanted)


def contract(workspace: Workspace) -> Registry:
    """The contract of this workspace, deployed if nobody has yet."""
    url = services.address("ganache", workspace.root)
    if not workspace.deployment.is_file():
        write_deployment(deploy(url, workspace.contract), workspace.deployment)
    return connect(url, read_deployment(workspace.deployment))


@step("anchor", reuse=False)
def anchor(run: Run, artifact: Product, beside: tuple[Ancestor, ...]) -> tuple[Path, Anchored]:
    """Anchor every ancestor, parents first, then the artifact, and put the receipt beside its manifest.

    `beside` are statements about what was made on the way and not kept, such as rounds after the best.
    """
    *ancestors, itself = line_of(open_artifact(artifact.path))
    known = {ancestor.digest for ancestor in ancestors}
    others = [
        Statement(one.digest, one.kind, one.parents) for one in beside if one.digest not in known
    ]
    entries = contract(run.workspace).anchor_line([*ancestors, *others, itself])
    receipt, already = entries[-1]
    write_receipt(receipt, artifact.path)
    return artifact.path / RECEIPT_NAME, Anchored(
        transaction=receipt.transaction,
        block=receipt.block,
        contract=receipt.deployment.contract,
        anchorer=receipt.anchorer,
        already=already,
        statements=len(entries),
        new=sum(not known for _, known in entries),
    )


@step("verify", reuse=False)
def verify(run: Run, artifact: Product) -> tuple[Path, Verified]:
    """Do what any stranger can do: hash every file again, and ask the chain."""
    verdict = verify_folder(artifact.path, lambda: contract(run.workspace))
    return artifact.path, Verified(len(verdict.artifact.manifest.files), verdict.receipt.block)
