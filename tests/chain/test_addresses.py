"""How an account is written."""

import pytest

from edgeline.anchoring.keys import parse_address
from edgeline.errors import RecipeError


def test_an_address_with_a_wrong_checksum_is_none() -> None:
    right = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # EIP-55
    for text in (right, right.lower(), "0x" + right[2:].upper()):
        assert parse_address(text) == right.lower()
    for text in (right.replace("0x5aA", "0x5AA"), right[2:], right + "0", ""):
        with pytest.raises(RecipeError, match="with the right checksum"):
            parse_address(text)
