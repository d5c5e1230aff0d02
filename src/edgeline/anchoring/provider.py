"""Questions to an Ethereum node; nothing that it says is taken on trust, so web3, which takes it so, asks none.

Nothing is asked twice: whether a question may be repeated is for the caller to know. An answer has a deadline, a
largest size and the form that Ethereum's JSON-RPC specification gives it, or it is an error of ours in one line.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from edgeline.anchoring.http import STRANGER, NoAnswer, new_session, post
from edgeline.errors import EnvironmentUnfit, ServiceUnavailable, Tampered

QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})")
OCTETS = re.compile(r"0x([0-9a-fA-F]{2})*")

MANY = 100
"""Questions in one exchange."""

Question = tuple[str, Sequence[object]]
T = TypeVar("T")


class Refused(EnvironmentUnfit):
    """The node said no; `data` is what the contract gave back, in hexadecimal, where it did."""

    def __init__(self, *, expected: str, found: str, remedy: str, data: str | None = None) -> None:
        super().__init__(expected=expected, found=found, remedy=remedy)
        self.data = data


class Provider:
    """An Ethereum node at `url`; `timeout_s` is for a whole question."""

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        self.url, self.timeout_s = url, timeout_s
        self.place = shown(url)
        self._session = new_session()

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

    def number(
        self, method: str, *params: object, parse: Callable[[object], int] | None = None
    ) -> int:
        """The result of a question whose answer is a count, or what else `parse` reads."""
        return self.read(parse or count, self.ask(method, *params), f"an answer to {method}")

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


def shown(url: str) -> str:
    """Scheme, host and port: the rest of a node's address is often a key."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"


def quantity(value: object) -> int:
    """A number as JSON-RPC spells it: lower case, no leading zeros, at most 256 bits."""
    if not isinstance(value, str) or not QUANTITY.fullmatch(value):
        raise ValueError("not a number in hexadecimal")
    return int(value, 16)


def count(value: object) -> int:
    """The same, of things that are counted: at most 63 bits, as much as SQLite's integers hold."""
    number = quantity(value)
    if number >> 63:
        raise ValueError("more than can be counted")
    return number


def octets(value: object, length: int | None = None) -> bytes:
    """Bytes as JSON-RPC spells them: 0x and pairs of digits, `length` bytes if it is given."""
    if not isinstance(value, str) or not OCTETS.fullmatch(value):
        raise ValueError("not bytes in hexadecimal")
    data = bytes.fromhex(value[2:])
    if length is not None and len(data) != length:
        raise ValueError(f"{len(data)} bytes instead of {length}")
    return data


def hexadecimal(value: object, length: int) -> str:
    """The same bytes in the one spelling used here: 0x and lower case."""
    return "0x" + octets(value, length).hex()


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
