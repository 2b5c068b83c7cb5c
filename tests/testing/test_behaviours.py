"""Every named behaviour as it looks on the wire."""

from __future__ import annotations

import json
import time

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider.behaviours import BEHAVIOURS, behaviour_of
from tests.testing.wire import connect, exchange, post, read_answer, read_until

PATHS = ["/v1/chat/completions", "/v1/responses", "/v1/messages"]
CLOSE = "connection: close\r\nanthropic-version: 2023-06-01\r\n"


def ask(model: str, *, stream: bool = False) -> bytes:
    turns = [{"role": "user", "content": "hi"}]
    body = {"model": model, "messages": turns, "input": turns, "max_tokens": 99, "stream": stream}
    return json.dumps(body).encode()


def test_names_choose_behaviours_with_and_without_prefix() -> None:
    assert behaviour_of("mock/cut")[0] is behaviour_of("cut")[0]
    assert behaviour_of("gpt-4o")[0].name == "hello"
    assert behaviour_of("mock/error-418") == (behaviour_of("error-429")[0], ("418",))
    assert behaviour_of("error-200")[0].name == "hello"
    assert len({row.name for row in BEHAVIOURS}) == len(BEHAVIOURS)


@pytest.mark.parametrize("path", PATHS)
def test_errors_come_with_retry_after_where_waiting_helps(provider: ScriptedProvider, path: str) -> None:
    answer = exchange(provider, post(ask("mock/error-429"), path, headers=CLOSE))
    assert answer.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"\r\nretry-after: 1\r\n" in answer
    assert json.loads(answer.split(b"\r\n\r\n")[1])["error"]["type"] == "rate_limit_error"


def test_reset_and_close_come_before_any_answer(provider: ScriptedProvider) -> None:
    with pytest.raises(ConnectionResetError):
        exchange(provider, post(ask("mock/reset")))
    assert exchange(provider, post(ask("mock/close"))) == b""


@pytest.mark.parametrize("path", PATHS)
def test_cut_ends_a_stream_without_its_last_chunk(provider: ScriptedProvider, path: str) -> None:
    good = exchange(provider, post(ask("mock/hello", stream=True), path, headers=CLOSE))
    cut = exchange(provider, post(ask("mock/cut", stream=True), path, headers=CLOSE))
    assert good.endswith(b"\r\n0\r\n\r\n")
    assert b"\r\n\r\n" in cut
    assert not cut.endswith(b"\r\n0\r\n\r\n")
    assert len(cut) < len(good)


def test_cut_ends_a_whole_answer_before_its_announced_length(provider: ScriptedProvider) -> None:
    head, _, body = exchange(provider, post(ask("mock/cut"))).partition(b"\r\n\r\n")
    announced = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    assert 0 < len(body) < announced


@pytest.mark.parametrize("path", PATHS)
def test_no_done_is_well_framed_but_lacks_the_last_event(provider: ScriptedProvider, path: str) -> None:
    good = exchange(provider, post(ask("mock/hello", stream=True), path, headers=CLOSE))
    unfinished = exchange(provider, post(ask("mock/no-done", stream=True), path, headers=CLOSE))
    ends = [b"[DONE]", b"response.completed", b"message_stop"]
    assert any(end in good for end in ends)
    assert not any(end in unfinished for end in ends)
    assert unfinished.endswith(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("path", PATHS)
def test_malformed_holds_json_that_breaks_off(provider: ScriptedProvider, path: str, stream: bool) -> None:
    def broken(model: str) -> int:
        answer = exchange(provider, post(ask(model, stream=stream), path, headers=CLOSE, version="1.0"))
        body = answer.partition(b"\r\n\r\n")[2]
        texts = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")] if stream else [body]
        return sum(not is_json(text) for text in texts if text != b"[DONE]")

    def is_json(text: bytes) -> bool:
        try:
            json.loads(text)
        except ValueError:
            return False
        return True

    assert broken("mock/hello") == 0
    assert broken("mock/malformed") == 1


def test_stall_and_idle_leave_the_connection_open_in_silence(provider: ScriptedProvider) -> None:
    for model, seen in [("mock/stall", b"provider,"), ("mock/idle", b'"role":"assistant"')]:
        with connect(provider) as client:
            client.sendall(post(ask(model, stream=True)))
            received = read_until(client, seen)
            client.settimeout(0.05)
            with pytest.raises(TimeoutError):
                read_until(client, b"[DONE]")
            assert b"[DONE]" not in received
        provider.wait_until(lambda: provider.open_connections == 0)
        assert provider.last_request.outcome == "client_left"


def test_bench_700_is_exact_and_repeats_its_bytes(provider: ScriptedProvider) -> None:
    with connect(provider) as client:
        answers = set()
        for _ in range(3):
            client.sendall(post(ask("mock/bench-700")))
            answers.add(read_answer(client))
    ((_, body),) = answers
    assert len(body) == 700
    assert json.loads(body)["object"] == "chat.completion"
    assert provider.request_count == 3


def test_bench_stream_keeps_its_rate_and_stamps_events_of_220_bytes(provider: ScriptedProvider) -> None:
    request = post(ask("mock/bench-stream-100-20", stream=True), version="1.0")
    began_s = time.monotonic()
    body = exchange(provider, request).partition(b"\r\n\r\n")[2]
    assert 0.19 <= time.monotonic() - began_s < 2.0
    stamped = [event for event in body.split(b"\n\n") if b"....." in event]
    assert {len(event) + 2 for event in stamped} == {220}
    stamps = [int(json.loads(event[6:])["choices"][0]["delta"]["content"][:16]) for event in stamped]
    assert len(stamps) == 20
    assert stamps == sorted(stamps)
    assert began_s <= stamps[0] / 1e6 <= time.monotonic()


def test_slow_first_token_sends_the_head_at_once(provider: ScriptedProvider) -> None:
    with connect(provider) as client:
        began_s = time.monotonic()
        client.sendall(post(ask("mock/slow-first-token", stream=True)))
        assert b"data:" not in read_until(client, b"\r\n\r\n")
        assert time.monotonic() - began_s < 1.0


def test_slow_sends_events_one_by_one(provider: ScriptedProvider) -> None:
    with connect(provider) as client:
        client.sendall(post(ask("mock/slow", stream=True)))
        began_s = time.monotonic()
        read_until(client, b"Hello!")
        assert time.monotonic() - began_s >= 0.15
