"""One filter server, as the gateway sees it."""

from __future__ import annotations

from typing import Literal, Protocol

from plano.filters.asked import Asked


class RemoteFilter(Protocol):
    """A server that may change or refuse."""

    id: str
    streaming: Literal["window", "whole"]
    window_bytes: int
    fail_open: bool

    async def request(self, asked: Asked) -> bytes | None: ...
    async def answer(self, asked: Asked, content_type: str) -> bytes | None: ...
    async def close(self) -> None: ...
