"""The transactions of one flush, from the outbox to a block: sent, looked after, closed or freed.

Only what the chain shows moves an entry: an answer to a sending is no more than a hint. Fifty go in one exchange: one
by one, as web3 sends them, a queue takes five times as long (docs/benchmarks.md).
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.event_lookup import locate, written_keys
from edgeline.anchoring.interface import moment
from edgeline.anchoring.keys import Signer
from edgeline.anchoring.node import Mined
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.outbox_entry import Closed, OutboxEntry, Sent
from edgeline.anchoring.provider import Question, Refused, batches, hexadecimal
from edgeline.anchoring.sending import (
    POLL_S,
    SLOWEST_POLL_S,
    Fees,
    balance,
    fees,
    next_nonce,
    prepare,
    require_funds,
    sign,
    transaction_count,
)
from edgeline.provenance.record import Record
from edgeline.provenance.statement import kind_name

BATCH = 50
"""Transactions in one exchange: few enough that a slow node answers in time."""

STRANDED_S = 1.0
"""Without news, before the node is asked whether it means to execute what it holds."""

Submission = tuple[Sent, Question]
"""A transaction, and how the node is given it."""


class Submitter:
    """What one flush has in the air. Whoever makes one holds the locks of outbox and signer."""

    def __init__(
        self,
        outbox: Outbox,
        contract: AnchorContract,
        signer: Signer,
        wait_s: float,
        max_price: int,
    ) -> None:
        self.outbox, self.contract, self.signer = outbox, contract, signer
        self.node = contract.node
        self.wait_s, self.max_price = wait_s, max_price
        self.sent = self.already = 0
        self.stuck: set[str] = set()
        """Keys that failed in this flush; what needs them is not tried."""
        self.nudged: set[str] = set()
        self.allowed = False
        self.late = False
        """Whether a block was waited for in vain."""

    def resume(self) -> None:
        """Looks up what was in the air when the last flush ended; gives the node again what it lost."""
        left = self._contiguous(self._look(self.outbox.entries("sent")))
        # The first alone: if the node refuses it, those after it would only pile up.
        for batch in (left[:1], *batches(left[1:], BATCH)):
            if batch and not self.late:
                offer = fees(self.node, self.max_price)
                self._submit([self._again(entry, offer) for entry in batch])
                self._wait({entry.key for entry in batch})

    def send(self, entries: Sequence[OutboxEntry]) -> None:
        """Sends these entries, in this order, and waits until each of them is somewhere."""
        entries = [entry for entry in self._absent(entries) if self._hopeful(entry)]
        if not entries:
            return
        if not self.allowed:
            # Once a flush: what changes meanwhile, the contract refuses.
            self.contract.require_anchorer(self.signer.address)
            self.allowed = True
        offer = fees(self.node, self.max_price)
        entries = self._affordable(entries, offer)
        nonce = next_nonce(self.node, self.signer.address)
        self._submit([self._signed(entry, nonce + n, offer) for n, entry in enumerate(entries)])
        self._wait({entry.key for entry in entries})

    def retry(self, entry: OutboxEntry) -> None:
        """Sends an entry that was refused before, if the contract would accept it now."""
        if not self._absent([entry]):
            return
        reason = self._refusal(entry)
        if reason is None:
            self.send([entry])
        else:
            self._free([entry], reason)

    def _look(self, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """Closes and frees what can be; gives those that may still get into a block."""
        # Asked first: a number that is used by now stands in a block that the rest will show.
        used = transaction_count(self.node, self.signer.address, "latest")
        mined = self._mined(entries)
        done = {key: one for key, one in mined.items() if key in written_keys(self.contract, one)}
        self.outbox.close_entries(
            (key, one.transaction, one.block, one.block_hash) for key, one in done.items()
        )
        self.sent += len(done)
        left = []
        for entry in self._absent([entry for entry in entries if entry.key not in done]):
            if entry.key in mined:
                self._free([entry], self._failure(entry, mined[entry.key]))
            elif entry.sender != self.signer.address or (entry.nonce or 0) < used:
                self._free([entry])
            else:
                left.append(entry)
        return left

    def _mined(self, entries: Sequence[OutboxEntry]) -> dict[str, Mined]:
        named = {entry.key: entry.transaction for entry in entries if entry.transaction}
        mined = self.node.mined(list(named.values()))
        return {key: one for key, one in zip(named, mined, strict=True) if one is not None}

    def _absent(self, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """Closes the entries that are on the chain, by whatever transaction; gives the others."""
        keys = [entry.key for entry in entries]
        known = zip(keys, self.contract.records(keys), strict=True)
        records = {key: record for key, record in known if record}
        present = [entry for entry in entries if entry.key in records]
        wrong = [entry for entry in present if records[entry.key].kind != entry.kind]
        for entry in wrong:
            self._free([entry], _conflict(records[entry.key]))
        self._close([entry for entry in present if entry not in wrong], records)
        return [entry for entry in entries if entry.key not in records]

    def _close(self, entries: Sequence[OutboxEntry], records: Mapping[str, Record]) -> None:
        places = locate(self.contract, [(entry.key, records[entry.key].block) for entry in entries])
        closed: list[Closed] = []
        for entry in entries:
            record, place = records[entry.key], places.get(entry.key)
            if place and place.subject != entry.subject:
                self._free([entry], _conflict(record, place.subject))
                continue
            ours = entry.state == "sent" and record.anchorer == entry.sender
            self.sent, self.already = self.sent + ours, self.already + (not ours)
            known = (place.transaction, place.block, place.block_hash) if place else (None,) * 3
            closed.append((entry.key, *known))
        self.outbox.close_entries(closed)

    def _failure(self, entry: OutboxEntry, mined: Mined) -> str:
        """Why a transaction that is in a block did not write its entry: asked again, as a call."""
        if mined.ok:
            return f"transaction {mined.transaction} wrote nothing"
        return self._refusal(entry) or f"transaction {mined.transaction} failed: out of gas?"

    def _refusal(self, entry: OutboxEntry) -> str | None:
        call = self.contract.call(entry.function, *entry.arguments)
        return self.contract.refusal(self.signer.address, call)

    def _free(self, entries: Sequence[OutboxEntry], reason: str = "") -> None:
        self.outbox.free((entry.key for entry in entries), reason)
        if reason:
            self.stuck.update(entry.key for entry in entries)

    def _hopeful(self, entry: OutboxEntry) -> bool:
        if self.stuck.isdisjoint(entry.parents):
            return True
        self.stuck.add(entry.key)
        return False

    def _contiguous(self, entries: Iterable[OutboxEntry]) -> list[OutboxEntry]:
        """In the order of their numbers up to a gap, that no transaction of ours would ever fill; frees the others."""
        expected, kept = next_nonce(self.node, self.signer.address), []
        for entry in sorted(entries, key=lambda entry: entry.nonce or 0):
            if (nonce := entry.nonce or 0) > expected:
                self._free([entry])
            else:
                kept.append(entry)
                expected = max(expected, nonce + 1)
        return kept

    def _affordable(self, entries: list[OutboxEntry], offer: Fees) -> list[OutboxEntry]:
        """As many of them as the account can pay for, or EnvironmentUnfit."""
        left = balance(self.node, self.signer.address)
        for number, entry in enumerate(entries):
            cost = entry.gas_limit * offer.price
            left -= cost
            if left < 0 and number:
                return entries[:number]
            if left < 0:
                chain_id = self.contract.deployment.chain_id
                require_funds(self.node, self.signer.address, chain_id, cost)
        return entries

    def _again(self, entry: OutboxEntry, offer: Fees, *, dearer: bool = False) -> Submission:
        """The same transaction once more; another one of the same number where its fee is too low by now."""
        nonce, price = entry.nonce or 0, entry.price or 0
        if dearer:
            return self._signed(entry, nonce, offer.above(price))
        if entry.raw is None or price < offer.base:
            return self._signed(entry, nonce, offer)
        sent = Sent(entry.key, self.signer.address, nonce, price, entry.raw, entry.transaction)
        return sent, ("eth_sendRawTransaction", ("0x" + entry.raw.hex(),))

    def _signed(self, entry: OutboxEntry, nonce: int, offer: Fees) -> Submission:
        call = self.contract.call(entry.function, *entry.arguments)
        chain_id, address = self.contract.deployment.chain_id, self.signer.address
        transaction = prepare(chain_id, address, call, nonce, entry.gas_limit, offer)
        raw, name, question = sign(self.signer, transaction)
        return Sent(entry.key, address, nonce, offer.price, raw, name), question

    def _submit(self, submissions: Sequence[Submission]) -> None:
        self.outbox.mark_sent(sent for sent, _ in submissions)
        answers = self.node.batch([question for _, question in submissions])
        answered = dict(zip((sent for sent, _ in submissions), answers, strict=True))
        self.outbox.mark_sent(
            replace(sent, transaction=hexadecimal(answer, 32))
            for sent, answer in answered.items()
            if sent.raw is None and not isinstance(answer, Refused)
        )
        refused = {sent.key: one for sent, one in answered.items() if isinstance(one, Refused)}
        if refused:
            self._handle_refusals(refused, {sent.key for sent in answered})

    def _handle_refusals(self, refused: Mapping[str, Refused], keys: set[str]) -> None:
        """What the node did not take, and does not have all the same, is freed; so is what would wait for it."""
        left = self._look(self._in_flight(keys))
        lost = [entry for entry in left if entry.key in refused and not self._is_pooled(entry)]
        everything = len(lost) == len(keys)
        for entry in lost:
            # Of several, none is to blame for a node that takes nothing.
            self._free([entry], "" if everything and len(keys) > 1 else refused[entry.key].found)
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
                self.late = True
                return
            elif time.monotonic() - began > STRANDED_S:
                self._nudge(left)
            time.sleep(pause)
            pause = min(1.5 * pause, SLOWEST_POLL_S)

    def _nudge(self, entries: Sequence[OutboxEntry]) -> None:
        """Replaces a transaction that the node holds and does not count among those to be executed.

        Anvil 1.7.1 strands what overtakes its predecessor on the way in, and all that follows it.
        """
        first = min(entries, key=lambda entry: entry.nonce or 0)
        waiting = next_nonce(self.node, self.signer.address)
        if first.key in self.nudged or waiting > (first.nonce or 0):
            return
        self.nudged.add(first.key)
        offer = fees(self.node, self.max_price)
        self._submit([self._again(first, offer, dearer=self._is_pooled(first))])


def _conflict(record: Record, subject: str | None = None) -> str:
    """What is said of an entry whose key was anchored as something else, or about something else."""
    what = (
        kind_name(record.kind) if subject is None else f"{kind_name(record.kind)} about {subject}"
    )
    at = moment(record.time)
    return f"already anchored, by {record.anchorer} at {at}, as something else: {what}"
