"""What plano lends the plugins that ask for it: the encoder of its router, and stores to keep things in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from plano.storing import Store


class Encoder(Protocol):
    """Texts as vectors, by the model that judges prompts, on its own thread."""

    async def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector of length 1 for each text, of which as much is read as the model can. Raises `RouterUnusable`."""
        ...


def no_encoder() -> Encoder | None:
    """There is none."""
    return None


def no_store(url: str) -> Store:
    """Nobody has any."""
    raise ValueError(f"there is no store {url!r}")


class PluginTools(Struct, frozen=True):
    """`encoder()`: None where this plano has no weights for it. `open_store(url)`: `memory:` keeps things in this
    process, `redis://host` in Redis, other schemes are registered by plugins; `ValueError`: a URL nobody knows.
    """

    encoder: Callable[[], Encoder | None] = no_encoder
    open_store: Callable[[str], Store] = no_store
