"""Heads, framing, streams and JSON: what runs per byte or per read."""

from __future__ import annotations

from collections.abc import Callable

from bench.micro.builds import Build
from bench.micro.cases import OPERATIONS, bench
from bench.micro.peers import Outlet, Transport, Turn
from bench.micro.transcripts import (
    ANSWER,
    BODY,
    EVENT,
    EVENT_CHUNK,
    REQUEST,
    RESPONSE,
    STREAM_BODY,
    STREAM_HEAD,
    request_head,
    response_head,
)
from plano.testing.event_stream import event_stream_frame


@bench("write the request head to the provider", "head_writer", at_least=1.2)
def test_bench_request_fields(build: Build) -> Callable[[], object]:
    join_fields = build("http.wire.head_writer").join_fields
    headers = request_head(build).headers
    dropped = frozenset((b"host", b"content-length", b"authorization", b"connection", b"x-request-id"))
    prefixes = (b"x-plano-", b"x-arch-", b"x-forwarded-")
    last = (b"host: api.openai.com\r\n", b"x-request-id: ", b"f" * 32, b"\r\ncontent-length: 241\r\n\r\n", BODY)

    def run() -> bytes:
        for _ in range(OPERATIONS):
            out: bytes = join_fields(b"POST /v1/chat/completions HTTP/1.1\r\n", headers, dropped, prefixes, last)
        return out

    assert run().endswith(b"content-length: 241\r\n\r\n" + BODY)
    return run


@bench("write the response head to the client", "head_writer", at_least=1.2)
def test_bench_response_fields(build: Build) -> Callable[[], object]:
    join_fields = build("http.wire.head_writer").join_fields
    headers = response_head(build).headers
    dropped = frozenset((b"connection", b"transfer-encoding", b"content-length", b"x-request-id"))
    last = (b"x-plano-model: openai/gpt-4o\r\n", b"x-request-id: ", b"f" * 32, b"\r\n")

    def run() -> bytes:
        for _ in range(OPERATIONS):
            out: bytes = join_fields(b"HTTP/1.1 200 OK\r\n", headers, dropped, (), last)
        return out

    assert b"\r\nopenai-processing-ms: 12\r\nx-plano-model: openai/gpt-4o\r\n" in run()
    return run


@bench("watch one event of a stream", "sse_tap", at_least=1.2)
def test_bench_event_seen(build: Build) -> Callable[[], object]:
    tap_class = build("http.wire.sse_tap").SseTap
    marks = build("dialects.openai_chat.stream").MARKS

    def run() -> object:
        tap = tap_class(marks, False)
        for _ in range(OPERATIONS):
            tap.feed(EVENT)
        return tap

    tap = run()
    assert (tap.events, tap.saw_first_token) == (OPERATIONS, True)  # type: ignore[attr-defined]
    return run


@bench("watch one event, ready to withhold the usage chunk, two reads per event", "sse_tap", at_least=1.2)
def test_bench_event_cut_in_two(build: Build) -> Callable[[], object]:
    tap_class = build("http.wire.sse_tap").SseTap
    marks = build("dialects.openai_chat.stream").MARKS
    halves = EVENT[:150], EVENT[150:]

    def run() -> bytes:
        tap = tap_class(marks, True)
        out = [tap.feed(half) for _ in range(OPERATIONS) for half in halves]
        return b"".join(out)

    assert run() == EVENT * OPERATIONS
    return run


@bench("cut one frame out of an AWS event stream", "event_stream", at_least=1.2)
def test_bench_frame(build: Build) -> Callable[[], object]:
    splitter_class = build("http.wire.event_stream").EventStreamSplitter
    frame = event_stream_frame("contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"text":"Some words"}}')

    def run() -> int:
        splitter = splitter_class()
        return sum(len(splitter.feed(frame)) for _ in range(OPERATIONS))

    assert run() == OPERATIONS
    return run


@bench("find usage and finish reason in an answer", "json_tail", at_least=1.2)
def test_bench_answer_tail(build: Build) -> Callable[[], object]:
    tail = build("dialects.json_tail")
    last_object, last_string = tail.last_object, tail.last_string

    def run() -> tuple[bytes, str]:
        for _ in range(OPERATIONS):
            found = last_object(ANSWER, b'"usage"'), last_string(ANSWER, b'"finish_reason"')
        return found

    usage, reason = run()
    assert usage.startswith(b'{"prompt_tokens": 25')
    assert reason == "stop"
    return run


@bench("read one request", "request_reader", "head")
def test_bench_request_read(build: Build) -> Callable[[], object]:
    outlet = Outlet()
    feed = build("http.wire.request_reader").RequestReader(outlet, 65536, 1 << 25).feed

    def run() -> None:
        for _ in range(OPERATIONS):
            feed(REQUEST)

    run()
    assert (outlet.head.path, outlet.body) == (b"/v1/chat/completions", BODY)
    return run


@bench("read one response", "response_reader", "head")
def test_bench_response_read(build: Build) -> Callable[[], object]:
    outlet = Outlet()
    reader = build("http.wire.response_reader").ResponseReader(outlet, 65536)

    def run() -> None:
        for _ in range(OPERATIONS):
            reader.expect()
            reader.feed(RESPONSE)

    run()
    assert (outlet.head.status, outlet.body, outlet.ends) == (200, ANSWER, OPERATIONS)
    return run


@bench("read one event of a stream", "response_reader")
def test_bench_event_read(build: Build) -> Callable[[], object]:
    outlet = Outlet()
    reader = build("http.wire.response_reader").ResponseReader(outlet, 65536)
    reader.expect()
    reader.feed(STREAM_HEAD)

    def run() -> None:
        for _ in range(OPERATIONS):
            reader.feed(EVENT_CHUNK)

    run()
    assert (outlet.body, outlet.bodies) == (EVENT, OPERATIONS)
    return run


@bench("open a request body, look, set the model, write it", "json_envelope")
def test_bench_envelope(build: Build) -> Callable[[], object]:
    envelope_class = build("http.wire.json_envelope").Envelope

    def run() -> bytes:
        for _ in range(OPERATIONS):
            envelope = envelope_class.open(BODY)
            envelope.is_true("stream")
            envelope.set_raw("model", b'"gpt-4o"')
            out: bytes = envelope.encoded()
        return out

    assert run().startswith(b'{"model":"gpt-4o","messages":[')
    return run


@bench("the body for a provider of the same dialect", "same_dialect")
def test_bench_outgoing_body(build: Build) -> Callable[[], object]:
    envelope_class = build("http.wire.json_envelope").Envelope
    outgoing_body = build("dialects.same_dialect").outgoing_body
    envelopes = [envelope_class.open(BODY) for _ in range(OPERATIONS)]

    def run() -> bytes:
        for envelope in envelopes:
            envelope.set_raw("model", b'"openai/gpt-4o"')
            out: bytes = outgoing_body(BODY, envelope, b'"gpt-4o"')
        return out

    assert run().startswith(b'{"model":"gpt-4o","messages":[')
    return run


@bench("ask a stream for its usage", "same_dialect")
def test_bench_ask_for_usage(build: Build) -> Callable[[], object]:
    envelope_class = build("http.wire.json_envelope").Envelope
    ask_for_usage = build("dialects.same_dialect").ask_for_usage

    def run() -> bytes:
        for _ in range(OPERATIONS):
            envelope = envelope_class.open(STREAM_BODY)
            ask_for_usage(envelope)
        out: bytes = envelope.encoded()
        return out

    assert run().endswith(b'"stream_options":{"include_usage":true}}')
    return run


@bench("one write held until the end of the turn", "outbox")
def test_bench_outbox(build: Build) -> Callable[[], object]:
    turn = Turn()
    outbox = build("http.wire.outbox").Outbox(turn.call_soon)
    sent = []

    class Connection:
        def send_now(self) -> None:
            sent.append(self)

    connections = [Connection() for _ in range(OPERATIONS)]

    def run() -> None:
        sent.clear()
        for connection in connections:
            outbox.add(connection)
        turn.run()

    run()
    assert sent == connections
    return run


@bench("pause and resume reading", "read_holds")
def test_bench_read_holds(build: Build) -> Callable[[], object]:
    module = build("http.wire.read_holds")
    holds = module.ReadHolds(Transport())
    slow, unread = module.PEER_IS_SLOW, module.NOBODY_READS

    def run() -> None:
        for _ in range(OPERATIONS):
            holds.hold(slow)
            holds.hold(unread)
            holds.release(slow)
            holds.release(unread)

    run()
    assert holds.reasons == 0
    return run
