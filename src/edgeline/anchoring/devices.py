"""Devices that own no ether: they sign a statement (EIP-712), and somebody else pays for its transaction."""

from dataclasses import dataclass

from edgeline.anchoring.contract import AnchorContract, transact
from edgeline.anchoring.keys import Signer
from edgeline.anchoring.node import Mined
from edgeline.provenance.receipt import Deployment
from edgeline.provenance.statement import KINDS, Statement

DOMAIN = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
ANCHOR = [
    {"name": "statement", "type": "bytes32"},
    {"name": "subject", "type": "bytes32"},
    {"name": "kind", "type": "uint8"},
    {"name": "parents", "type": "bytes32[]"},
    {"name": "deadline", "type": "uint256"},
]


@dataclass(frozen=True)
class SignedAnchor:
    """A statement that its anchorer signed; the signature in the short form of EIP-2098."""

    signer: str
    statement: Statement
    deadline: int
    """Seconds since 1970 UTC; the last second in which the signature counts."""
    r: str
    vs: str


def sign_anchor(
    signer: Signer, deployment: Deployment, statement: Statement, deadline: int
) -> SignedAnchor:
    """The signer's word that this statement be anchored in this contract; asks no network."""
    signature = signer.sign_typed(typed_data(deployment, statement, deadline))
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    parity = v - 27 if v >= 27 else v
    vs = (s | parity << 255).to_bytes(32, "big")
    return SignedAnchor(signer.address, statement, deadline, r.hex(), vs.hex())


def submit(registry: AnchorContract, sender: Signer, signed: SignedAnchor) -> Mined:
    """Sends a signed statement; it is anchored in the name of who signed it.

    Raises:
        EdgelineError: the contract refuses, for the reason that it gives.
    """
    statement = signed.statement
    return transact(
        registry,
        sender,
        "anchorBySig",
        signed.signer,
        statement.digest,
        statement.subject,
        KINDS[statement.kind],
        statement.parents,
        signed.deadline,
        signed.r,
        signed.vs,
    )


def typed_data(deployment: Deployment, statement: Statement, deadline: int) -> dict[str, object]:
    """What is signed, as EIP-712 spells it for wallets."""
    return {
        "types": {"EIP712Domain": DOMAIN, "Anchor": ANCHOR},
        "primaryType": "Anchor",
        "domain": {
            "name": "ModelAnchor",
            "version": "1",
            "chainId": deployment.chain_id,
            "verifyingContract": deployment.contract,
        },
        "message": {
            "statement": f"0x{statement.digest}",
            "subject": f"0x{statement.subject}",
            "kind": KINDS[statement.kind],
            "parents": [f"0x{parent}" for parent in statement.parents],
            "deadline": deadline,
        },
    }
