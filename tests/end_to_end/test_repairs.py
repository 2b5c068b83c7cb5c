"""Providers that refuse a parameter by name are asked again without it, whatever else happens to the exchange."""

from __future__ import annotations

import json
import re
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
    json_answer,
    raw_answer,
)
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.wire import Reply, Wire, ask, events, request

#: By what a client asks for: where.
PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages"}
#: Each model once in the client's own dialect and once in another.
ROWS = """
model_providers:
  - {model: chat_at/*, base_url: "A", provider_interface: openai, access_key: key}
  - {model: messages_at/*, base_url: "A", provider_interface: anthropic, access_key: key}
  - model: breaks/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [chat_at/rescuer], default_max_attempts: 3, on_stream_failure: continue}
  - model: falls_to_chat/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [chat_at/standin], default_max_attempts: 2}
  - model: falls_to_messages/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [messages_at/standin], default_max_attempts: 2}
  - model: hedged/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [messages_at/hedge], hedge: {after_ms: 100, max_share: 1}}
  - {model: pooled/one, name: first key, base_url: "A", provider_interface: openai, access_key: key}
  - {model: pooled/one, name: second key, base_url: "A", provider_interface: openai, access_key: key2}
"""
PROVIDERS = ("chat_at", "messages_at")
TEMPERATURE = {
    "error": {
        "message": "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value "
        "is supported.",
        "type": "invalid_request_error",
        "param": "temperature",
        "code": "unsupported_value",
    }
}


@pytest.fixture(scope="module")
def repairing(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = ROWS.replace('"A"', f'"{_provider.base_url}"')
    limits = "idle_timeout: 1s, ping_interval: 1s"
    with start_gateway(lambda port: listener(port, limits) + rows) as running:
        yield running
        told = running.all_logs()
        assert not re.search("Traceback|[Ee]xception in callback|never retrieved", told), told[-3000:]


@pytest.fixture(params=sorted(PATHS))
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=PROVIDERS)
def model(request: pytest.FixtureRequest, dialect: str) -> str:
    """One that no other test has taught anything."""
    test = re.sub(r"\W+", "-", request.node.name)
    return f"{request.param}/{test}"


def asking(dialect: str, model: str, *headers: str, **more: Any) -> bytes:
    body = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], "temperature": 0.2}
    return request(body | more, PATHS[dialect], *headers)


def refusing(provider: ScriptedProvider, model: str, refusal: Answer, then: Answer | None = None) -> list[Any]:
    """Refuses requests for a model as long as they have a temperature; what it was asked."""
    asked: list[Any] = []
    name = model.partition("/")[2]

    def rule(sent: RecordedRequest) -> Answer | None:
        body = sent.json()
        if body.get("model") != name:
            return None
        asked.append(body)
        return refusal if "temperature" in body else then

    provider.script.on_request(rule)
    return asked


def message_of(answer: Reply) -> str:
    return str(answer.json()["error"]["message"])


REFUSALS: dict[str, Callable[[], Answer]] = {
    "plain": lambda: json_answer(TEMPERATURE, status=400),
    "unprocessable": lambda: json_answer(TEMPERATURE, status=422),
    "chunked": lambda: Answer(
        status=400,
        headers=(("content-type", "application/json"),),
        body=tuple(bytes((byte,)) for byte in json.dumps(TEMPERATURE).encode()),
        framing="chunked",
    ),
    "packed": lambda: compressed(
        Answer(
            status=400,
            headers=(("content-type", "application/json"),),
            body=(json.dumps(TEMPERATURE).encode(),),
            framing="chunked",
        )
    ),
    "cut": lambda: Answer(
        status=400,
        headers=(("content-type", "application/json"), ("content-length", "5000")),
        body=(json.dumps(TEMPERATURE).encode(),),
        closes=True,
    ),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_request_is_written_otherwise_and_asked_again(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, model: str, refusal: str, stream: bool
) -> None:
    asked = refusing(provider, model, REFUSALS[refusal]())
    for attempts in "21":
        answer = ask(repairing, asking(dialect, model, "accept-encoding: gzip", stream=stream))
        assert (answer.status, answer.header("x-plano-attempts")) == (200, attempts)
        assert answer.is_whole
    assert answer.header("x-plano-dropped") == "temperature"
    assert ["temperature" in body for body in asked] == [True, False, False]
    assert all(body.get("stream", False) is stream for body in asked)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_what_the_second_answer_says_is_told(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, model: str, status: int, stream: bool
) -> None:
    then = json_answer({"error": {"message": "second thoughts", "type": "x"}}, status=status)
    refusing(provider, model, REFUSALS["plain"](), then)
    answer = ask(repairing, asking(dialect, model, stream=stream))
    assert (answer.status, answer.header("x-plano-attempts")) == (status, "2")
    assert message_of(answer) == "second thoughts"


def test_a_ping_before_the_second_refusal_leaves_it_a_stream(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, model: str
) -> None:
    then = delayed(json_answer({"error": {"message": "second thoughts", "type": "x"}}, status=400), 2.5)
    refusing(provider, model, REFUSALS["plain"](), then)
    answer = ask(repairing, asking(dialect, model, stream=True))
    if answer.status == 200:
        told = [json.loads(data) for _, data in events(answer.body)]
        assert told[-1]["error"]["message"] == "second thoughts"
    else:
        assert message_of(answer) == "second thoughts"


def test_a_refusal_that_teaches_nothing_is_passed_on_untouched(
    repairing: Gateway, provider: ScriptedProvider
) -> None:
    body = b'{ "error" : {"message": "your  messages are odd", "x": 1}}\n'
    head = b"HTTP/1.1 400 So Odd\r\nContent-Type: application/json\r\nX-Odd: yes\r\n"
    head += b"content-length: %d\r\n\r\n" % len(body)
    provider.script.then(raw_answer(head, body, closes=False))
    answer = ask(repairing, asking("chat", "chat_at/odd"))
    assert (answer.status, answer.reason, answer.body) == (400, "So Odd", body)
    assert answer.header("x-odd") == "yes"
    assert answer.header("x-plano-attempts") == "1"


def test_packed_refusals_are_passed_on_packed(repairing: Gateway, provider: ScriptedProvider) -> None:
    refusal = compressed(json_answer({"error": {"message": "odd"}}, status=400))
    body = b"".join(step for step in refusal.body if isinstance(step, bytes))
    provider.script.then(refusal)
    answer = ask(repairing, asking("chat", "chat_at/odd", "accept-encoding: gzip"))
    assert (answer.status, answer.body, answer.header("content-encoding")) == (400, body, "gzip")


def test_a_cut_refusal_is_not_taken_for_whole(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, model: str
) -> None:
    """A client that keeps waiting for the rest would wait for ever."""
    head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n"
    provider.script.then(raw_answer(head, b'{"error": {"message": "it is', closes=True))
    with Wire(repairing) as wire:
        answer = wire.ask(asking(dialect, model))
        assert answer.status in (400, 502)
        if answer.is_whole:
            assert wire.ask(asking(dialect, "chat_at/hello")).status == 200
        else:
            assert wire.is_closed()


def test_a_refusal_without_end_ends(repairing: Gateway, provider: ScriptedProvider, dialect: str, model: str) -> None:
    head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    endless = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    provider.script.then(raw_answer(head, Repeat(endless, 4096)))
    with Wire(repairing, timeout_s=10) as wire:
        answer = wire.ask(asking(dialect, model))
    assert answer.status in (400, 502)
    assert len(answer.body) < 10 << 20
    assert message_of(answer)


def test_a_refusal_that_falls_silent_ends(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, model: str
) -> None:
    head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    provider.script.then(raw_answer(head, b"1\r\n{\r\n", End.HANG))
    with Wire(repairing, timeout_s=10) as wire:
        answer = wire.ask(asking(dialect, model))
    assert answer.status in (400, 504)


def test_a_client_may_leave_during_a_repair(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, model: str
) -> None:
    then = delayed(json_answer({"late": True}), 30)
    asked = refusing(provider, model, REFUSALS["plain"](), then)
    with Wire(repairing) as wire:
        wire.send(asking(dialect, model))
        wait_for(lambda: len(asked) == 2)
    last = provider.requests[-1]
    wait_for(lambda: last.outcome == "client_left")
    assert " 499 " in repairing.access_line(model)


def test_repairs_end(repairing: Gateway, provider: ScriptedProvider, dialect: str, model: str) -> None:
    """A provider that finds fault with whatever it is sent is not asked for ever."""
    name = model.partition("/")[2]
    asked = []

    def rule(sent: RecordedRequest) -> Answer | None:
        body = sent.json()
        if body.get("model") != name:
            return None
        asked.append(body)
        limit = body.get("max_tokens") or body["max_completion_tokens"]
        message = f"max_tokens is too large: {limit}. This model supports at most {limit - 1} completion tokens."
        return json_answer({"error": {"message": message, "param": "max_tokens"}}, status=400)

    provider.script.on_request(rule)
    answer = ask(repairing, asking(dialect, model, max_tokens=500))
    assert answer.status == 400
    assert len(asked) < 12


def test_a_body_that_needs_no_repair_is_sent_byte_for_byte(repairing: Gateway, provider: ScriptedProvider) -> None:
    model = "chat_at/byte-for-byte"
    refusing(provider, model, REFUSALS["plain"]())
    assert ask(repairing, asking("chat", model)).status == 200
    body = b'{"model" : "byte-for-byte",  "messages":[ {"role":"user","content":"hi"}],\n "top_p": 1e0}'
    ask(repairing, request(body.replace(b'"byte', b'"chat_at/byte')))
    renamed = provider.requests[-1].body
    other = ask(repairing, request(body.replace(b'"byte', b'"chat_at/other-byte')))
    assert other.status == 200
    assert renamed == provider.requests[-1].body.replace(b'"other-byte', b'"byte')


def test_what_one_model_does_not_take_others_do(repairing: Gateway, provider: ScriptedProvider) -> None:
    refusing(provider, "chat_at/picky", REFUSALS["plain"]())
    for path, body_model in (("chat", "chat_at/picky"), ("chat", "chat_at/hello"), ("messages", "messages_at/hello")):
        answer = ask(repairing, asking(path, body_model))
        assert answer.status == 200
        assert ("temperature" in provider.requests[-1].json()) is ("picky" not in body_model)


def test_a_lesson_that_was_of_no_use_is_forgotten(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, model: str
) -> None:
    """One client's mistake must not cost all others a parameter."""
    name = model.partition("/")[2]
    is_mended = False

    def rule(sent: RecordedRequest) -> Answer | None:
        if sent.json().get("model") != name or is_mended:
            return None
        return json_answer({"error": {"message": "Unexpected role; is the temperature of it ok?"}}, status=400)

    provider.script.on_request(rule)
    answer = ask(repairing, asking(dialect, model))
    assert answer.status == 400
    is_mended = True
    assert ask(repairing, asking(dialect, model)).header("x-plano-dropped") is None
    assert "temperature" in provider.requests[-1].json()


def test_a_value_that_is_refused_costs_others_nothing(repairing: Gateway, provider: ScriptedProvider) -> None:
    def rule(sent: RecordedRequest) -> Answer | None:
        if sent.json().get("reasoning_effort") != "minimal":
            return None
        message = (
            "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: "
            "'low', 'medium', and 'high'."
        )
        return json_answer({"error": {"message": message, "param": "reasoning_effort"}}, status=400)

    provider.script.on_request(rule)
    model = "chat_at/effort"
    for effort, sent in (("minimal", None), ("low", "low"), ("minimal", None)):
        assert ask(repairing, asking("chat", model, reasoning_effort=effort)).status == 200
        assert provider.requests[-1].json().get("reasoning_effort") == sent


# Beside other attempts.


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("fallback", ["chat", "messages"])
def test_a_fallback_is_repaired_as_a_first_target_is(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, fallback: str, stream: bool
) -> None:
    refusing(provider, f"{fallback}_at/standin", REFUSALS["plain"]())
    answer = ask(repairing, asking(dialect, f"falls_to_{fallback}/500-always", stream=stream))
    assert (answer.status, answer.header("x-plano-model")) == (200, f"{fallback}_at/standin")
    assert answer.header("x-plano-dropped") == "temperature"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_first_target_is_repaired_before_others_are_asked(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, stream: bool
) -> None:
    model = f"falls_to_chat/{dialect}-{stream}"
    refusing(provider, model, REFUSALS["plain"]())
    answer = ask(repairing, asking(dialect, model, stream=stream))
    assert (answer.status, answer.header("x-plano-model"), answer.header("x-plano-attempts")) == (200, model, "2")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_others_are_asked_after_a_repair_that_fails(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, stream: bool
) -> None:
    model = f"falls_to_chat/fails-{dialect}-{stream}"
    refusing(provider, model, REFUSALS["plain"](), json_answer({"error": {"message": "no"}}, status=503))
    answer = ask(repairing, asking(dialect, model, stream=stream))
    assert (answer.status, answer.header("x-plano-model")) == (200, "chat_at/standin")
    assert answer.header("x-plano-attempts") == "3"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_both_that_race_are_repaired(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, stream: bool
) -> None:
    """The first is refused late, when the other one has been refused already and is slow to answer again."""
    model = f"hedged/{dialect}-{stream}"
    refusing(provider, model, delayed(REFUSALS["plain"](), 0.4))
    refusing(provider, "messages_at/hedge", REFUSALS["plain"](), delayed(json_answer({"too": "late"}), 5))
    answer = ask(repairing, asking(dialect, model, stream=stream))
    assert (answer.status, answer.header("x-plano-model")) == (200, model)
    assert answer.header("x-plano-dropped") == "temperature"
    assert answer.is_whole


def test_a_key_of_a_pool_is_repaired(repairing: Gateway, provider: ScriptedProvider, dialect: str) -> None:
    refusing(provider, "pooled/one", REFUSALS["plain"]())
    for _ in range(4):
        answer = ask(repairing, asking(dialect, "pooled/one"))
        assert (answer.status, answer.header("x-plano-dropped")) == (200, "temperature")


def test_a_stream_is_taken_up_where_it_broke_off_after_a_repair(
    repairing: Gateway, provider: ScriptedProvider
) -> None:
    asked = refusing(provider, "chat_at/rescuer", REFUSALS["plain"]())
    answer = ask(repairing, asking("chat", "breaks/cut-30", stream=True))
    assert answer.is_whole
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert len(asked) == 2
    assert asked[0]["messages"][1:], "it is asked to go on"
    assert asked[1]["messages"] == asked[0]["messages"]


def test_all_who_were_refused_at_once_are_asked_again(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, model: str
) -> None:
    """The first of them learns it for all."""
    refusing(provider, model, delayed(REFUSALS["plain"](), 0.3))
    wires = [Wire(repairing) for _ in range(5)]
    for wire in wires:
        wire.send(asking(dialect, model))
    answers = [wire.reply() for wire in wires]
    for wire in wires:
        wire.socket.close()
    assert [answer.status for answer in answers] == [200] * 5


@pytest.mark.parametrize("at", PROVIDERS)
def test_what_plano_added_by_itself_is_not_told_to_be_missing(
    repairing: Gateway, provider: ScriptedProvider, dialect: str, at: str
) -> None:
    name = f"no-options-{dialect}-{at}"

    def rule(sent: RecordedRequest) -> Answer | None:
        body = sent.json()
        if body.get("model") != name or "stream_options" not in body:
            return None
        message = "Unrecognized request argument supplied: stream_options"
        return json_answer({"error": {"message": message}}, status=400)

    provider.script.on_request(rule)
    answer = ask(repairing, asking(dialect, f"{at}/{name}", stream=True))
    assert (answer.status, answer.header("x-plano-dropped")) == (200, None)
