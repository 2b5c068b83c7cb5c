"""The faults of the sixty words, as a client sees them in every dialect."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import WORDS
from tests.testing.wire import connect, exchange, post, read_all

PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages"]
CLOSE = "connection: close\r\nanthropic-version: 2023-06-01\r\n"
BOTH = pytest.mark.parametrize("stream", [True, False])
EVERY_PATH = pytest.mark.parametrize("path", PATHS)


def ask(model: str, *, stream: bool = False, turns: list[dict[str, str]] | None = None) -> bytes:
    told = turns or [{"role": "user", "content": "hi"}]
    body = {"model": model, "messages": told, "input": told, "prompt": "hi", "max_tokens": 99, "stream": stream}
    return json.dumps(body).encode()


def answer_to(
    provider: ScriptedProvider,
    model: str,
    path: str = PATHS[0],
    *,
    stream: bool = False,
    turns: list[dict[str, str]] | None = None,
) -> tuple[int, bytes]:
    """Status and body; HTTP/1.0 spares the chunks."""
    request = post(ask(model, stream=stream, turns=turns), path, headers=CLOSE, version="1.0")
    head, _, body = exchange(provider, request).partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def events(body: bytes) -> Iterator[dict[str, object]]:
    """What can be read of a stream's events."""
    for line in body.split(b"\n"):
        if line.startswith(b"data: ") and line != b"data: [DONE]":
            try:
                yield json.loads(line[6:])
            except ValueError:
                continue


def text_of(body: bytes, *, stream: bool) -> str:
    """The text of an answer in any dialect."""
    if stream:
        return "".join(map(_delta, events(body)))
    whole = json.loads(body)
    if "choices" in whole:
        return str(whole["choices"][0].get("text") or whole["choices"][0]["message"]["content"])
    holder = whole["output"][0] if "output" in whole else whole
    return str(holder["content"][0]["text"])


def _delta(event: dict[str, object]) -> str:
    match event:
        case {"choices": [{"delta": {"content": str(text)}}]} | {"choices": [{"text": str(text)}]}:
            return text
        case {"type": "response.output_text.delta", "delta": str(text)} | {"delta": {"text": str(text)}}:
            return text
    return ""


def test_the_words_are_sixty() -> None:
    assert len(WORDS.split()) == 60


@BOTH
@EVERY_PATH
@pytest.mark.parametrize(
    "model",
    ["words", "words-0.001", "slow-head-0.01", "late-0.01", "pause-20-0.01", "no-prefill", "bills-7-9"],
)
def test_good_answers_are_the_same_everywhere(
    provider: ScriptedProvider, path: str, stream: bool, model: str
) -> None:
    status, body = answer_to(provider, f"mock/{model}", path, stream=stream)
    assert (status, text_of(body, stream=stream)) == (200, WORDS)


@BOTH
@EVERY_PATH
@pytest.mark.parametrize("model", ["429-once", "500-once", "503-once-7", "flapping-0.05"])
def test_a_fault_passes_once_it_was_met(provider: ScriptedProvider, path: str, stream: bool, model: str) -> None:
    first, _ = answer_to(provider, model, path, stream=stream)
    assert first == {"429": 429, "500": 500}.get(model[:3], 503)
    if model.startswith("flap"):
        time.sleep(0.06)
    status, body = answer_to(provider, model, path, stream=stream)
    assert (status, text_of(body, stream=stream)) == (200, WORDS)


def test_counts_are_kept_by_model_and_forgotten_on_reset(provider: ScriptedProvider) -> None:
    statuses = [answer_to(provider, model)[0] for model in ("500-once", "500-once", "500-once@b", "mock/500-once")]
    assert statuses == [500, 200, 500, 500]
    exchange(provider, b"POST /mock/reset HTTP/1.0\r\nhost: provider\r\ncontent-length: 0\r\n\r\n")
    assert answer_to(provider, "500-once")[0] == 500
    assert provider.request_count == 1


def test_a_once_reset_connection_is_answered_the_next_time(provider: ScriptedProvider) -> None:
    with pytest.raises(ConnectionResetError):
        answer_to(provider, "reset-once")
    assert exchange(provider, post(ask("close-once"))) == b""
    assert [answer_to(provider, model)[0] for model in ("reset-once", "close-once")] == [200, 200]


def test_retry_after_is_told_as_the_name_says(provider: ScriptedProvider) -> None:
    def head(model: str) -> bytes:
        return exchange(provider, post(ask(model), headers=CLOSE)).partition(b"\r\n\r\n")[0]

    assert b"\r\nretry-after: 2\r\n" in head("429-once") + b"\r\n"
    assert b"\r\nretry-after: 7\r\n" in head("429-once-7") + b"\r\n"
    assert b"retry-after" not in head("429-always")
    assert b"\r\nretry-after: 3\r\n" in head("503-always-3") + b"\r\n"


def test_endless_flapping_turns_bad_again(provider: ScriptedProvider) -> None:
    statuses = []
    for _ in range(5):
        statuses.append(answer_to(provider, "flapping-0.05-0.05")[0])
        time.sleep(0.05)
    assert statuses[:4] == [503, 200, 503, 200]


@EVERY_PATH
@pytest.mark.parametrize("model", ["cut-40", "stall-40-0.01", "stream-error-40", "reset-40"])
def test_a_stream_ends_after_so_many_words(provider: ScriptedProvider, path: str, model: str) -> None:
    with connect(provider) as client:
        client.sendall(post(ask(model, stream=True), path, headers=CLOSE))
        try:
            body = read_all(client)
        except ConnectionResetError:
            assert model == "reset-40"
            return
    assert text_of(body, stream=True) == " ".join(WORDS.split()[:40])
    assert body.endswith(b"0\r\n\r\n") == (model == "stream-error-40")
    assert not any(end in body for end in (b"[DONE]", b"response.completed", b"message_stop"))
    assert (b"in the middle of its answer" in body) == (model == "stream-error-40")


@EVERY_PATH
def test_whole_answers_are_cut_stalled_and_refused_too(provider: ScriptedProvider, path: str) -> None:
    for model in ("cut-40", "stall-40-0.01", "stall-20-0.01"):
        head, _, body = exchange(provider, post(ask(model), path, headers=CLOSE)).partition(b"\r\n\r\n")
        assert 0 < len(body) < int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    assert answer_to(provider, "stream-error-40", path)[0] in (503, 529)
    assert answer_to(provider, "stream-error-0-500", path)[0] == 500
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer_to(provider, "malformed-10", path)[1])
    assert answer_to(provider, "empty", path) == (200, b"")


@EVERY_PATH
def test_a_malformed_event_is_one_too_many(provider: ScriptedProvider, path: str) -> None:
    _, body = answer_to(provider, "malformed-10", path, stream=True)
    assert text_of(body, stream=True) == WORDS
    told = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ") and line != b"data: [DONE]"]
    assert len(told) - len(list(events(body))) == 1


@EVERY_PATH
def test_an_error_may_be_the_first_event(provider: ScriptedProvider, path: str) -> None:
    status, body = answer_to(provider, "stream-error-0", path, stream=True)
    assert (status, text_of(body, stream=True)) == (200, "")
    assert b"in the middle of its answer" in body


@EVERY_PATH
def test_empty_streams_say_nothing(provider: ScriptedProvider, path: str) -> None:
    assert answer_to(provider, "empty", path, stream=True) == (200, b"")
    status, body = answer_to(provider, "hollow", path, stream=True)
    assert (status, text_of(body, stream=True)) == (200, "")
    assert any(end in body for end in (b"[DONE]", b"response.completed", b"message_stop"))
    _, unfinished = answer_to(provider, "no-last-frame", path, stream=True)
    assert text_of(unfinished, stream=True) == WORDS
    assert not any(end in unfinished for end in (b"[DONE]", b"response.completed", b"message_stop"))


def test_comments_and_silence_last(provider: ScriptedProvider) -> None:
    with connect(provider) as client:
        client.sendall(post(ask("comments", stream=True), headers=CLOSE))
        received = b""
        while received.count(b": still thinking\n\n") < 3:
            received += client.recv(65536)
    assert b"data:" not in received
    assert exchange(provider, post(ask("silent-0.01"))) == b""
    with connect(provider) as client:
        client.sendall(post(ask("silent")))
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(1)


@EVERY_PATH
def test_refusals_are_told_as_the_vendors_do(provider: ScriptedProvider, path: str) -> None:
    is_anthropic = path == "/v1/messages"
    status, body = answer_to(provider, "context-length", path)
    told = json.loads(body)["error"]
    assert status == 400
    assert "too long" in told["message"] if is_anthropic else told["code"] == "context_length_exceeded"
    status, body = answer_to(provider, "content-filter", path)
    assert status == 400
    assert is_anthropic or json.loads(body)["error"]["code"] == "content_policy_violation"
    status, body = answer_to(provider, "quota", path)
    told = json.loads(body)["error"]
    assert (status, told["type"]) == ((400, "invalid_request_error") if is_anthropic else (429, "insufficient_quota"))
    status, body = answer_to(provider, "billing-error", path)
    assert (status, json.loads(body)["error"]["type"]) == (402, "billing_error")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
def test_a_model_goes_on_where_the_conversation_stands(provider: ScriptedProvider, path: str) -> None:
    said = " ".join(WORDS.split()[:40])
    prefill = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": said}]
    wish = [*prefill, {"role": "user", "content": f"Go on. Begin with exactly: {said[-40:]}"}]
    bare = [*prefill, {"role": "user", "content": "Go on."}]

    def told(model: str, turns: list[dict[str, str]]) -> str:
        return text_of(answer_to(provider, model, path, turns=turns)[1], stream=False)

    assert told("words", prefill) == WORDS[len(said) :]
    assert told("no-prefill", wish) == WORDS[len(said) - 40 :].lstrip()
    assert told("words", bare) == WORDS[len(said) :]
    assert answer_to(provider, "no-prefill", path, turns=prefill)[0] == 400


def test_any_model_says_the_sixty_words_when_asked(provider: ScriptedProvider) -> None:
    turns = [{"role": "user", "content": "Answer in exactly sixty words."}]
    for model in ("gpt-4o", "mock/no-done"):
        assert text_of(answer_to(provider, model, stream=True, turns=turns)[1], stream=True) == WORDS


def test_bills_and_differs_do_what_they_are_named_after(provider: ScriptedProvider) -> None:
    told = json.loads(answer_to(provider, "mock/bills-7-9")[1])
    usage = told["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], told["model"]) == (7, 9, "mock/bills-7-9")
    text = text_of(answer_to(provider, "differs-20")[1], stream=False)
    assert text.startswith(" ".join(WORDS.split()[:20]))
    assert text.split()[20] != WORDS.split()[20]


def test_requests_can_be_counted_from_outside_without_showing_keys(provider: ScriptedProvider) -> None:
    secret = "authorization: Bearer sk-very-secret-1234\r\n"
    exchange(provider, post(ask("mock/words", stream=True), headers=CLOSE + secret))
    exchange(provider, post(ask("mock/500-once"), headers=CLOSE))
    body = exchange(provider, b"GET /mock/requests HTTP/1.0\r\nhost: provider\r\n\r\n").partition(b"\r\n\r\n")[2]
    told = json.loads(body)
    assert (told["total"], told["by_model"]) == (2, {"mock/words": 1, "mock/500-once": 1})
    first, second = told["requests"]
    assert (first["model"], first["path"], first["stream"]) == ("mock/words", "/v1/chat/completions", True)
    assert (first["key_hint"], second["key_hint"]) == ("...1234", None)
    assert first["age_s"] >= second["age_s"] >= 0
    assert first["outcome"] == "answered"
    assert b"very-secret" not in body
    lost = exchange(provider, b"GET /mock/other HTTP/1.0\r\nhost: provider\r\n\r\n")
    assert lost.startswith(b"HTTP/1.0 404")
