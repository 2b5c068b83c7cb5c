"""What a client gets: the provider's bytes, and the headers plano adds."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import (
    Answer,
    Pause,
    compressed,
    event_answer,
    hello,
    json_answer,
    raw_answer,
    with_early_hints,
)
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Wire, ask, chat, request

ASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"model": "mock/hello", "messages": []}),
    "completions": ("/v1/completions", {"model": "mock/hello", "prompt": "hi"}),
    "responses": ("/v1/responses", {"model": "mock/hello", "input": "hi", "store": False}),
    "messages": ("/v1/messages", {"model": "claude/hello", "max_tokens": 9, "messages": []}),
}


ASKS_FOR_USAGE: dict[str, Any] = {
    "chat": {"stream_options": {"include_usage": True}},
    "completions": {"stream_options": {"include_usage": True}},
}


@pytest.fixture
def told(gateway: Gateway, provider: ScriptedProvider):
    """`told(answer, request)`: what the client gets when the provider answers like that."""

    def told(answer: Any, data: bytes):
        provider.script.then(answer)
        return ask(gateway, data)

    return told


# Bodies.


@pytest.mark.parametrize("operation", ASKS)
def test_the_providers_json_arrives_byte_for_byte(told, operation: str) -> None:
    path, body = ASKS[operation]
    odd = b' {"usage" : {"prompt_tokens":1.50e0, "a":[ ] },\t"x":"\\u00e4\xc3\xa4","x":2, "id":"1"}\n\n'
    answer = told(json_answer(odd), request(body, path))
    assert answer.body == odd
    assert answer.header("content-length") == str(len(odd))


@pytest.mark.parametrize("operation", ASKS)
def test_the_providers_stream_arrives_byte_for_byte(told, operation: str) -> None:
    path, body = ASKS[operation]
    sent = []

    def remembered(ask: Any) -> Answer:
        answer = hello(ask)
        sent.extend(answer.body)
        return answer

    answer = told(remembered, request({**body, "stream": True, **ASKS_FOR_USAGE.get(operation, {})}, path))
    assert answer.is_whole
    assert len(sent) > 3
    assert answer.body == b"".join(sent)
    assert answer.header("content-type") == "text/event-stream; charset=utf-8"
    assert answer.header("x-accel-buffering") == "no"
    assert answer.header("content-length") is None


WORD = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
DONE = b"data: [DONE]\n\n"
ODD_STREAMS = {
    "comments and pings": [b": hello\n\n", b"event: ping\ndata: {}\n\n", WORD, DONE],
    "carriage returns": [WORD.replace(b"\n", b"\r\n"), DONE.replace(b"\n", b"\r\n")],
    "fields of every kind": [b"id: 7\nretry: 10\nevent: x\ndata: 1\ndata: 2\n\n", b"data\n\n", b"\n\n"],
    "not utf-8": [b"data: \xff\xfe\n\n"],
    "bytes that are no events": [bytes(range(256)) * 8],
    "one byte at a time": [bytes([byte]) for byte in WORD + DONE],
    "a large event": [WORD.replace(b'"a"', b'"%b"' % (b"x" * 300_000)), DONE],
}


@pytest.mark.parametrize("stream", ODD_STREAMS)
@pytest.mark.parametrize("asks_for_usage", [True, False])
def test_odd_streams_arrive_byte_for_byte(told, stream: str, asks_for_usage: bool) -> None:
    options = {"stream_options": {"include_usage": True}} if asks_for_usage else {}
    answer = told(event_answer(ODD_STREAMS[stream]), chat("mock/hello", stream=True, **options))
    assert answer.is_whole
    assert answer.body == b"".join(ODD_STREAMS[stream])


def test_a_stream_that_ends_in_the_middle_does_not_end_cleanly(told) -> None:
    answer = told(event_answer([WORD, b'data: {"choices":']), chat("mock/hello", stream=True))
    assert answer.body.startswith(WORD + b'data: {"choices":\n\n')
    assert json.loads(answer.body.split(b"data: ")[-1])["error"]["code"] == "stream_interrupted"


def test_a_stream_that_lacks_only_its_last_frame_gets_one(told) -> None:
    last_word = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
    answer = told(event_answer([WORD, last_word]), chat("mock/hello", stream=True))
    assert answer.body == WORD + last_word + DONE


def test_a_withheld_usage_chunk_leaves_all_others_as_they_were(told) -> None:
    kept = [b'data: {"choices":[{"delta":{"content":"a"}}],"usage":null}\n\n', b"data: [DONE]\n\n"]
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n'
    answer = told(event_answer([kept[0], usage, kept[1]]), chat("mock/hello", stream=True))
    assert answer.body == b"".join(kept)


def test_a_compressed_body_is_relayed_as_it_is(told) -> None:
    body = b'{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}'
    answer = told(compressed(json_answer(body)), chat("mock/hello", "accept-encoding: gzip"))
    assert answer.header("content-encoding") == "gzip"
    assert gzip.decompress(answer.body) == body


def test_a_stream_compressed_against_our_wish_is_relayed_as_it_is(told) -> None:
    events = [b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', b"data: [DONE]\n\n"]
    answer = told(compressed(event_answer(events)), chat("mock/hello", stream=True))
    assert gzip.decompress(answer.body) == b"".join(events)


def test_an_error_for_a_stream_keeps_its_body_and_status(told) -> None:
    body = b'{ "error": {"message":"no"} }'
    answer = told(json_answer(body, status=418), chat("mock/hello", stream=True))
    assert (answer.status, answer.body) == (418, body)


def test_a_body_that_ends_with_the_connection_is_taken_whole(told) -> None:
    json_type = ("content-type", "application/json")
    unframed = Answer(headers=(json_type,), body=(b'{"a":', b"1}"), framing="until_close")
    answer = told(unframed, chat("mock/hello"))
    assert answer.is_whole
    assert answer.body == b'{"a":1}'


def test_an_answer_of_http_1_0_is_understood(told) -> None:
    raw = raw_answer(b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n", b'{"a":1}')
    answer = told(raw, chat("mock/hello"))
    assert (answer.status, answer.body, answer.is_whole) == (200, b'{"a":1}', True)


def test_interim_answers_are_not_taken_for_the_answer(told) -> None:
    answer = told(lambda ask: with_early_hints(hello(ask)), chat("mock/hello"))
    assert answer.status == 200
    assert answer.json()["choices"]
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nx-no: 1\r\n\r\n"
    final = b"HTTP/1.1 201 Made\r\ncontent-length: 2\r\n\r\n{}"
    answer = told(raw_answer(interim + final, closes=False), chat("mock/hello"))
    assert (answer.status, answer.reason, answer.body) == (201, "Made", b"{}")
    assert answer.header("x-no") is None


def test_an_empty_body_is_an_empty_body(told) -> None:
    answer = told(raw_answer(b"HTTP/1.1 204 No Content\r\n\r\n", closes=False), chat("mock/hello"))
    assert (answer.status, answer.body, answer.header("content-length")) == (204, b"", None)
    answer = told(json_answer(b""), chat("mock/hello"))
    assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "0")


def test_a_head_that_arrives_in_pieces_is_one_head(told) -> None:
    raw = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n" + b'{"a":1}'
    pieces: list[Any] = []
    for at in range(0, len(raw), 9):
        pieces += [raw[at : at + 9], Pause(0)]
    assert told(raw_answer(*pieces, closes=False), chat("mock/hello")).body == b'{"a":1}'


# Headers.


def test_the_providers_headers_arrive_but_for_those_of_the_hop(told) -> None:
    headers = (
        ("x-ratelimit-remaining-requests", "9"),
        ("openai-processing-ms", "12"),
        ("retry-after", "3"),
        ("x-request-id", "req_theirs"),
        ("keep-alive", "timeout=5"),
        ("connection", "keep-alive, x-hop"),
        ("x-hop", "1"),
        ("alt-svc", 'h3=":443"'),
        ("strict-transport-security", "max-age=1"),
        ("access-control-allow-origin", "https://theirs.example"),
        ("x-plano-model", "forged"),
        ("x-plano-provider", "forged"),
    )
    answer = told(json_answer(b"{}", headers=headers), chat("mock/hello", "x-request-id: ours"))
    for name in ("x-ratelimit-remaining-requests", "openai-processing-ms", "retry-after"):
        assert answer.header(name) == dict(headers)[name]
    assert answer.header("x-request-id") == "ours"
    assert answer.header("x-upstream-request-id") == "req_theirs"
    assert answer.header("x-plano-model") == "mock/hello"
    assert answer.header("x-plano-provider") == "mock/*"
    assert answer.header("access-control-allow-origin") is None
    for name in ("keep-alive", "x-hop", "alt-svc", "strict-transport-security"):
        assert answer.header(name) is None, name


def test_the_time_plano_took_is_told(gateway: Gateway) -> None:
    timing = ask(gateway, chat("mock/hello")).header("server-timing")
    assert timing is not None
    found = re.fullmatch(r"plano;dur=(\d+\.\d{3})", timing)
    assert found is not None
    assert 0 < float(found[1]) < 1000


@pytest.mark.parametrize("offered", ["abc-DEF_1.2:3", "a" * 128, "x+/=@"])
def test_a_presentable_request_id_is_kept(gateway: Gateway, offered: str) -> None:
    assert ask(gateway, chat("mock/hello", f"x-request-id: {offered}")).header("x-request-id") == offered


@pytest.mark.parametrize("offered", ["a" * 129, "a b", 'a"b', "<script>", "\xe4", "a,b", ""])
def test_another_request_id_is_replaced(gateway: Gateway, provider: ScriptedProvider, offered: str) -> None:
    given = ask(gateway, chat("mock/hello", f"x-request-id: {offered}")).header("x-request-id")
    assert given is not None
    assert re.fullmatch("[0-9a-f]{32}", given)
    assert provider.last_request.header("x-request-id") == given


def test_no_two_exchanges_have_the_same_id(gateway: Gateway) -> None:
    with Wire(gateway) as wire:
        ids = [wire.ask(chat("mock/hello")).header("x-request-id") for _ in range(20)]
    assert len(set(ids)) == 20


def test_browsers_may_read_answers_and_errors(gateway: Gateway) -> None:
    origin = "origin: https://app.example"
    for data in (
        chat("mock/hello", origin),
        chat("mock/error-500", origin),
        chat("nobody/here", origin),
        chat("mock/reset", origin),
        request({}, "/nowhere", origin),
    ):
        assert ask(gateway, data).header("access-control-allow-origin") == "*", data
    assert ask(gateway, chat("mock/hello")).header("access-control-allow-origin") is None


def test_connections_are_used_again_on_both_sides(gateway: Gateway, provider: ScriptedProvider) -> None:
    with Wire(gateway) as wire:
        wire.ask(chat("mock/hello"))
        connections = provider.connection_count
        for _ in range(5):
            assert wire.ask(chat("mock/hello")).status == 200
            assert wire.ask(chat("mock/hello", stream=True)).is_whole
            assert wire.ask(chat("mock/error-429")).status == 429
    assert provider.connection_count == connections


def test_what_is_refused_before_its_end_is_refused_in_the_callers_dialect(gateway: Gateway) -> None:
    head = (
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-request-id: req-7\r\norigin: http://page.example\r\n"
        b"content-length: 99999999999\r\n\r\n"
    )
    with Wire(gateway) as wire:
        wire.send(head)
        answer = wire.reply()
    assert answer.status == 413
    assert answer.json()["type"] == "error"
    assert answer.json()["error"]["type"] == "request_too_large"
    assert answer.json()["request_id"] == "req-7"
    assert dict(answer.headers)["x-request-id"] == "req-7"
    assert dict(answer.headers)["access-control-allow-origin"] == "*"
