"""Between a provider's answer, in the client's dialect already, and the relay to the client: the filters of answers.

What stands behind it, taps, guards, rescues, sees only what the client will read, as with `interpreter.py`, behind
which it stands. Filters that wait for nobody are called in the middle of the pump; as soon as one of them waits, blocks
are gathered by a task, and what comes while a filter is busy is its next piece of work.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from plano.errors import PlanoError, ProviderProtocolError
from plano.exchange import Exchange
from plano.filters.stages import MOST_HELD_BYTES, AnswerKind, Stage, stages_of
from plano.gateway.interpreter import unpacked
from plano.http.wire.head import ResponseHead
from plano.http.wire.read_holds import FILTER_IS_BUSY

#: The operations whose answers are texts, whatever their content type says.
_OF_TEXT: Final = frozenset(("chat", "completions", "responses", "messages"))
#: Reading from the provider stops while this much waits for a filter.
MOST_WAITING_BYTES: Final = 1 << 18


def kind_of(exchange: Exchange, head: ResponseHead) -> AnswerKind | None:
    """What filters are to make of an answer; None where they are passed by: errors, sound, images.

    Raises `ProviderProtocolError` for an answer they cannot read: it must not pass unread.
    """
    operation = exchange.operation.name
    is_stream = head.content_type.startswith(b"text/event-stream")
    is_json = head.content_type.startswith(b"application/json")
    if head.status >= 400 or not (operation in _OF_TEXT or (is_json and not is_stream)):
        return None
    if is_stream and head.content_encoding not in (b"", b"identity"):
        raise ProviderProtocolError("the provider packed a stream that was asked for plain")
    return AnswerKind(operation, is_stream, "text/event-stream" if is_stream else "application/json")


def unpack_later(head: ResponseHead) -> bytes:
    """Take the packing and the length out of a head, whose body will be another; how it is packed."""
    encoding = head.content_encoding
    about = (b"content-encoding", b"content-length")
    head.headers = [field for field in head.headers if field[0] not in about]
    head.content_encoding = b""
    head.content_length = None
    return encoding


class AnswerSource:
    """A connection for as long as it carries one answer: filters may take longer, and then it is somebody else's."""

    __slots__ = ("_connection", "_number", "head", "head_at")

    def __init__(self, connection: Any) -> None:
        self.head = connection.head
        self.head_at = connection.head_at
        self._connection = connection
        self._number = connection.calls

    @property
    def _is_ours(self) -> bool:
        return bool(self._connection.in_call) and self._connection.calls == self._number

    def pause(self) -> None:
        """The client reads more slowly than it is written to."""
        if self._is_ours:
            self._connection.pause()

    def resume(self) -> None:
        """It has caught up."""
        if self._is_ours:
            self._connection.resume()

    def hold(self) -> None:
        """A filter has enough to do."""
        if self._is_ours:
            self._connection.holds.hold(FILTER_IS_BUSY)

    def release(self) -> None:
        """It has caught up."""
        if self._is_ours:
            self._connection.holds.release(FILTER_IS_BUSY)

    def abort(self) -> None:
        """Give up the call, and the connection with it."""
        if self._is_ours:
            self._connection.abort()


class FilteredAnswer:
    """The target of a connection, or of an interpreter; `relay` gets what the filters let through.

    `encoding` is how a document is packed: filters read plain text.
    """

    def __init__(self, relay: Any, connection: Any, stages: list[Stage], *, is_stream: bool, encoding: bytes) -> None:
        self.tap = relay.tap
        self._relay = relay
        self._connection = connection
        self._stages = stages
        self._is_stream = is_stream
        self._encoding = encoding
        self._delays = any(stage.holds or stage.is_async for stage in stages)
        self._status = connection.head.status
        self._has_come = False
        self._is_over = False
        self._is_closed = False
        #: Which stage works, or has failed.
        self._at_work = 0
        self._held: list[bytes] = []
        self._held_bytes = 0

    @property
    def awaits_token(self) -> bool:
        """What waits for a filter has come from the provider in time."""
        return bool(self._relay.awaits_token) and not (self._delays and self._has_come)

    @property
    def provider_error(self) -> Any:
        """See `held_relay.HeldRelay`."""
        return self._relay.provider_error

    @provider_error.setter
    def provider_error(self, error: Any) -> None:
        self._relay.provider_error = error

    def on_block(self, data: bytes, ended: bool) -> None:
        """One block of the body; `ended` with the last one, which may be empty."""
        if self._is_over:
            return
        self._has_come = True
        try:
            if self._is_stream:
                for place, stage in enumerate(self._stages):
                    self._at_work = place
                    data = stage.events(data, ended)  # type: ignore[assignment]  # None of these waits.
            elif self._gathered(data, ended):
                data = self._document()
                for stage in self._stages:
                    data = stage.document(data)  # type: ignore[assignment]
            else:
                return
        except Exception as error:
            self._fail(error)
            return
        if data or ended:
            self._pass_on(data, ended)

    def on_failure(self, error: PlanoError) -> None:
        """The connection was cut short. What is still held back stays so: it may be half of what must not be seen."""
        if not self._is_over:
            self._is_over = True
            self._relay.on_failure(error)
            self._close()

    def _gathered(self, data: bytes, ended: bool) -> bool:
        """Keep a piece of a document; whether it is whole now."""
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > MOST_HELD_BYTES:
            raise ProviderProtocolError("the provider's answer is too long to be filtered")
        return ended

    def _document(self) -> bytes:
        held = b"".join(self._held)
        self._held.clear()
        return unpacked(held, self._encoding, MOST_HELD_BYTES)

    def _pass_on(self, data: bytes, ended: bool) -> None:
        self._is_over = ended
        self._relay.on_block(data, ended)
        if ended:
            self._close()

    def _fail(self, error: Exception) -> None:
        """A filter refuses the answer, or cannot read it: the client is told, and the provider let go."""
        self._is_over = True
        self._connection.abort()
        if self._is_stream and (before := self._before_fault()):
            self._relay.on_block(before, False)
        self._relay.on_failure(error)
        self._close()

    def _before_fault(self) -> bytes:
        """Of the block in which a filter found fault, the events before that: however a stream is cut, they pass."""
        data = self._stages[self._at_work].before_fault()
        for stage in self._stages[self._at_work + 1 :]:
            if stage.is_async or stage.holds or not data:
                return b""
            try:
                data = stage.events(data, False)  # type: ignore[assignment]
            except Exception:
                return b""
        return data

    def give_up(self) -> None:
        """Nobody waits for this answer any more."""
        self._is_over = True
        self._close()

    def _close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        relay = self._relay
        is_whole = relay.is_done and relay.failure is None
        for stage in self._stages:
            stage.close(is_whole, self._status)


class WaitingAnswer(FilteredAnswer):
    """The same where filters wait for others."""

    def __init__(self, relay: Any, connection: Any, stages: list[Stage], *, is_stream: bool, encoding: bytes) -> None:
        super().__init__(relay, connection, stages, is_stream=is_stream, encoding=encoding)
        self._has_ended = False
        self._is_holding = False
        self._task: asyncio.Task[None] | None = None

    def on_block(self, data: bytes, ended: bool) -> None:
        """See `FilteredAnswer`."""
        if self._is_over:
            return
        self._has_come = True
        self._has_ended = ended
        try:
            self._gathered(data, ended)
        except ProviderProtocolError as error:
            self._fail(error)
            return
        if not ended and self._held_bytes > MOST_WAITING_BYTES and self._is_stream and not self._is_holding:
            self._is_holding = True
            self._connection.hold()
        if self._task is None and (ended or self._is_stream):
            self._task = asyncio.get_running_loop().create_task(self._run())

    def on_failure(self, error: PlanoError) -> None:
        """See `FilteredAnswer`."""
        super().on_failure(error)
        self.give_up()

    def give_up(self) -> None:
        """See `FilteredAnswer`."""
        super().give_up()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    async def _run(self) -> None:
        try:
            while not self._is_over and (self._held or self._has_ended):
                ended = self._has_ended
                data = await self._worked_on(ended)
                if not self._is_over and (data or ended):
                    self._pass_on(data, ended)
        except Exception as error:
            if not self._is_over:
                self._fail(error)
        finally:
            self._task = None

    async def _worked_on(self, ended: bool) -> bytes:
        self._held_bytes = 0
        if not self._is_stream:
            data = self._document()
            for stage in self._stages:
                data = await _result(stage.document(data))
            return data
        data = b"".join(self._held)
        self._held.clear()
        if self._is_holding:
            self._is_holding = False
            self._connection.release()
        for place, stage in enumerate(self._stages):
            self._at_work = place
            data = await _result(stage.events(data, ended))
        return data


async def _result(given: Any) -> bytes:
    return given if isinstance(given, bytes) else await given


def filtered_answer(
    relay: Any, connection: Any, exchange: Exchange, kind: AnswerKind, encoding: bytes
) -> FilteredAnswer:
    """What to attach to the connection, or to give to an interpreter, in the relay's place."""
    stages = stages_of(exchange.answer_filters or (), kind, exchange)
    waits = any(stage.is_async for stage in stages)
    made = (WaitingAnswer if waits else FilteredAnswer)(
        relay, connection, stages, is_stream=kind.is_stream, encoding=encoding
    )
    if exchange.filtering is None:
        exchange.filtering = []
    exchange.filtering.append(made)
    return made


async def filtered(body: bytes, status: int, exchange: Exchange, kind: AnswerKind) -> bytes:
    """A whole answer, document or stream, that needs no relay. Raises `PlanoError`."""
    stages = stages_of(exchange.answer_filters or (), kind, exchange)
    is_whole = False
    try:
        for stage in stages:
            body = await _result(stage.events(body, True) if kind.is_stream else stage.document(body))
        is_whole = True
    finally:
        for stage in stages:
            stage.close(is_whole, status)
    return body
