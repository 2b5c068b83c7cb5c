"""Events of a stream whose texts go through a filter, which leaves them or changes each of them."""

from __future__ import annotations

from collections.abc import Callable

from bench.micro.builds import Build
from bench.micro.cases import bench

#: As OpenAI sends them: padding and numbers differ from event to event.
CHAT = [
    b'data: {"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012","object":"chat.completion.chunk","created":1760000000,'
    b'"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_a1b2c3d4e5","choices":[{"index":0,'
    b'"delta":{"content":" word%d"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"%b"}\n\n'
    % (number, b"abcdefghij"[: number % 9])
    for number in range(200)
]
MESSAGES = [
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    b'"text":" word%d"}}\n\n' % number
    for number in range(200)
]
RESPONSES = [
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":%d,'
    b'"item_id":"msg_68a0b1c2d3e4f5a6b7c8d9e0","output_index":0,"content_index":0,"delta":" word%d","logprobs":[],'
    b'"obfuscation":"%b"}\n\n' % (number + 4, number, b"abcdefghij"[: number % 9])
    for number in range(200)
]
ARGUMENTS = [
    event.replace(
        b'"content":" word%d"' % number,
        b'"tool_calls":[{"index":0,"function":{"arguments":"%b"}}]' % (b" wo%d" % number if number else b'[\\"'),
    )
    for number, event in enumerate(CHAT)
]


class Leaving:
    """A filter that changes nothing."""

    def feed(self, piece: str) -> str:
        return piece

    def finish(self) -> str:
        return ""


class Changing(Leaving):
    """A filter that changes every piece."""

    def feed(self, piece: str) -> str:
        return piece.upper()


def _passing(build: Build, operation: str, events: list[bytes], filter: type[Leaving]) -> Callable[[], object]:
    made = build("dialects.stream_texts").StreamTexts

    def run() -> int:
        texts = made(operation, lambda place: filter())
        return sum([len(texts.feed(event)) for event in events])

    assert run() == sum(map(len, events))
    return run


@bench("texts of a stream: chat, 200 events", "stream_texts", operations=200, at_least=1.3)
def test_bench_chat(build: Build) -> Callable[[], object]:
    return _passing(build, "chat", CHAT, Leaving)


@bench("texts of a stream: chat, each changed, 200 events", "stream_texts", operations=200)
def test_bench_chat_changed(build: Build) -> Callable[[], object]:
    return _passing(build, "chat", CHAT, Changing)


@bench("texts of a stream: arguments, 200 events", "stream_texts", operations=200)
def test_bench_arguments(build: Build) -> Callable[[], object]:
    return _passing(build, "chat", ARGUMENTS, Leaving)


@bench("texts of a stream: messages, 200 events", "stream_texts", operations=200, at_least=1.3)
def test_bench_messages(build: Build) -> Callable[[], object]:
    return _passing(build, "messages", MESSAGES, Leaving)


@bench("texts of a stream: responses, 200 events", "stream_texts", operations=200, at_least=1.3)
def test_bench_responses(build: Build) -> Callable[[], object]:
    return _passing(build, "responses", RESPONSES, Leaving)


@bench("texts of a stream: a tap's pass over the same, 200 events", "sse_tap", operations=200)
def test_bench_tap(build: Build) -> Callable[[], object]:
    """For comparison: what a relay does with every stream."""
    tap, marks = build("http.wire.sse_tap").SseTap, build("dialects.openai_chat.stream").MARKS

    def run() -> int:
        watching = tap(marks, False)
        return sum([len(watching.feed(event)) for event in CHAT])

    assert run() == sum(map(len, CHAT))
    return run
