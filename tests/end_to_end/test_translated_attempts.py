"""Attempts of different dialects that follow one another, or run side by side, and answers of the wrong kind."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import (
    Answer,
    End,
    RecordedRequest,
    Repeat,
    compressed,
    delayed,
    event_answer,
    json_answer,
)
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.wire import Reply, Wire, ask, events, request

ROWS = """
model_providers:
  - {model: chat_at/*, base_url: "A", provider_interface: openai, access_key: key}
  - {model: messages_at/*, base_url: "A", provider_interface: anthropic, access_key: key}
  - {model: gemini/*, base_url: "A", provider_interface: gemini, access_key: key}
  - {model: responses_at/*, base_url: "A", provider_interface: openai_responses, access_key: key}
  - {model: careful/*, base_url: "A", provider_interface: openai, access_key: key, strict: true}
  - model: to_own/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [messages_at/hello], default_max_attempts: 2}
  - model: to_strict/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [careful/hello, gemini/hello], default_max_attempts: 2}
  - model: to_strict_only/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [careful/hello], default_strategy: same_model, default_max_attempts: 2}
  - model: to_responses/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [responses_at/hello], default_max_attempts: 2}
  - model: from_own/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [chat_at/hello], default_max_attempts: 2}
  - model: counts/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [chat_at/hello, messages_at/hello], default_max_attempts: 3}
  - model: counts_alone/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [chat_at/hello], default_max_attempts: 3}
  - model: breaks/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [messages_at/words], default_max_attempts: 4}
  - model: breaks_twice/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [gemini/500-always, messages_at/words], default_max_attempts: 4}
  - model: strict_first/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    strict: true
    retry_policy: {fallback_models: [messages_at/hello], default_max_attempts: 2}
  - model: hedged_to_own/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [messages_at/hello], hedge: {after_ms: 100, max_share: 1}}
  - model: hedged_to_other/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [chat_at/hello], hedge: {after_ms: 100, max_share: 1}}
"""
BODY: dict[str, Any] = {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@pytest.fixture(scope="module")
def translating(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = ROWS.replace('"A"', f'"{_provider.base_url}"')
    limits = "idle_timeout: 1s, ping_interval: 1s"
    with start_gateway(lambda port: listener(port, limits) + rows) as running:
        yield running
        told = running.all_logs()
        assert not re.search("Traceback|[Ee]xception in callback|never retrieved", told), told[-3000:]


def messages(model: str, *headers: str, **more: Any) -> bytes:
    return request(BODY | {"model": model} | more, "/v1/messages", *headers)


def chat(model: str, *headers: str, **more: Any) -> bytes:
    return request(BODY | {"model": model} | more, "/v1/chat/completions", *headers)


def message_of(answer: Reply) -> str:
    return str(answer.json()["error"]["message"])


# One after the other.


@STREAMED
def test_what_a_failed_attempt_was_not_told_is_not_told_of_the_next(translating: Gateway, stream: bool) -> None:
    answer = ask(translating, messages("to_own/500-always", container="c", stream=stream))
    assert (answer.status, answer.header("x-plano-model")) == (200, "messages_at/hello")
    assert answer.header("x-plano-dropped") is None


@STREAMED
def test_a_fallback_that_cannot_be_told_the_request_is_left_out(translating: Gateway, stream: bool) -> None:
    answer = ask(translating, messages("to_strict/500-always", container="c", stream=stream))
    assert (answer.status, answer.header("x-plano-model")) == (200, "gemini/hello")
    assert answer.header("x-plano-attempts") == "2"
    assert answer.header("x-plano-dropped") == "container"


def test_a_fallback_that_cannot_be_told_the_request_does_not_hide_the_failure(translating: Gateway) -> None:
    answer = ask(translating, messages("to_strict_only/error-529", container="c"))
    assert answer.status == 529


def test_a_strict_first_target_gives_way_to_those_that_can_be_told(translating: Gateway) -> None:
    answer = ask(translating, messages("strict_first/hello", container="c"))
    assert (answer.status, answer.header("x-plano-model")) == (200, "messages_at/hello")


def test_a_strict_target_without_others_refuses(translating: Gateway) -> None:
    answer = ask(translating, messages("careful/hello", container="c"))
    assert answer.status == 400
    assert "`container`" in message_of(answer)


def test_a_malformed_request_is_refused_at_once(translating: Gateway, provider: ScriptedProvider) -> None:
    before = len(provider.requests)
    answer = ask(translating, messages("to_own/hello", messages="no list"))
    assert answer.status == 400
    assert len(provider.requests) == before


def test_a_seal_taken_out_for_one_attempt_is_there_for_the_next(
    translating: Gateway, provider: ScriptedProvider
) -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "plano:openai_responses:rs_1:gAAAA"}
    said = {"role": "assistant", "content": [thinking, {"type": "text", "text": "well"}]}
    told = [*BODY["messages"], said, {"role": "user", "content": "so?"}]
    answer = ask(translating, messages("to_responses/500-always", messages=told))
    assert answer.header("x-plano-model") == "responses_at/hello"
    assert b"plano:" not in provider.requests[-2].body
    assert b'"gAAAA"' in provider.requests[-1].body


@pytest.mark.parametrize(("model", "stands_in"), [("counts", "messages_at/hello"), ("counts_alone", None)])
def test_nobody_is_asked_for_an_answer_in_place_of_a_count(
    translating: Gateway, provider: ScriptedProvider, model: str, stands_in: str | None
) -> None:
    asked = []

    def rule(sent: RecordedRequest) -> Answer | None:
        asked.append(sent.path)
        refusal = json_answer({"error": {"message": "no"}}, status=500)
        return refusal if sent.path.endswith("count_tokens") and sent.json()["model"] == "away" else None

    provider.script.on_request(rule)
    try:
        answer = ask(translating, request(BODY | {"model": f"{model}/away"}, "/v1/messages/count_tokens"))
    finally:
        provider.script._first.remove(rule)
    assert {path.rpartition("/")[2] for path in asked} == {"count_tokens"}
    if stands_in:
        assert (answer.status, answer.header("x-plano-model")) == (200, stands_in)
        assert "input_tokens" in answer.json()
    else:
        assert answer.status >= 500


def test_tokens_of_a_broken_stream_are_counted_once(translating: Gateway) -> None:
    tokens = []
    for model in ("breaks", "breaks_twice"):
        answer = ask(translating, messages(f"{model}/cut-30", f"x-request-id: {model}", stream=True, max_tokens=500))
        assert b"message_stop" in answer.body
        tokens.append(re.search(r"tokens=(\d+)", translating.access_line(f'"{model}"'))[1])  # type: ignore[index]
    assert tokens[0] == tokens[1]


# Side by side.


@STREAMED
def test_of_two_that_race_the_winner_is_told_of(
    translating: Gateway, provider: ScriptedProvider, stream: bool
) -> None:
    own = ask(translating, messages("hedged_to_own/late-2", container="c", stream=stream))
    assert (own.status, own.header("x-plano-model")) == (200, "messages_at/hello")
    assert own.header("x-plano-dropped") is None
    other = ask(translating, messages("hedged_to_other/late-2", container="c", stream=stream))
    assert (other.status, other.header("x-plano-model")) == (200, "chat_at/hello")
    assert other.header("x-plano-dropped") == "container"


@STREAMED
def test_of_two_that_race_the_first_may_win_after_all(
    translating: Gateway, provider: ScriptedProvider, stream: bool
) -> None:
    def rule(sent: RecordedRequest) -> Answer | None:
        return delayed(json_answer({"too": "late"}), 5) if sent.json()["model"] == "hello" else None

    provider.script.on_request(rule)
    try:
        own = ask(translating, messages("hedged_to_own/late-1", container="c", stream=stream))
        other = ask(translating, messages("hedged_to_other/late-1", container="c", stream=stream))
    finally:
        provider.script._first.remove(rule)
        provider.script._ready.clear()
    assert (own.header("x-plano-model"), own.header("x-plano-dropped")) == ("hedged_to_own/late-1", "container")
    assert (other.header("x-plano-model"), other.header("x-plano-dropped")) == ("hedged_to_other/late-1", None)


# Answers of the wrong kind.

CHUNKS = (
    b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}\n\n',
    b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}\n\n',
    b'data: {"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n',
    b"data: [DONE]\n\n",
)
DOCUMENT = {
    "id": "c",
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}


def play(provider: ScriptedProvider, model: str, answer: Answer) -> str:
    provider.script.on_model(model, answer)
    return model


def html() -> Answer:
    return Answer(headers=(("content-type", "text/html"),), body=(b"<html>Welcome</html>",))


WRONG: dict[str, Callable[[], Answer]] = {
    "html": html,
    "empty": lambda: json_answer(b""),
    "nothing": lambda: Answer(status=204),
    "error": lambda: json_answer({"error": {"message": "all is lost", "type": "server_error"}}),
    "list": lambda: json_answer([]),
    "redirect": lambda: Answer(status=302, headers=(("location", "http://x"),), body=(b"moved",)),
    "packed-and-cut": lambda: Answer(
        headers=(("content-type", "application/json"), ("content-encoding", "gzip")), body=(b"\x1f\x8b\x08\x00",)
    ),
}


@STREAMED
@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("at", ["chat_at", "gemini", "responses_at"])
def test_an_answer_that_is_none_is_a_clean_error(
    translating: Gateway, provider: ScriptedProvider, kind: str, stream: bool, at: str
) -> None:
    provider.script.then(WRONG[kind]())
    with Wire(translating) as wire:
        answer = wire.ask(messages(f"{at}/wrong-{kind}", stream=stream))
        assert (answer.status, answer.json()["type"], answer.is_whole) == (502, "error", True)
        if kind == "error":
            assert "all is lost" in message_of(answer)
        assert wire.ask(messages("chat_at/hello")).status == 200


@pytest.mark.parametrize("model", ["chat_at/document", "to_own/document"])
def test_a_document_in_place_of_a_stream_becomes_one(
    translating: Gateway, provider: ScriptedProvider, model: str
) -> None:
    play(provider, "document", json_answer(DOCUMENT))
    answer = ask(translating, messages(model, stream=True))
    assert answer.header("content-type") == "text/event-stream; charset=utf-8"
    names = [name for name, _ in events(answer.body)]
    assert (names[0], names[-1]) == ("message_start", "message_stop")
    assert b'"Hello"' in answer.body


@pytest.mark.parametrize("asks", [False, True])
def test_a_document_in_place_of_a_stream_tells_usage_only_when_asked(
    translating: Gateway, provider: ScriptedProvider, asks: bool
) -> None:
    answer_of_claude = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    play(provider, "claude-document", json_answer(answer_of_claude))
    more = {"stream_options": {"include_usage": True}} if asks else {}
    answer = ask(translating, chat("messages_at/claude-document", stream=True, **more))
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert (b'"usage":{' in answer.body) is asks
    assert answer.is_whole


@pytest.mark.parametrize("model", ["chat_at/unasked", "to_own/unasked"])
def test_a_stream_nobody_asked_for_does_not_reach_who_cannot_read_it(
    translating: Gateway, provider: ScriptedProvider, model: str
) -> None:
    play(provider, "unasked", event_answer(CHUNKS))
    answer = ask(translating, messages(model))
    assert answer.header("x-plano-model") in (None, "messages_at/hello")
    assert answer.header("content-type") == "application/json"
    assert answer.status == (502 if "chat_at" in model else 200)


def test_a_packed_stream_is_a_clean_error(translating: Gateway, provider: ScriptedProvider) -> None:
    play(provider, "packed", compressed(event_answer(CHUNKS)))
    answer = ask(translating, messages("chat_at/packed", stream=True))
    assert (answer.status, answer.header("content-encoding"), answer.json()["type"]) == (502, None, "error")


@pytest.mark.parametrize("model", ["chat_at/lingers", "to_own/lingers"])
def test_a_provider_that_keeps_the_connection_open_after_its_last_event(
    translating: Gateway, provider: ScriptedProvider, model: str
) -> None:
    play(provider, "lingers", event_answer((*CHUNKS, End.HANG)))
    with Wire(translating) as wire:
        wire.send(messages(model, stream=True))
        began_s = time.monotonic()
        wire.until(b'{"type":"message_stop"}\n\n')
        assert time.monotonic() - began_s < 0.9
        wire.until(b"0\r\n\r\n")


@pytest.mark.parametrize("model", ["gemini/lingers", "chat_at/lingers-before-done"])
def test_a_provider_that_has_said_why_it_ended_and_falls_silent(
    translating: Gateway, provider: ScriptedProvider, model: str
) -> None:
    said = b'data: {"candidates":[{"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"}]}\n\n'
    provider.script.then(event_answer(((said,) if "gemini" in model else CHUNKS[:2]) + (End.HANG,)))
    answer = ask(translating, messages(model, stream=True))
    assert answer.is_whole
    assert events(answer.body)[-1][0] == "message_stop"


# Records.


@STREAMED
@pytest.mark.parametrize("at", ["chat_at", "responses_at", "gemini"])
def test_the_log_tells_of_a_translated_answer_what_it_tells_of_others(
    translating: Gateway, stream: bool, at: str
) -> None:
    for say, name in ((messages, "own"), (chat, "chat")):
        answer = ask(translating, say(f"{at}/hello", f"x-request-id: {at}-{stream}-{name}", stream=stream))
        assert answer.status == 200
        line = translating.access_line(f"{at}-{stream}-{name}")
        assert f" attempts=1 model={at}/hello tokens=" in line
        assert "tokens=0" not in line
        if name == "own" and not stream:
            usage = answer.json()["usage"]
            assert f"tokens={usage['input_tokens']}/{usage['output_tokens']}" in line


def test_estimates_are_logged(translating: Gateway) -> None:
    body = BODY | {"model": "chat_at/hello"}
    body.pop("max_tokens")
    answer = ask(translating, request(body, "/v1/messages/count_tokens", "x-request-id: counted"))
    assert answer.status == 200
    assert "chat_at/hello" in translating.access_line("counted")
    wrong = ask(translating, request(body | {"messages": 3}, "/v1/messages/count_tokens"))
    assert (wrong.status, wrong.json()["type"]) == (400, "error")


# Clients of all kinds.


@STREAMED
def test_old_clients_get_translated_answers(translating: Gateway, stream: bool) -> None:
    body = BODY | {"model": "chat_at/hello", "stream": stream}
    with Wire(translating) as wire:
        wire.send(request(body, "/v1/messages", version="1.0"))
        told = wire.rest()
    assert told.startswith(b"HTTP/1.1 200")
    assert b"transfer-encoding" not in told
    assert b"message_stop" in told if stream else json.loads(told.partition(b"\r\n\r\n")[2])["content"]


def test_a_client_that_reads_slowly_slows_the_provider_down(
    translating: Gateway, provider: ScriptedProvider
) -> None:
    piece = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % (b"x" * 8000)
    play(provider, "flood", event_answer((*([piece] * 4000), *CHUNKS[1:])))
    before = translating.resident_bytes()
    with Wire(translating, timeout_s=20) as wire:
        wire.send(messages("chat_at/flood", stream=True))
        wire.until(b"message_start")
        time.sleep(1)
        assert translating.resident_bytes() - before < 16 << 20
        answer = wire.until(b'{"type":"message_stop"}\n\n')
    assert answer.count(b"x" * 8000) == 4000


def test_a_long_request_is_not_kept_while_its_answer_streams(
    translating: Gateway, provider: ScriptedProvider
) -> None:
    play(provider, "endless", event_answer((CHUNKS[0], *[End.HANG])))
    tools = [{"type": "text", "text": f"{number} {'y' * 50}"} for number in range(30_000)]
    wires = []
    try:
        for number in range(25):
            if number == 1:
                before = translating.resident_bytes()
            wires.append(Wire(translating))
            wires[-1].send(messages("chat_at/endless", stream=True, messages=[{"role": "user", "content": tools}]))
            wires[-1].until(b'"Hel"')
        grown = translating.resident_bytes() - before
    finally:
        for wire in wires:
            wire.socket.close()
    assert grown < 40 << 20  # the bodies alone would be 60 MiB; a freed one leaves holes in the heap


def test_a_stopping_worker_ends_translated_streams_in_the_clients_words(
    provider: ScriptedProvider, start_gateway: StartGateway
) -> None:
    rows = ROWS.replace('"A"', f'"{provider.base_url}"')
    provider.script.on_model("shutdown", event_answer((CHUNKS[0], End.HANG)))
    with start_gateway(lambda port: listener(port) + rows) as running, Wire(running) as wire:
        wire.send(messages("chat_at/shutdown", stream=True))
        wire.until(b'"Hel"')
        running.process.send_signal(signal.SIGTERM)
        wire.socket.settimeout(3)
        time.sleep(0.2)
        running.process.send_signal(signal.SIGTERM)
        told = wire.rest()
    assert b"event: error" in told, told


@STREAMED
@pytest.mark.parametrize("model", ["chat_at/waits", "to_own/waits"])
def test_a_client_that_leaves_takes_its_provider_along(
    translating: Gateway, provider: ScriptedProvider, model: str, stream: bool
) -> None:
    name = f"waits-{stream}-{model[:4]}"
    model = model.replace("waits", name)
    play(provider, name, event_answer((CHUNKS[0], End.HANG)) if stream else delayed(json_answer(DOCUMENT), 30))
    with Wire(translating) as wire:
        wire.send(messages(model, f"x-request-id: leaves-{stream}-{model[:4]}", stream=stream))
        if stream:
            wire.until(b'"Hel"')
        else:
            wait_for(lambda: any(name.encode() in asked.body for asked in provider.requests))
        asked = provider.requests[-1]
    wait_for(lambda: asked.outcome == "client_left")
    assert " 499 " in translating.access_line(f"leaves-{stream}-{model[:4]}")


@pytest.mark.parametrize("path", ["messages", "chat"])
@pytest.mark.parametrize("refuses", [False, True])
def test_pings_come_before_a_translated_stream(
    translating: Gateway, provider: ScriptedProvider, refuses: bool, path: str
) -> None:
    """With somebody who could take over plano begins the stream by itself."""
    name = f"slow-{refuses}-{path}"
    refusal = json_answer({"error": {"message": "second thoughts", "code": "odd"}}, status=400)
    play(provider, name, delayed(refusal if refuses else event_answer(CHUNKS), 2.5))
    say = messages if path == "messages" else chat
    model = f"to_own/{name}" if path == "messages" else f"from_own/{name}"
    answer = ask(translating, say(model, stream=True))
    assert (answer.status, answer.is_whole) == (200, True)
    assert answer.body.startswith(b": ping" if path == "chat" else b"event: ping"), answer.body[:80]
    if refuses:
        assert b"second thoughts" in answer.body
    else:
        assert b"[DONE]" in answer.body if path == "chat" else b"message_stop" in answer.body


@pytest.mark.parametrize("model", ["chat_at/broken", "to_own/broken"])
@pytest.mark.parametrize("stage", ["at-once", "midway"])
def test_events_that_cannot_be_read_end_a_stream_cleanly(
    translating: Gateway, provider: ScriptedProvider, model: str, stage: str
) -> None:
    broken = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"lo}}]\n\n'
    play(provider, "broken", event_answer((broken,) if stage == "at-once" else (CHUNKS[0], broken, End.HANG)))
    answer = ask(translating, messages(model, stream=True))
    assert answer.is_whole
    if model == "to_own/broken":
        assert events(answer.body)[-1][0] == "message_stop" or events(answer.body)[-1][0] == "error"
    elif stage == "at-once":
        assert answer.status == 502
    else:
        assert events(answer.body)[-1][0] == "error"


def test_an_event_without_end_ends_the_stream(translating: Gateway, provider: ScriptedProvider) -> None:
    play(provider, "no-end", event_answer((CHUNKS[0], b"data: ", Repeat(b"x" * 65536, 1024))))
    before = translating.resident_bytes()
    with Wire(translating, timeout_s=20) as wire:
        answer = wire.ask(messages("chat_at/no-end", stream=True))
    assert events(answer.body)[-1][0] == "error"
    assert translating.resident_bytes() - before < 128 << 20
