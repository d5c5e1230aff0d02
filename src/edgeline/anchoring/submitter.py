"""The transactions of one flush, from the outbox to a block: sent, looked after, closed or freed.

Only what the chain shows moves a row: an answer to a sending is no more than a hint.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.encoding import (
    call_data,
    gas_limit,
    here,
    require_rights,
    seats,
    squatted,
)
from edgeline.anchoring.event_lookup import locate, written
from edgeline.anchoring.keys import Signer
from edgeline.anchoring.node import Mined, Question, Refused, hexadecimal
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.outbox_entry import OutboxEntry, Sent
from edgeline.anchoring.sending import (
    POLL_S,
    SLOWEST_POLL_S,
    Fees,
    balance,
    fees,
    next_nonce,
    require_funds,
    sign,
    submission,
    transaction_count,
)
from edgeline.anchoring.transaction import Transaction
from edgeline.provenance.receipt import Record

BATCH = 50
"""Transactions in one exchange: few enough that a slow node answers in time."""

STRANDED_S = 1.0
"""Without news, before the node is asked whether it means to execute what it holds."""

Leaving = tuple[Sent, Question]
"""A transaction, and how the node is given it."""


class Submitter:
    """What one flush has in the air. Whoever makes one holds the locks of outbox and signer."""

    def __init__(
        self,
        outbox: Outbox,
        registry: AnchorContract,
        signer: Signer,
        wait_s: float,
        max_price: int,
    ) -> None:
        self.outbox, self.registry, self.signer = outbox, registry, signer
        self.wait_s, self.max_price = wait_s, max_price
        self.sent = self.already = 0
        self.stuck: set[str] = set()
        """Keys that failed in this flush; what needs them is not tried."""
        self.nudged: set[str] = set()
        self.allowed: set[str] = set()
        self.late = False
        """Whether a block was waited for in vain."""

    def resume(self) -> None:
        """Looks up what was in the air when the last flush ended; gives the node again what it lost."""
        left = self._contiguous(self._look(self.outbox.rows("sent")))
        # The first alone: if the node refuses it, those after it would only pile up.
        for batch in (left[:1], *batches(left[1:])):
            if batch and not self.late:
                offer = fees(self.registry.node, self.max_price)
                self._submit([self._again(row, offer) for row in batch])
                self._wait({row.key for row in batch})

    def send(self, rows: Sequence[OutboxEntry]) -> None:
        """Sends these rows, in this order, and waits until each of them is somewhere."""
        rows = [row for row in self._absent(rows) if self._hopeful(row)]
        if not rows:
            return
        self._require_rights(rows)
        offer = fees(self.registry.node, self.max_price)
        rows = self._affordable(rows, offer)
        nonce = next_nonce(self.registry.node, self.signer.address)
        self._submit([self._signed(row, nonce + n, offer) for n, row in enumerate(rows)])
        self._wait({row.key for row in rows})

    def retry(self, row: OutboxEntry) -> None:
        """Sends a row that was refused before, if the contract would accept it now."""
        if not self._absent([row]):
            return
        reason = self._refusal(row)
        if reason is None:
            self.send([row])
        else:
            self._free([row], reason)

    def _require_rights(self, rows: Sequence[OutboxEntry]) -> None:
        """Once a flush for each kind of row: what changes meanwhile, the contract refuses."""
        new = [row for row in rows if row.what not in self.allowed]
        if new:
            require_rights(self.registry, self.signer.address, new)
            self.allowed.update(row.what for row in new)

    def _look(self, rows: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """Closes and frees what can be; gives those that may still get into a block."""
        # Asked first: a number that is used by now stands in a block that the rest will show.
        used = transaction_count(self.registry.node, self.signer.address, "latest")
        mined = self._mined(rows)
        done = {key: one for key, one in mined.items() if key in written(self.registry, one)}
        self.outbox.close_rows(
            (key, one.transaction, one.block, one.block_hash) for key, one in done.items()
        )
        self.sent += len(done)
        left = []
        for row in self._absent([row for row in rows if row.key not in done]):
            if row.key in mined:
                self._free([row], self._failure(row, mined[row.key]))
            elif row.sender != self.signer.address or (row.nonce or 0) < used:
                self._free([row])
            else:
                left.append(row)
        return left

    def _mined(self, rows: Sequence[OutboxEntry]) -> dict[str, Mined]:
        named = {row.key: row.transaction for row in rows if row.transaction}
        found = self.registry.node.mined(list(named.values()))
        return {key: one for key, one in zip(named, found, strict=True) if one is not None}

    def _absent(self, rows: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """Closes the rows that are on the chain, by whatever transaction; gives the others."""
        records = here(self.registry, rows)
        known = [row for row in rows if row.key in records]
        wrong = [row for row in known if (one := records[row.key]) and one.kind != row.kind]
        for row in wrong:
            self._free([row], squatted(records[row.key]))
        known = [row for row in known if row not in wrong]
        if known:
            self._close(known, records)
        return [row for row in rows if row.key not in records]

    def _close(self, rows: Sequence[OutboxEntry], records: Mapping[str, Record | None]) -> None:
        wanted = [(row.key, one.block if (one := records[row.key]) else None) for row in rows]
        places = locate(self.registry, wanted)
        for row in rows:
            record, place = records[row.key], places.get(row.key)
            if place and place.subject != row.subject:
                self._free([row], squatted(record, place.subject))
                continue
            ours = row.state == "sent" and (record is None or record.anchorer == row.sender)
            self.sent, self.already = self.sent + ours, self.already + (not ours)
            known = (place.transaction, place.block, place.block_hash) if place else (None,) * 3
            self.outbox.close_rows([(row.key, *known)])

    def _failure(self, row: OutboxEntry, mined: Mined) -> str:
        """Why a transaction that is in a block did not write its row: asked again, as a call."""
        if not mined.ok:
            return self._refusal(row) or f"transaction {mined.transaction} failed: out of gas?"
        if row.what == "round":
            return "approved; it closes when enough coordinators have"
        return f"transaction {mined.transaction} wrote nothing"

    def _refusal(self, row: OutboxEntry) -> str | None:
        data = call_data(self.registry, row, self.signer.address)
        return self.registry.simulate(self.signer.address, data)

    def _free(self, rows: Sequence[OutboxEntry], reason: str = "") -> None:
        self.outbox.free((row.key for row in rows), reason)
        if reason:
            self.stuck.update(row.key for row in rows)

    def _hopeful(self, row: OutboxEntry) -> bool:
        if self.stuck.isdisjoint(row.needs):
            return True
        self.stuck.add(row.key)
        return False

    def _contiguous(self, rows: Iterable[OutboxEntry]) -> list[OutboxEntry]:
        """In the order of their numbers up to a gap, that no transaction of ours would ever fill; frees the others."""
        expected, kept = next_nonce(self.registry.node, self.signer.address), []
        for row in sorted(rows, key=lambda row: row.nonce or 0):
            if (nonce := row.nonce or 0) > expected:
                self._free([row])
            else:
                kept.append(row)
                expected = max(expected, nonce + 1)
        return kept

    def _affordable(self, rows: list[OutboxEntry], offer: Fees) -> list[OutboxEntry]:
        """As many of them as the account can pay for, or EnvironmentUnfit."""
        left = balance(self.registry.node, self.signer.address)
        costs = [
            gas_limit(row, seats(self.outbox, self.registry, row)) * offer.price for row in rows
        ]
        for number, cost in enumerate(costs):
            left -= cost
            if left < 0 and number:
                return rows[:number]
            if left < 0:
                chain_id = self.registry.deployment.chain_id
                require_funds(self.registry.node, self.signer.address, chain_id, cost)
        return rows

    def _again(self, row: OutboxEntry, offer: Fees, *, dearer: bool = False) -> Leaving:
        """The same transaction once more; another one of the same number where its fee is too low by now."""
        nonce, price = row.nonce or 0, row.price or 0
        if dearer:
            return self._signed(row, nonce, offer.above(price))
        if row.raw is None or price < offer.base:
            return self._signed(row, nonce, offer)
        sent = Sent(row.key, self.signer.address, nonce, price, row.raw, row.transaction)
        return sent, ("eth_sendRawTransaction", ("0x" + row.raw.hex(),))

    def _signed(self, row: OutboxEntry, nonce: int, offer: Fees) -> Leaving:
        where = self.registry.deployment
        transaction = Transaction(
            where.chain_id,
            nonce,
            where.contract,
            call_data(self.registry, row, self.signer.address),
            gas_limit(row, seats(self.outbox, self.registry, row)),
            offer.price,
            offer.tip,
        )
        signed = sign(self.signer, transaction)
        sent = Sent(row.key, self.signer.address, nonce, offer.price, signed.raw, signed.hash)
        return sent, submission(self.signer, signed)

    def _submit(self, leaving: Sequence[Leaving]) -> None:
        self.outbox.mark_sent(sent for sent, _ in leaving)
        answers = self.registry.node.batch([question for _, question in leaving])
        heard = dict(zip((sent for sent, _ in leaving), answers, strict=True))
        self.outbox.mark_sent(
            replace(sent, transaction=self._named(answer))
            for sent, answer in heard.items()
            if sent.raw is None and not isinstance(answer, Refused)
        )
        refused = {sent.key: one for sent, one in heard.items() if isinstance(one, Refused)}
        if refused:
            self._refused(refused, {sent.key for sent in heard})

    def _named(self, answer: object) -> str:
        return self.registry.node.read(lambda value: hexadecimal(value, 32), answer, "a hash")

    def _refused(self, refused: Mapping[str, Refused], keys: set[str]) -> None:
        """What the node did not take, and does not have all the same, is freed; so is what would wait for it."""
        left = self._look(self._flying(keys))
        lost = [row for row in left if row.key in refused and not self._is_pooled(row)]
        everything = len(lost) == len(keys)
        for row in lost:
            # Of several, none is to blame for a node that takes nothing.
            self._free([row], "" if everything and len(keys) > 1 else refused[row.key].found)
        self._contiguous(row for row in left if row not in lost)
        if everything:
            raise refused[lost[0].key]

    def _is_pooled(self, row: OutboxEntry) -> bool:
        known = row.transaction and self.registry.node.ask(
            "eth_getTransactionByHash", row.transaction
        )
        return bool(known)

    def _flying(self, keys: set[str]) -> list[OutboxEntry]:
        return [row for row in self.outbox.rows("sent") if row.key in keys]

    def _wait(self, keys: set[str]) -> None:
        """Until all of these are closed or freed, or no news came for too long."""
        began, pause, before = time.monotonic(), POLL_S, len(keys)
        while left := self._look(self._flying(keys)):
            if len(left) < before:
                began, pause, before = time.monotonic(), POLL_S, len(left)
            elif time.monotonic() - began > self.wait_s:
                self.late = True
                return
            elif time.monotonic() - began > STRANDED_S:
                self._nudge(left)
            time.sleep(pause)
            pause = min(1.5 * pause, SLOWEST_POLL_S)

    def _nudge(self, rows: Sequence[OutboxEntry]) -> None:
        """Replaces a transaction that the node holds and does not count among those to be executed.

        Anvil 1.7.1 strands what overtakes its predecessor on the way in, and all that follows it.
        """
        first = min(rows, key=lambda row: row.nonce or 0)
        node = self.registry.node
        if first.key in self.nudged or next_nonce(node, self.signer.address) > (first.nonce or 0):
            return
        self.nudged.add(first.key)
        offer = fees(node, self.max_price)
        self._submit([self._again(first, offer, dearer=self._is_pooled(first))])


def batches(rows: Sequence[OutboxEntry]) -> Iterator[Sequence[OutboxEntry]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
