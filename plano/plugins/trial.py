"""An exchange and its answer without a network around them, for the tests of plugins."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import msgspec

from plano.dialects.answer_texts import AnswerTexts
from plano.dialects.operation import CHAT, OPERATIONS, Operation
from plano.dialects.stream_passages import StreamPassages
from plano.dialects.stream_texts import StreamTexts
from plano.exchange import Exchange, Record
from plano.filtering import PieceFilter, WholeFilter
from plano.http.wire.head import RequestHead
from plano.http.wire.json_envelope import Envelope

STARTED_UNIX_S = 1_760_000_000.0
STARTED_AT = 1000.0


class NowhereSink:
    """A response sink that only counts; a hook that runs before routing has nothing to write to it."""

    def __init__(self) -> None:
        self.keep_alive = True
        self.is_started = False
        self.is_finished = False
        self.body_bytes = 0
        self.on_client_left: Any = None

    @property
    def address(self) -> str:
        return "127.0.0.1"

    def feed_from(self, source: Any) -> None: ...

    def take_back(self) -> bool:
        return not self.is_started

    def take_back_unsent(self) -> bool:
        return False

    def start(self, fields: bytes, status: int, content_length: int | None) -> None:
        self.is_started = True

    def write(self, data: bytes) -> None:
        self.body_bytes += len(data)

    def flush(self) -> None: ...

    def finish(self, data: bytes = b"") -> None:
        self.write(data)
        self.is_finished = True

    def abort(self) -> None:
        self.is_finished = True


def trial_exchange(
    body: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    path: str = "/v1/chat/completions",
    request_id: str = "req-1",
) -> Exchange:
    """A request as a `pre_route` hook sees it: read, opened, not yet routed.

    `body` defaults to a one-message chat for `gpt-4o`; `path` decides the operation.
    """
    members = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]} if body is None else body
    content = msgspec.json.encode(members)
    fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
    head = RequestHead(b"POST", path.encode(), b"", 1, fields, True)
    operation = _operation_at(path)
    record = Record(
        request_id=request_id,
        listener="trial",
        method="POST",
        path=path,
        client_address="127.0.0.1",
        started_unix_s=STARTED_UNIX_S,
        started_at=STARTED_AT,
        operation=operation.name,
        bytes_in=len(content),
    )
    exchange = Exchange(head, content, operation, NowhereSink(), record)
    exchange.envelope = Envelope.open(content)
    return exchange


def trial_answer(exchange: Exchange, filter: PieceFilter | WholeFilter, *blocks: bytes) -> bytes:
    """What a filter makes of an answer to `exchange`: a document, or the blocks of a stream however they are cut.

    Raises what the filter raises. For plain test functions: an `async def read` gets an event loop of its own.
    """
    operation = exchange.operation.name
    body = b"".join(blocks)
    is_stream = not body.lstrip().startswith((b"{", b"["))
    if isinstance(filter, PieceFilter) and is_stream:
        stream = StreamTexts(operation, filter.open)
        return b"".join(map(stream.feed, blocks)) + stream.end()
    if isinstance(filter, PieceFilter):
        document = AnswerTexts(operation, body)
        document.pass_through(filter.open)
        return document.encoded()
    texts = StreamPassages(operation, body) if is_stream else AnswerTexts(operation, body)
    reading = filter.read(texts.passages)
    if reading is not None:
        asyncio.run(_awaited(reading))
    return texts.encoded()


async def _awaited(reading: Awaitable[None]) -> None:
    await reading


def _operation_at(path: str) -> Operation:
    """The operation whose suffix fits best (`/chat/completions` before `/completions`), else chat."""
    fitting = [operation for operation in OPERATIONS if path.endswith(operation.suffix)]
    return max(fitting, key=lambda operation: len(operation.suffix), default=CHAT)
