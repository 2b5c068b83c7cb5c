"""Opaque proofs of reasoning on their way through clients of another dialect.

A client gives back what it was given, unread. So a proof made by one dialect is handed to clients of another under a
seal that says whose it is, and when it comes back it goes to providers of that dialect only.
"""

from __future__ import annotations

from typing import Final, NamedTuple

SEAL: Final = "plano:"


class Proof(NamedTuple):
    """`dialect` that made it, the `id` of the item it belongs to ("" where there is none), and the proof itself."""

    dialect: str
    id: str
    proof: str


def sealed(dialect: str, proof: str, id: str = "") -> str:
    """As a single word: `plano:DIALECT:ID:PROOF`; "" for no proof."""
    return f"{SEAL}{dialect}:{id}:{proof}" if proof else ""


def opened(word: str, own: str) -> Proof:
    """Whose proof a client has brought back; without a seal it is of the dialect the client speaks, `own`."""
    if not word.startswith(SEAL):
        return Proof(own, "", word)
    dialect, _, rest = word[len(SEAL) :].partition(":")
    id, _, proof = rest.partition(":")
    return Proof(dialect, id, proof)
