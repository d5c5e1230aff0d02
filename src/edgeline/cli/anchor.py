"""`edgeline chain anchor`: things anchored by hand, each with a receipt beside it."""

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.history import history_of, reissue
from edgeline.anchoring.interface import SUSPECT
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.receipts import receipt_of
from edgeline.anchoring.session import open_chain, open_outbox
from edgeline.anchoring.subject import of_path
from edgeline.auditing.withdrawal import WITHDRAWN
from edgeline.cli.chain import flush_all
from edgeline.cli.console import answer, waiting_for
from edgeline.cli.options import AsJson, OnChain
from edgeline.datasets import card
from edgeline.errors import Revoked, ServiceUnavailable
from edgeline.provenance.receipt import Receipt, receipt_path, write_receipt
from edgeline.provenance.statement import Statement
from edgeline.stack import services
from edgeline.workspace import Workspace

REMEDIES = {
    "revoked": "`edgeline audit revoked` says by whom and why",
    "compromised": "`edgeline chain anchor --again` states an artifact anew",
}


def anchor(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Artifacts, data sets, other folders or files.", exists=True),
    ],
    chain: OnChain = "local",
    kind: Annotated[str, typer.Option(help="What a file or a plain folder is.")] = "data",
    tree: Annotated[
        bool,
        typer.Option("--tree", help="All of them by one transaction, each with its own proof."),
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="State a history anew that a compromised key, or a stranger, had anchored.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Anchor things by hand and write a receipt beside each: an artifact with its history, or any file."""
    workspace = Workspace.find()
    with open_outbox(workspace, chain) as waiting, waiting_for(f"anchoring on {chain}") as say:
        statements = {
            path: history_of(of_path(path.resolve(), card.check), kind, waiting) for path in paths
        }
        if again:
            contract = open_chain(workspace, chain, services.chain_url(chain, workspace.root))
            statements = {path: _anew(contract, waiting, line) for path, line in statements.items()}
        if tree:
            waiting.add_tree(_leaves(waiting, statements.values()))
        else:
            for history in statements.values():
                waiting.add(*history)
        contract = _sent(workspace, chain, waiting, say)
        for path, history in statements.items():
            _require_valid(contract, waiting, path, history)
        receipts = {
            path: receipt_of(waiting, contract, history[-1].digest)
            for path, history in statements.items()
        }
    for path, receipt in receipts.items():
        write_receipt(receipt, receipt_path(path))
    rows = [_row(path, receipt) for path, receipt in receipts.items()]
    lines = (f"{row['statement']}  block {row['block']}  {row['receipt']}" for row in rows)
    answer({"anchored": rows}, lines, as_json)


def _leaves(waiting: Outbox, histories: Iterable[tuple[Statement, ...]]) -> list[Statement]:
    """What goes into one tree: the things, and all that they came from that was never to be anchored before.

    Two copies of a file are one leaf.
    """
    lines = list(histories)
    things = {line[-1].digest for line in lines}
    every = {one.digest: one for line in lines for one in line}
    return [
        one
        for key, one in every.items()
        if key in things or not (waiting.entry(key) or waiting.tree_of(key))
    ]


def _sent(
    workspace: Workspace, chain: str, waiting: Outbox, say: Callable[[str], object]
) -> AnchorContract:
    """The contract, after everything that waits was sent to it."""
    try:
        return flush_all(workspace, chain, waiting, say)[0]
    except ServiceUnavailable as error:
        raise ServiceUnavailable(
            expected=error.expected,
            found=error.found,
            remedy="it waits in the outbox: the same command sends it later, `edgeline chain flush` too",
        ) from error


def _anew(
    contract: AnchorContract, waiting: Outbox, history: tuple[Statement, ...]
) -> tuple[Statement, ...]:
    """The same, stated anew as far as a compromised key had anchored it, or somebody else as something else."""
    statuses = contract.statuses([one.digest for one in history])
    unusable = set()
    for statement, status in zip(history, statuses, strict=True):
        entry = waiting.entry(statement.digest)
        if status == SUSPECT or (status and entry and entry.reason):
            unusable.add(statement.digest)
    return reissue(history, unusable, lambda: secrets.token_hex(16))


def _require_valid(
    contract: AnchorContract, waiting: Outbox, path: Path, history: tuple[Statement, ...]
) -> None:
    """Nothing of this was revoked or anchored with a compromised key; in a tree, it is the tree that counts."""
    keys = [waiting.tree_of(one.digest) or one.digest for one in history]
    for statement, status in zip(history, contract.statuses(keys), strict=True):
        if word := WITHDRAWN.get(status):
            raise Revoked(
                expected=f"a history of {path} that holds",
                found=f"{statement.kind} {statement.subject} {word}",
                remedy=REMEDIES[word],
            )


def _row(path: Path, receipt: Receipt) -> dict[str, Any]:
    return {
        "path": str(path),
        "subject": receipt.statement.subject,
        "statement": receipt.statement.digest,
        "block": receipt.record.block,
        "transaction": receipt.transaction,
        "receipt": str(receipt_path(path)),
    }
