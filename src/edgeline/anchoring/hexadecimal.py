"""Numbers and bytes as Ethereum's JSON-RPC spells them, and no other spelling of them: ValueError."""

import re

QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})")
OCTETS = re.compile(r"0x([0-9a-fA-F]{2})*")


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
