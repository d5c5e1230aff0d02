"""An Ethereum node, and the provider through which web3 reaches it.

Nothing that it says is taken on trust. Nothing is asked twice: whether a question may be repeated is for the caller
to know. An answer has a deadline, a largest size and the form that Ethereum's JSON-RPC specification gives it, or it
is an error of ours in one line.
"""

import json
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal, TypeVar

from web3 import Web3
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from edgeline.anchoring.hexadecimal import OCTETS, count, hexadecimal, octets, quantity
from edgeline.anchoring.http import STRANGER, NoAnswer, new_session, post
from edgeline.errors import EnvironmentUnfit, ServiceUnavailable, Tampered, hide_secrets

MANY = 100
"""Questions in one exchange."""

Question = tuple[str, Sequence[object]]
T = TypeVar("T")


class Refused(EnvironmentUnfit):
    """The node said no; `data` is what the contract gave back, in hexadecimal, where it did."""

    def __init__(self, *, expected: str, found: str, remedy: str, data: str | None = None) -> None:
        super().__init__(expected=expected, found=found, remedy=remedy)
        self.data = data


@dataclass(frozen=True)
class Block:
    """A block's header."""

    hash: str
    fields: dict[str, Any]
    """As the node spells them; re-hashed where a proof is made of them."""


@dataclass(frozen=True)
class Mined:
    """A transaction that is in a block; `ok` is False if it had no effect but its costs."""

    transaction: str
    block: int
    block_hash: str
    ok: bool
    contract: str | None
    """Address of the contract that it created."""
    logs: list[dict[str, Any]]


def _addresses(value: object) -> list[bytes]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return [octets(one, 20) for one in value]


# What web3 makes Python values of without looking; other answers are read here and where they are asked for.
FORMS: dict[str, Callable[[Any], object]] = {
    **dict.fromkeys(("eth_chainId", "eth_blockNumber", "eth_getTransactionCount"), count),
    **dict.fromkeys(("eth_estimateGas", "eth_getBalance", "eth_maxPriorityFeePerGas"), quantity),
    **dict.fromkeys(("eth_getCode", "eth_call"), octets),
    "eth_accounts": _addresses,
}


class Node(JSONBaseProvider):
    """An Ethereum node at `url`; `timeout_s` is for a whole question."""

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        super().__init__()
        self.url, self.timeout_s = url, timeout_s
        self.place = hide_secrets(url)
        self._session = new_session()

    @cached_property
    def web3(self) -> Web3:
        """web3 over this node, without the layers that ask it more than they are asked."""
        return Web3(self, middleware=[])

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """What web3 calls for one question."""
        result = self.ask(method, *params)
        self.read(FORMS[method], result, f"an answer to {method}")
        return {"jsonrpc": "2.0", "id": 0, "result": result}

    def ask(self, method: str, *params: object) -> Any:
        """The result, as the node spells it.

        Raises:
            Refused: the node said no.
            ServiceUnavailable: it said nothing in time, or nothing that an Ethereum node says.
        """
        result = self._result(self._post(_question(0, method, params)), 0, method)
        if isinstance(result, Refused):
            raise result
        return result

    def batch(self, questions: Sequence[Question]) -> list[Any]:
        """The results in the order of the questions, from one exchange; a `Refused` where the node said no.

        web3's own batches carry no transactions, and give nothing where one answer is a refusal.

        Raises:
            Refused: the node takes no batches, or not this one.
            ServiceUnavailable: as for `ask`, or an answer is missing or there twice.
        """
        if not questions:
            return []
        asked = [_question(n, method, params) for n, (method, params) in enumerate(questions)]
        answers = self._post(asked)
        if isinstance(answers, dict) and isinstance(answers.get("error"), dict):
            raise self._refusal(answers["error"], "a batch")
        # by the ids' spelling, since 1 is True to Python
        known = self.read(
            lambda many: {repr(one["id"]): one for one in many}, answers, "answers to a batch"
        )
        if len(answers) != len(asked) or known.keys() != set(map(repr, range(len(asked)))):
            raise self.strange("an incomplete answer to a batch")
        return [self._result(known[repr(n)], n, name) for n, (name, _) in enumerate(questions)]

    def results(self, questions: Sequence[Question]) -> list[Any]:
        """Like `batch`, for any number of questions that no node refuses: the first refusal is raised."""
        answers = [answer for part in batches(questions, MANY) for answer in self.batch(part)]
        for answer in answers:
            if isinstance(answer, Refused):
                raise answer
        return answers

    def read(self, parse: Callable[[Any], T], value: object, what: str) -> T:
        """`parse(value)`, where whatever it cannot make sense of is the node's fault."""
        try:
            return parse(value)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            raise self.strange(f"something else than {what}") from None

    def strange(self, what: str) -> ServiceUnavailable:
        """To raise when an answer makes no sense."""
        return self._unavailable(f"{STRANGER} ({what})")

    def contradiction(self, expected: str, found: str) -> Tampered:
        """To raise when answers make sense, but not together."""
        return Tampered(
            expected=f"{expected} from the node at {self.place}",
            found=found,
            remedy="do not trust this node; ask another one of the same chain",
        )

    def identity(self) -> tuple[int, str]:
        """Chain id and genesis hash."""
        genesis = self.block(0)
        if genesis is None:
            raise self.strange("no first block")
        return self.web3.eth.chain_id, genesis.hash

    def head(self) -> int:
        """Number of the newest block."""
        return int(self.web3.eth.block_number)

    def balance(self, address: str) -> int:
        """In wei."""
        return int(self.web3.eth.get_balance(Web3.to_checksum_address(address)))

    def num_sent(self, address: str, tag: Literal["latest", "pending"]) -> int:
        """How many transactions of this account are in blocks ("latest"), or in blocks and waiting ("pending")."""
        return int(self.web3.eth.get_transaction_count(Web3.to_checksum_address(address), tag))

    def block(self, number: int | str) -> Block | None:
        """The header of this block (or "latest"), or None if the chain is not that long."""
        tag = hex(number) if isinstance(number, int) else number
        answer = self.ask("eth_getBlockByNumber", tag, False)
        return self.read(partial(_block, number), answer, "a block")

    def holds(self, number: int, hash_: str) -> bool:
        """Whether the block of this number is still the one with this hash."""
        block = self.block(number)
        return block is not None and block.hash == hash_

    def num_held(self, blocks: Sequence[tuple[int, str]]) -> int:
        """How many of these blocks, given by number and hash, oldest first, the chain still holds.

        Blocks name their parents, so all that are there come before all that are not; most often that is all.
        """
        if not blocks or self.holds(*blocks[-1]):
            return len(blocks)
        return bisect_left(blocks, True, key=lambda block: not self.holds(*block))

    def mined(self, transactions: Sequence[str]) -> list[Mined | None]:
        """Where these transactions stand on the chain; None for one that is in no block."""
        answers = self.results([("eth_getTransactionReceipt", (one,)) for one in transactions])
        return [
            self.read(partial(_mined, transaction), answer, "a receipt")
            for transaction, answer in zip(transactions, answers, strict=True)
        ]

    def _result(self, answer: object, number: int, method: str) -> Any:
        match answer:
            case {"error": dict(error)}:
                return self._refusal(error, method)
            case {"result": result, "id": found} if found == number:
                return result
        raise self.strange(f"no answer to {method}")

    def _refusal(self, error: dict[str, Any], what: str) -> Refused:
        return Refused(
            expected=f"an answer to {what} from {self.place}",
            found=f"a refusal{_words(error.get('message'))}",
            remedy="look at the node's log, or ask another node of the chain",
            data=_revert_data(error),
        )

    def _post(self, body: object) -> Any:
        try:
            data = post(self._session, self.url, json.dumps(body).encode(), self.timeout_s)
            return json.loads(data)
        except NoAnswer as error:
            self._session = new_session()
            raise self._unavailable(str(error)) from None
        except (ValueError, RecursionError):
            raise self.strange("no JSON") from None

    def _unavailable(self, found: str) -> ServiceUnavailable:
        return ServiceUnavailable(
            expected=f"an Ethereum node at {self.place}",
            found=found,
            remedy="check the address; `edgeline up` starts this project's own node",
        )


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """So many at a time, in their order."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _block(number: int | str, value: Any) -> Block | None:
    if value is None:
        return None
    if isinstance(number, int) and count(value["number"]) != number:
        raise ValueError("another block")
    return Block(hexadecimal(value["hash"], 32), value)


def _mined(transaction: str, value: Any) -> Mined | None:
    if value is None or value["blockNumber"] is None:
        return None
    created = value.get("contractAddress")
    if hexadecimal(value["transactionHash"], 32) != transaction:
        raise ValueError("another receipt")
    return Mined(
        transaction,
        count(value["blockNumber"]),
        hexadecimal(value["blockHash"], 32),
        quantity(value["status"]) == 1,
        None if created is None else hexadecimal(created, 20),
        [dict(log) for log in value["logs"]],
    )


def _question(number: int, method: str, params: Sequence[object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def _words(message: object) -> str:
    """What the node says in one short line, without the paths that Ganache puts into it."""
    line = message.splitlines()[0] if isinstance(message, str) and message.strip() else ""
    plain = " ".join(word for word in line[:300].split() if "/" not in word and "\\" not in word)
    kept = "".join(letter for letter in plain if " " <= letter <= "~")[:120].strip()
    return f": {kept}" if kept else ""


def _revert_data(error: dict[str, Any]) -> str | None:
    """What the contract gave back: Anvil and geth say it plainly, Ganache inside of an object."""
    data = error.get("data")
    if isinstance(data, dict):
        data = data.get("result")
    return data.lower() if isinstance(data, str) and OCTETS.fullmatch(data) else None
