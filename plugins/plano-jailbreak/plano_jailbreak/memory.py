"""Recent judgements, so that a conversation is not judged anew each turn."""

from __future__ import annotations

from hashlib import blake2b
from typing import Generic, TypeVar

V = TypeVar("V")


class Memory(Generic[V]):
    """At most `most` values by text; of the texts only a digest is kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[bytes, V] = {}

    def get(self, key: bytes) -> V | None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._kept[key] = found
        return found

    def put(self, key: bytes, value: V) -> None:
        self._kept[key] = value
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]


def digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
