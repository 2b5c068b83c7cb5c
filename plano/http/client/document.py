"""One request whose answer is wanted as a whole: for servers that plano asks for itself."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from plano.errors import PlanoError, ProviderProtocolError
from plano.http.client.pool import Pool
from plano.http.client.provider_connection import ProviderConnection, StaleConnection
from plano.http.wire.head import ResponseHead
from plano.http.wire.origin import Origin

#: Who closes an idle connection does so before it has read the request; later, the work may have been done.
_STALE_WITHIN_S: Final = 0.5
#: What may follow once enough has been read, until the connection can be used again: seconds, bytes.
_REST_S: Final = 1.0
_REST_BYTES: Final = 16 * 1024

Enough = Callable[[ResponseHead, bytes], bool]


class Document(Struct, frozen=True):
    """An answer: its head, and its body, or what of that was read until there was enough."""

    head: ResponseHead
    body: bytes


async def call_for_document(
    pool: Pool,
    origin: Origin,
    request: bytes,
    *,
    connect_timeout_s: float | None = None,
    most_bytes: int,
    enough: Enough | None = None,
) -> Document:
    """Send a whole request, head and body; wait for its answer. Raises `PlanoError` of the network kinds.

    Awaited in a task; without limits of time other than that for connecting: whoever calls has `asyncio.timeout`.
    Cancelled, the connection is closed. No redirect is followed. `enough(head, block)`, asked with each block, may say
    that nothing more of the answer is wanted.
    """
    connection, head = await _begun(pool, origin, request, connect_timeout_s)
    collected = _Collected(asyncio.get_running_loop().create_future(), connection, head, most_bytes, enough)
    try:
        if (head.content_length or 0) > most_bytes:
            raise collected.too_large()
        connection.attach(collected)
        await collected.done
    except BaseException:
        collected.give_up()
        raise
    return Document(head, b"".join(collected.pieces))


async def _begun(
    pool: Pool, origin: Origin, request: bytes, connect_timeout_s: float | None
) -> tuple[ProviderConnection, ResponseHead]:
    """The request is sent and the head of the answer there."""
    connection = pool.take_idle(origin)
    while True:
        if connection is None:
            connection = await pool.dial(origin, math.inf, connect_timeout_s)
        waiter: asyncio.Future[ResponseHead] = asyncio.get_running_loop().create_future()
        sent_at = pool.now()
        connection.call(request, waiter, math.inf, math.inf, math.inf)
        try:
            return connection, await waiter
        except StaleConnection:
            if pool.now() - sent_at > _STALE_WITHIN_S:
                raise
            connection = None  # Not a byte was answered and the connection was an old one: once more, on a fresh one.
        except BaseException:
            connection.abort()
            raise


class _Collected:
    """The target of one answer's body."""

    awaits_token = False

    def __init__(
        self,
        done: asyncio.Future[None],
        connection: ProviderConnection,
        head: ResponseHead,
        most_bytes: int,
        enough: Enough | None,
    ) -> None:
        self.done = done
        self.pieces: list[bytes] = []
        self.has_ended = False
        self._connection: Any = connection
        self._head = head
        self._most_bytes = most_bytes
        self._bytes = 0
        self._enough = enough

    def on_block(self, data: bytes, ended: bool) -> None:
        self.has_ended = ended
        self._bytes += len(data)
        if self.done.done():
            if self._bytes > self._most_bytes:
                self.give_up()
            return
        if self._bytes > self._most_bytes:
            self.done.set_exception(self.too_large())
            return
        self.pieces.append(data)
        try:
            is_enough = self._enough is not None and self._enough(self._head, data)
        except PlanoError as error:
            self.done.set_exception(error)
            return
        if ended or is_enough:
            self.done.set_result(None)
            if not ended:
                self._let_it_end()

    def on_failure(self, error: PlanoError) -> None:
        self.has_ended = True
        if not self.done.done():
            self.done.set_exception(error)

    def too_large(self) -> ProviderProtocolError:
        return ProviderProtocolError(f"the answer is larger than {self._most_bytes} bytes")

    def _let_it_end(self) -> None:
        """What is still to come is not read; when that is little, the connection can be used again."""
        self._most_bytes = self._bytes + _REST_BYTES
        asyncio.get_running_loop().call_later(_REST_S, self.give_up)

    def give_up(self) -> None:
        """Close the connection, unless the answer is whole: then it may be in use again."""
        if not self.has_ended:
            self.has_ended = True
            self._connection.abort()
