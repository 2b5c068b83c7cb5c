"""plano-pii, installed by pip, in a worker: providers read placeholders, clients what they wrote, in every dialect."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Answer, Ask, End, Reply, ToolCall, saying, stopped_midway
from tests.end_to_end.answers import PATHS, asking
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import ROOT, Gateway
from tests.end_to_end.test_translation import CLIENTS, WEATHER, Client
from tests.end_to_end.wire import Wire
from tests.plugins.support import PLUGINS, install

pytest.importorskip("phonenumbers", reason="plano-pii needs it")
pytest.importorskip("Cython", reason="plano-pii is built with it")

ROWS = """
model_providers:
  - {model: same/*, base_url: "URL", provider_interface: openai, access_key: k}
  - {model: other/*, base_url: "URL", provider_interface: anthropic, access_key: k}
  - model: cut_same/*
    base_url: "URL"
    provider_interface: openai
    access_key: k
    retry_policy: {fallback_models: [same/echo]}
  - model: cut_other/*
    base_url: "URL"
    provider_interface: anthropic
    access_key: k
    retry_policy: {fallback_models: [other/echo]}
"""
MAIL, CARD, ADDRESS, NEW = "ann@example.com", "4111 1111 1111 1111", "203.0.113.7", "bob@example.org"
ORIGINALS = (MAIL, CARD, ADDRESS, NEW, "carl@example.net")
ASKED = f"I am {MAIL}, my card is {CARD} {ADDRESS}; write to {MAIL} and say who is (really) there."
MASKED = "I am [EMAIL_1], my card is [CARD_1] [IP_1]; write to [EMAIL_1] and say who is (really) there."
PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")
MODELS = ("same", "other")


def in_small_pieces(ask: Ask, text: str) -> Answer:
    """Placeholders are cut in the middle."""
    return saying(Reply(ask=ask, pieces=tuple(text[at : at + 3] for at in range(0, len(text), 3))))


def echo(ask: Ask) -> Answer:
    return in_small_pieces(ask, ask.last_text)


def breaks_off(ask: Ask) -> Answer:
    return stopped_midway(echo(ask), End.CLOSE)


def calls(ask: Ask) -> Answer:
    """The tool gets what the user said of himself; once its result is there, it is told."""
    if ask.ends_with_tool_result:
        return in_small_pieces(ask, " ".join(PLACEHOLDER.findall(ask.request.body.decode())))
    city = json.dumps({"city": f"{PLACEHOLDER.findall(ask.last_text)[0]} of \"x\""})
    return saying(Reply(ask=ask, calls=(ToolCall("weather", city),), finish="tools"))


def tells(ask: Ask) -> Answer:
    return in_small_pieces(ask, f"{PLACEHOLDER.findall(ask.last_text)[0]} knows carl@example.net. And who else?")


@pytest.fixture(scope="session")
def pii(tmp_path_factory: pytest.TempPathFactory) -> str:
    """`PYTHONPATH` with the plugin on it."""
    return os.pathsep.join((str(install(PLUGINS / "plano-pii", tmp_path_factory.mktemp("pii"))), str(ROOT)))


@pytest.fixture(scope="module")
def _told() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as running:
        for name, play in (("echo", echo), ("cut", breaks_off), ("calls", calls), ("tells", tells)):
            running.script.on_model(name, play)
        yield running


@pytest.fixture
def told(_told: ScriptedProvider) -> Iterator[ScriptedProvider]:
    """The provider; no request that reached it holds an original."""
    _told.forget_requests()
    yield _told
    assert _told.requests
    for one in _told.requests:
        body = one.body.decode()
        assert not [original for original in ORIGINALS if original in body or json.dumps(original)[1:-1] in body]


@pytest.fixture(scope="module")
def masking(_told: ScriptedProvider, pii: str, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = ROWS.replace("URL", _told.base_url)
    with start_gateway(lambda port: listener(port) + rows, PYTHONPATH=pii) as running:
        yield running
        logs = running.all_logs()
    assert not [original for original in ORIGINALS if original in logs]


@pytest.fixture(scope="module")
def masking_answers(_told: ScriptedProvider, pii: str, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = ROWS.replace("URL", _told.base_url) + "plugins: {pii: {answer: true}}\n"
    with start_gateway(lambda port: listener(port) + rows, PYTHONPATH=pii) as running:
        yield running
        logs = running.all_logs()
    assert not [original for original in ORIGINALS if original in logs]


@pytest.fixture(params=sorted(CLIENTS))
def client(request: pytest.FixtureRequest, masking: Gateway) -> Iterator[Client]:
    made = CLIENTS[request.param](masking)
    yield made
    made.close()


@pytest.fixture(params=sorted(CLIENTS))
def client_of_answers(request: pytest.FixtureRequest, masking_answers: Gateway) -> Iterator[Client]:
    made = CLIENTS[request.param](masking_answers)
    yield made
    made.close()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_a_provider_reads_placeholders_and_the_client_what_he_wrote(
    client: Client, told: ScriptedProvider, model: str, streams: bool
) -> None:
    assert client.ask(f"{model}/echo", ASKED, streams=streams).text == ASKED
    assert json.dumps(MASKED)[1:-1] in told.requests[-1].body.decode()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_arguments_of_tools_are_put_back(client: Client, told: ScriptedProvider, model: str, streams: bool) -> None:
    said = client.ask(f"{model}/calls", ASKED, streams=streams, tool=True)
    assert said.calls == [("weather", {"city": f'{MAIL} of "x"'})]


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("model", [f"cut_{name}" for name in MODELS])
def test_a_stream_that_breaks_off_goes_on_with_what_the_client_wrote(
    client: Client, told: ScriptedProvider, model: str, streams: bool
) -> None:
    assert client.ask(f"{model}/cut", ASKED, streams=streams).text == ASKED
    assert [one.json()["model"] for one in told.requests] == ["cut", "echo"]


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_what_a_model_says_of_itself_is_masked_and_the_rest_comes_back(
    client_of_answers: Client, told: ScriptedProvider, model: str, streams: bool
) -> None:
    said = client_of_answers.ask(f"{model}/tells", ASKED, streams=streams)
    assert said.text == f"{MAIL} knows [EMAIL_2]. And who else?"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("dialect", sorted(PATHS))
def test_the_next_turn_begins_with_the_same_placeholders(
    masking: Gateway, told: ScriptedProvider, dialect: str, model: str
) -> None:
    first = CLIENTS[dialect](masking)
    try:
        first.ask(f"{model}/calls", ASKED, streams=False, tool=True)
        said = SECOND_TURNS[dialect](first, f"{model}/calls")
    finally:
        first.close()
    before, after = (PLACEHOLDER.findall(one.body.decode()) for one in told.requests)
    assert before == ["[EMAIL_1]", "[CARD_1]", "[IP_1]", "[EMAIL_1]"]
    assert after[:4] == before
    assert after[4:] == ["[EMAIL_1]", "[EMAIL_2]"]
    assert said == " ".join((MAIL, CARD, ADDRESS, MAIL, MAIL, NEW))


def _second_chat(client: Client, model: str) -> str:
    function = {"name": "weather", "arguments": json.dumps({"city": MAIL})}
    call = {"id": "call_1", "type": "function", "function": function}
    messages: Any = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": f"ask {NEW}"},
    ]
    tools: Any = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
    answer = client.openai.chat.completions.create(model=model, messages=messages, tools=tools)
    return answer.choices[0].message.content or ""


def _second_response(client: Client, model: str) -> str:
    turns: Any = [
        {"role": "user", "content": ASKED},
        {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": json.dumps({"city": MAIL})},
        {"type": "function_call_output", "call_id": "call_1", "output": f"ask {NEW}"},
    ]
    tools: Any = [{"type": "function", "name": "weather", "parameters": WEATHER}]
    return client.openai.responses.create(model=model, input=turns, tools=tools).output_text


def _second_message(client: Client, model: str) -> str:
    call = {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": MAIL}}
    result = {"type": "tool_result", "tool_use_id": "call_1", "content": f"ask {NEW}"}
    turns: Any = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    tools: Any = [{"name": "weather", "input_schema": WEATHER}]
    answer = client.anthropic.messages.create(model=model, messages=turns, tools=tools, max_tokens=500)
    return "".join(block.text for block in answer.content if block.type == "text")


SECOND_TURNS = {"chat": _second_chat, "responses": _second_response, "messages": _second_message}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", sorted(PATHS))
def test_the_head_tells_that_the_guard_ran(masking: Gateway, dialect: str, stream: bool) -> None:
    with Wire(masking) as wire:
        told = wire.ask(asking(dialect, "same/echo", stream=stream)).header("x-plano-filters")
    name, _, cost = (told or "").partition(";dur=")
    assert name == "pii"
    assert float(cost) < 50


def test_no_line_of_the_log_holds_a_value(masking: Gateway, told: ScriptedProvider) -> None:
    with Wire(masking) as wire:
        messages = [{"role": "user", "content": ASKED}]
        asked = asking("chat", "same/echo", "x-request-id: masked-and-logged", messages=messages)
        assert wire.ask(asked).status == 200
    masking.access_line("masked-and-logged")
    logs = masking.all_logs()
    assert not [original for original in ORIGINALS if original in logs]
