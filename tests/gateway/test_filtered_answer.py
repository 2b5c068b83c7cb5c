"""The filters of an answer between its source, a provider's connection, and the relay."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from plano.errors import PlanoError, ProviderProtocolError, RequestRefused
from plano.gateway.filtered_answer import MOST_WAITING_BYTES, FilteredAnswer, WaitingAnswer, kind_of
from plano.http.wire.head import ResponseHead
from plano.plugins.trial import trial_exchange


class Ends:
    """Stands for the relay and for the answer's source, and notes what they are told."""

    tap = None
    awaits_token = True
    provider_error: Any = None

    def __init__(self) -> None:
        self.head = self
        self.status = 200
        self.passed: list[tuple[bytes, bool]] = []
        self.failures: list[BaseException] = []
        self.trail: list[str] = []
        self.aborted = 0
        self.is_done = False
        self.failure: BaseException | None = None

    def on_block(self, data: bytes, ended: bool) -> None:
        self.passed.append((data, ended))
        self.is_done = ended

    def on_failure(self, error: BaseException) -> None:
        self.failures.append(error)
        self.is_done, self.failure = True, error

    def abort(self) -> None:
        self.aborted += 1

    def hold(self) -> None:
        self.trail.append("hold")

    def release(self) -> None:
        self.trail.append("release")


class Upper:
    """A stage. `gate` is waited for before each block; `fails_at` is a word it does not pass."""

    holds = False

    def __init__(self, gate: asyncio.Event | None = None, fails_at: bytes = b"\0") -> None:
        self.is_async = gate is not None
        self.gate = gate
        self.fails_at = fails_at
        self.closed: list[bool] = []
        self.blocks: list[bytes] = []

    def events(self, block: bytes, ended: bool) -> Any:
        self.blocks.append(block)
        if self.fails_at in block:
            raise RequestRefused("no")
        return self.later(block) if self.gate is not None else block.upper()

    async def later(self, block: bytes) -> bytes:
        assert self.gate is not None
        await self.gate.wait()
        return block.upper()

    def document(self, body: bytes) -> Any:
        return self.events(body, True)

    def before_fault(self) -> bytes:
        return b"BEFORE"

    def close(self, is_whole: bool, status: int) -> None:
        self.closed.append(is_whole)


def answer(ends: Ends, *stages: Any, is_stream: bool = True, encoding: bytes = b"") -> FilteredAnswer:
    kind = WaitingAnswer if any(stage.is_async for stage in stages) else FilteredAnswer
    return kind(ends, ends, list(stages), is_stream=is_stream, encoding=encoding)


def test_blocks_of_a_stream_pass_in_the_same_call() -> None:
    ends, stage = Ends(), Upper()
    given = answer(ends, stage)
    given.on_block(b"one", False)
    assert ends.passed == [(b"ONE", False)]
    given.on_block(b"two", True)
    assert ends.passed[-1] == (b"TWO", True)
    assert stage.closed == [True]


@pytest.mark.parametrize("encoding", [b"", b"gzip", b"deflate"])
def test_a_document_is_filtered_in_one_piece_and_unpacked(encoding: bytes) -> None:
    ends = Ends()
    body = b"a document" if not encoding else packed(b"a document", encoding)
    given = answer(ends, Upper(), is_stream=False, encoding=encoding)
    given.on_block(body[:4], False)
    given.on_block(body[4:], False)
    assert ends.passed == []
    given.on_block(b"", True)
    assert ends.passed == [(b"A DOCUMENT", True)]


def packed(body: bytes, encoding: bytes) -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | (16 if encoding == b"gzip" else 0))
    return packer.compress(body) + packer.flush()


def test_a_refusal_lets_pass_what_came_before_it_and_the_provider_go() -> None:
    ends, first, second = Ends(), Upper(fails_at=b"bad"), Upper()
    given = answer(ends, first, second)
    given.on_block(b"good", False)
    given.on_block(b"bad", False)
    given.on_block(b"more", True)
    assert ends.passed == [(b"GOOD", False), (b"BEFORE", False)]
    assert [type(error) for error in ends.failures] == [RequestRefused]
    assert ends.aborted == 1
    assert first.closed == second.closed == [False]


def test_a_connection_that_breaks_shows_nothing_of_what_is_held() -> None:
    ends, stage = Ends(), Upper()
    given = answer(ends, stage)
    given.on_failure(ProviderProtocolError("cut"))
    assert ends.passed == []
    assert [error.message for error in ends.failures if isinstance(error, PlanoError)] == ["cut"]
    assert stage.closed == [False]


def in_a_loop(scene: Callable[[asyncio.Event], Any]) -> None:
    async def run() -> None:
        await scene(asyncio.Event())

    asyncio.run(run())


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_what_comes_while_a_filter_is_busy_is_its_next_window() -> None:
    async def scene(gate: asyncio.Event) -> None:
        ends, stage = Ends(), Upper(gate)
        given = answer(ends, stage)
        given.on_block(b"one ", False)
        await turns()
        given.on_block(b"two ", False)
        given.on_block(b"three", True)
        gate.set()
        await turns()
        assert stage.blocks == [b"one ", b"two three"]
        assert ends.passed == [(b"ONE ", False), (b"TWO THREE", True)]
        assert stage.closed == [True]

    in_a_loop(scene)


def test_a_provider_faster_than_the_filter_is_held_up() -> None:
    async def scene(gate: asyncio.Event) -> None:
        ends = Ends()
        given = answer(ends, Upper(gate))
        given.on_block(b"x", False)
        await turns()
        given.on_block(b"x" * (MOST_WAITING_BYTES + 1), False)
        assert ends.trail == ["hold"]
        gate.set()
        await turns()
        assert ends.trail == ["hold", "release"]
        given.on_block(b"y", True)
        await turns()
        assert ends.passed[-1] == (b"Y", True)

    in_a_loop(scene)


def test_nobody_waits_for_a_filter_when_the_exchange_is_over() -> None:
    async def scene(gate: asyncio.Event) -> None:
        ends = Ends()
        given = answer(ends, Upper(gate))
        assert isinstance(given, WaitingAnswer)
        given.on_block(b"one", False)
        await turns()
        given.give_up()
        gate.set()
        await turns()
        assert ends.passed == []
        assert len(asyncio.all_tasks()) == 1

    in_a_loop(scene)


def head(status: int = 200, content_type: bytes = b"application/json", encoding: bytes = b"") -> ResponseHead:
    made = ResponseHead(status, b"OK", [])
    made.content_type = content_type
    made.content_encoding = encoding
    return made


@pytest.mark.parametrize(
    ("path", "response", "expected"),
    [
        ("/v1/chat/completions", head(), "application/json"),
        ("/v1/chat/completions", head(content_type=b"text/event-stream; charset=utf-8"), "text/event-stream"),
        ("/v1/chat/completions", head(content_type=b"text/plain"), "application/json"),
        ("/v1/chat/completions", head(500), None),
        ("/v1/embeddings", head(), "application/json"),
        ("/v1/audio/speech", head(content_type=b"audio/mpeg"), None),
        ("/v1/images/generations", head(content_type=b"text/event-stream"), None),
    ],
)
def test_answers_made_of_texts_are_filtered_whatever_they_call_themselves(
    path: str, response: ResponseHead, expected: str | None
) -> None:
    kind = kind_of(trial_exchange(path=path), response)
    assert (None if kind is None else kind.content_type) == expected


def test_a_stream_that_no_filter_can_read_does_not_pass() -> None:
    with pytest.raises(ProviderProtocolError, match="asked for plain"):
        kind_of(trial_exchange(), head(content_type=b"text/event-stream", encoding=b"gzip"))
