"""The transactions of one flush, from the outbox to a block: sent, looked after, closed or freed.

Only what the chain shows moves an entry: an answer to a sending is no more than a hint. Fifty go in one exchange: one
by one, as web3 sends them, a queue takes five times as long (docs/benchmarks.md).
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.events import Event
from edgeline.anchoring.interface import moment
from edgeline.anchoring.keys import Signer
from edgeline.anchoring.node import Question, Refused, batches
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.outbox_entry import OutboxEntry
from edgeline.anchoring.sending import (
    POLL_S,
    SLOWEST_POLL_S,
    Fees,
    fees,
    require_funds,
    sign,
    transaction_hash,
)
from edgeline.provenance.record import Record
from edgeline.provenance.statement import kind_name

BATCH = 50
"""Transactions in one exchange: few enough that a slow node answers in time."""

STRANDED_S = 1.0
"""Without news, before the node is asked whether it means to execute what it holds."""


class Late(Exception):
    """A block was waited for in vain."""


class Submitter:
    """What one flush has in the air. Whoever makes one holds the locks of outbox and signer."""

    def __init__(
        self, outbox: Outbox, contract: AnchorContract, signer: Signer, wait_s: float
    ) -> None:
        self.outbox, self.contract, self.signer = outbox, contract, signer
        self.node, self.wait_s = contract.node, wait_s
        self.sent = self.already = 0
        self.stuck: set[str] = set()
        """Keys that failed in this flush; what needs them is not tried."""
        self.nudged: set[str] = set()
        self.allowed = False

    def resume(self) -> None:
        """Looks up what was in the air when the last flush ended; gives the node again what it lost."""
        left = self._contiguous(self._look(self.outbox.entries("sent")))
        # The first alone: if the node refuses it, those after it would only pile up.
        for batch in (left[:1], *batches(left[1:], BATCH)):
            if batch:
                self._submit(batch, fees(self.node))
                self._wait({entry.key for entry in batch})

    def send(self, entries: Sequence[OutboxEntry]) -> None:
        """Sends these entries, in this order, and waits until each of them is somewhere."""
        ready = []
        for entry in self._absent(entries):
            if self.stuck.isdisjoint(entry.parents):
                ready.append(entry)
            else:
                self.stuck.add(entry.key)
        if not ready:
            return
        if not self.allowed:
            # Once a flush: what changes meanwhile, the contract refuses.
            self.contract.require_anchorer(self.signer.address)
            self.allowed = True
        offer = fees(self.node)
        ready = self._affordable(ready, offer)
        nonce = self.node.num_sent(self.signer.address, "pending")
        self._submit([replace(one, nonce=nonce + n) for n, one in enumerate(ready)], offer)
        self._wait({entry.key for entry in ready})

    def retry(self, entry: OutboxEntry) -> None:
        """Sends an entry that was refused before, if the contract would accept it now."""
        if not self._absent([entry]):
            return
        if reason := self._refusal(entry):
            self._save([entry.freed(reason)])
        else:
            self.send([entry])

    def _look(self, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """Closes and frees what can be; gives those that may still get into a block."""
        # Asked first: a number that is used by now stands in a block that the rest will show.
        used = self.node.num_sent(self.signer.address, "latest")
        left = []
        for entry in self._absent(entries):
            if entry.sender == self.signer.address and (entry.nonce or 0) >= used:
                left.append(entry)
            else:
                self._save([entry.freed(self._failure(entry))])
        return left

    def _absent(self, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """Closes the entries that are on the chain, by whatever transaction; gives the others."""
        keys = [entry.key for entry in entries]
        known = zip(keys, self.contract.records(keys), strict=True)
        records = {key: record for key, record in known if record}
        places = self.contract.locate([(key, record.block) for key, record in records.items()])
        settled = [
            self._settled(entry, records[entry.key], places.get(entry.key))
            for entry in entries
            if entry.key in records
        ]
        self._save(settled)
        return [entry for entry in entries if entry.key not in records]

    def _settled(self, entry: OutboxEntry, record: Record, place: Event[Any] | None) -> OutboxEntry:
        """What became of an entry whose key is on the chain; one that is something else there has a reason."""
        what = kind_name(record.kind)
        if record.kind == entry.kind:
            subject = getattr(place.body, "subject", None) if place else entry.subject
            if subject == entry.subject:
                ours = entry.state == "sent" and record.anchorer == entry.sender
                self.sent, self.already = self.sent + ours, self.already + (not ours)
                return replace(
                    entry,
                    state="mined",
                    reason="",
                    transaction=place.transaction if place else None,
                    block=place.block if place else None,
                    block_hash=place.block_hash if place else None,
                )
            what = f"{what} about {subject}"
        by = f"by {record.anchorer} at {moment(record.time)}"
        return entry.freed(f"already anchored, {by}, as something else: {what}")

    def _failure(self, entry: OutboxEntry) -> str:
        """Why its transaction wrote nothing, asked again, as a call; empty if it is in no block."""
        if not entry.transaction or self.node.mined([entry.transaction]) == [None]:
            return ""
        return self._refusal(entry) or f"transaction {entry.transaction} failed: out of gas?"

    def _refusal(self, entry: OutboxEntry) -> str | None:
        call = self.contract.call(entry.function, *entry.arguments)
        return self.contract.refusal(self.signer.address, call)

    def _save(self, entries: Sequence[OutboxEntry]) -> None:
        self.outbox.save(entries)
        self.stuck.update(entry.key for entry in entries if entry.reason)

    def _contiguous(self, entries: Iterable[OutboxEntry]) -> list[OutboxEntry]:
        """In the order of their numbers up to a gap, that no transaction of ours would ever fill; frees the others."""
        expected, kept = self.node.num_sent(self.signer.address, "pending"), []
        for entry in sorted(entries, key=lambda entry: entry.nonce or 0):
            if (nonce := entry.nonce or 0) > expected:
                self._save([entry.freed()])
            else:
                kept.append(entry)
                expected = max(expected, nonce + 1)
        return kept

    def _affordable(self, entries: list[OutboxEntry], offer: Fees) -> list[OutboxEntry]:
        """As many of them as the account can pay for, or EnvironmentUnfit."""
        chain_id = self.contract.deployment.chain_id
        costs = list(accumulate(entry.gas_limit * offer.price for entry in entries))
        held = require_funds(self.node, self.signer.address, chain_id, costs[0])
        return [entry for entry, cost in zip(entries, costs, strict=True) if cost <= held]

    def _signed(self, entry: OutboxEntry, offer: Fees) -> tuple[OutboxEntry, Question]:
        """With its transaction, and how the node is given it: the same once more, unless its fee is too low by now."""
        if entry.raw and (entry.price or 0) >= offer.base:
            return entry, ("eth_sendRawTransaction", ("0x" + entry.raw.hex(),))
        call = self.contract.call(entry.function, *entry.arguments)
        chain_id, nonce = self.contract.deployment.chain_id, entry.nonce or 0
        raw, name, question = sign(self.signer, chain_id, call, nonce, entry.gas_limit, offer)
        sent = replace(entry, state="sent", reason="", sender=self.signer.address)
        return replace(sent, price=offer.price, raw=raw, transaction=name), question

    def _submit(self, entries: Sequence[OutboxEntry], offer: Fees) -> None:
        """Gives the node what has a number."""
        signed = [self._signed(entry, offer) for entry in entries]
        entries = [entry for entry, _ in signed]
        self.outbox.save(entries)
        answers = self.node.batch([question for _, question in signed])
        answered = list(zip(entries, answers, strict=True))
        self.outbox.save(
            replace(entry, transaction=self.node.read(transaction_hash, answer, "a hash"))
            for entry, answer in answered
            if entry.raw is None and not isinstance(answer, Refused)
        )
        refused = {entry.key: answer for entry, answer in answered if isinstance(answer, Refused)}
        if refused:
            self._handle_refusals(refused, {entry.key for entry in entries})

    def _handle_refusals(self, refused: Mapping[str, Refused], keys: set[str]) -> None:
        """What the node did not take, and does not have all the same, is freed; so is what would wait for it."""
        left = self._look(self._in_flight(keys))
        lost = [entry for entry in left if entry.key in refused and not self._is_pooled(entry)]
        everything = len(lost) == len(keys)
        for entry in lost:
            # Of several, none is to blame for a node that takes nothing.
            blamed = not everything or len(keys) == 1
            self._save([entry.freed(refused[entry.key].found if blamed else "")])
        self._contiguous(entry for entry in left if entry not in lost)
        if everything:
            raise refused[lost[0].key]

    def _is_pooled(self, entry: OutboxEntry) -> bool:
        name = entry.transaction
        return bool(name and self.node.ask("eth_getTransactionByHash", name))

    def _in_flight(self, keys: set[str]) -> list[OutboxEntry]:
        return [entry for entry in self.outbox.entries("sent") if entry.key in keys]

    def _wait(self, keys: set[str]) -> None:
        """Until all of these are closed or freed, or no news came for too long."""
        began, pause, before = time.monotonic(), POLL_S, len(keys)
        while left := self._look(self._in_flight(keys)):
            if len(left) < before:
                began, pause, before = time.monotonic(), POLL_S, len(left)
            elif time.monotonic() - began > self.wait_s:
                raise Late
            elif time.monotonic() - began > STRANDED_S:
                self._nudge(left)
            time.sleep(pause)
            pause = min(1.5 * pause, SLOWEST_POLL_S)

    def _nudge(self, entries: Sequence[OutboxEntry]) -> None:
        """Replaces a transaction that the node holds and does not count among those to be executed.

        Anvil 1.7.1 strands what overtakes its predecessor on the way in, and all that follows it.
        """
        first = min(entries, key=lambda entry: entry.nonce or 0)
        waiting = self.node.num_sent(self.signer.address, "pending")
        if first.key in self.nudged or waiting > (first.nonce or 0):
            return
        self.nudged.add(first.key)
        offer = fees(self.node)
        if self._is_pooled(first):
            first, offer = replace(first, raw=None), offer.above(first.price or 0)
        self._submit([first], offer)
