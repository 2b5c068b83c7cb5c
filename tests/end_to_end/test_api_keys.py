"""Keys of clients over real sockets: who is let in, who is told what, and where no key ever goes."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import SENTENCE
from tests.end_to_end.conftest import MODEL_PROVIDERS, StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.wire import Wire, ask, chat, request

BLUE = "pk-blue-1f0c2b7d3c9e"
RED = "pk-red-4a8f5d6b6e5a"
GREEN = "pk-green-77e1a0c4d2b9"
HELLO: list[Any] = [{"role": "user", "content": "hi"}]
ROWS = MODEL_PROVIDERS.replace("URL", "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def green_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "green"
    file.write_text(GREEN + "\n")
    return file


@pytest.fixture(scope="module")
def guarded(start_gateway: StartGateway, _provider: ScriptedProvider, green_file: Path) -> Iterator[Gateway]:
    """A gateway that three teams have keys for; nobody's key is in any log when it has stopped."""
    red = hashlib.sha256(RED.encode()).hexdigest()
    keys = f"{{name: blue, key: $BLUE}}, {{name: red team, sha256: {red}}}, {{name: green, file: {green_file}}}"
    rows = MODEL_PROVIDERS.replace("URL", _provider.base_url)
    with start_gateway(lambda port: listener(port, f"api_keys: [{keys}]") + rows, BLUE=BLUE) as running:
        yield running
        for key in (BLUE, RED, GREEN):
            assert key not in running.all_logs()


def with_key(*headers: str) -> bytes:
    return chat("mock/hello", *headers)


# Who is let in.


@pytest.mark.parametrize(
    "header",
    [
        f"x-plano-api-key: {BLUE}",
        f"Authorization: Bearer {BLUE}",
        f"authorization: bearer {RED}",
        f"X-Api-Key: {RED}",
        f"api-key: {GREEN}",
    ],
)
def test_a_key_in_any_of_its_places_opens_and_goes_no_further(
    guarded: Gateway, provider: ScriptedProvider, header: str
) -> None:
    assert ask(guarded, with_key(header)).status == 200
    got = provider.last_request
    assert got.header("authorization") == "Bearer sk-custom-4a8f"
    assert not any(key.encode() in value for key in (BLUE, RED, GREEN) for _, value in got.headers)


def test_the_log_names_who_called(guarded: Gateway) -> None:
    assert ask(guarded, with_key(f"x-api-key: {RED}", "x-request-id: by-red")).status == 200
    assert guarded.access_line("by-red").endswith(" api_key=red\\x20team")
    assert ask(guarded, with_key("x-request-id: by-nobody")).status == 401
    line = guarded.access_line("by-nobody")
    assert " 401 invalid_api_key " in line
    assert "api_key=" not in line


def test_openais_sdk(guarded: Gateway) -> None:
    with openai.OpenAI(base_url=guarded.base_url + "/v1", api_key=BLUE, max_retries=0) as sdk:
        done = sdk.chat.completions.create(model="mock/hello", messages=HELLO)
        assert done.choices[0].message.content == SENTENCE
        assert [model.id for model in sdk.models.list()]
    with openai.OpenAI(base_url=guarded.base_url + "/v1", api_key="sk-wrong", max_retries=0) as sdk:
        with pytest.raises(openai.AuthenticationError) as raised:
            sdk.chat.completions.create(model="mock/hello", messages=HELLO)
        assert raised.value.code == "invalid_api_key"


def test_anthropics_sdk_with_a_key_and_with_a_token(guarded: Gateway) -> None:
    both: dict[str, Any] = {"api_key": "sk-any", "default_headers": {"authorization": f"Bearer {BLUE}"}}
    for credentials in ({"api_key": BLUE}, {"auth_token": BLUE}, both):
        with anthropic.Anthropic(base_url=guarded.base_url, max_retries=0, **credentials) as sdk:
            done = sdk.messages.create(model="claude/hello", max_tokens=5, messages=HELLO)
            assert done.role == "assistant"
    with (
        anthropic.Anthropic(base_url=guarded.base_url, api_key="wrong", max_retries=0) as sdk,
        pytest.raises(anthropic.AuthenticationError),
    ):
        sdk.messages.create(model="claude/hello", max_tokens=5, messages=HELLO)


# Who is told what.


@pytest.mark.parametrize("headers", [(), ("authorization: Bearer pk-wrong",), ("x-api-key: pk-wrong",)])
@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/v1/chat/completions", ()),
        ("/v1/responses", ()),
        ("/v1/nowhere", ()),
        ("/v1/messages", ("anthropic-version: x",)),
    ],
)
def test_a_wrong_key_is_401_in_the_callers_dialect(
    guarded: Gateway, provider: ScriptedProvider, path: str, more: tuple[str, ...], headers: tuple[str, ...]
) -> None:
    asked = provider.request_count
    with Wire(guarded) as wire:
        answer = wire.ask(request({"model": "mock/hello"}, path, *headers, *more))
        assert wire.is_closed()
    assert answer.status == 401
    assert answer.header("www-authenticate") == "Bearer"
    assert answer.header("connection") == "close"
    assert answer.header("date")
    error = answer.json()["error"]
    if path == "/v1/messages":
        assert answer.json()["type"] == "error"
        assert answer.json()["request_id"] == answer.header("x-request-id")
        assert error["type"] == "authentication_error"
    else:
        assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", "invalid_api_key", None)
    assert "pk-wrong" not in answer.body.decode()
    assert provider.request_count == asked


def test_models_need_a_key_and_health_does_not(guarded: Gateway) -> None:
    assert ask(guarded, request(path="/v1/models", method="GET")).status == 401
    assert ask(guarded, request(b"", "/v1/models", f"x-api-key: {BLUE}", method="GET")).status == 200
    assert ask(guarded, request(path="/healthz", method="GET")).status == 200
    assert ask(guarded, request(path="/readyz", method="HEAD"), "HEAD").status == 200
    assert ask(guarded, request(b"x" * 100, "/healthz", method="GET")).status == 401


def test_a_page_may_send_a_key_and_may_read_that_it_is_wrong(guarded: Gateway) -> None:
    preflight = ask(
        guarded,
        request(
            b"",
            "/v1/chat/completions",
            "origin: https://app.example",
            "access-control-request-method: POST",
            "access-control-request-headers: authorization,content-type,x-plano-api-key",
            method="OPTIONS",
        ),
    )
    assert preflight.status == 204
    assert preflight.header("access-control-allow-headers") == "authorization,content-type,x-plano-api-key"
    refused = ask(guarded, with_key("origin: https://app.example"))
    assert (refused.status, refused.header("access-control-allow-origin")) == (401, "*")


# Before the body.


def test_who_has_no_key_is_never_told_to_continue(guarded: Gateway) -> None:
    with Wire(guarded) as wire:
        wire.send(with_key("expect: 100-continue", "x-api-key: no").partition(b"{")[0])
        assert wire.reply().status == 401
        assert wire.is_closed()
    with Wire(guarded) as wire:
        head, brace, body = with_key("expect: 100-continue", f"x-api-key: {BLUE}").partition(b"{")
        wire.send(head)
        assert wire.head()[0] == 100
        wire.send(brace + body)
        assert wire.reply().status == 200


def test_a_large_body_is_refused_by_its_head_and_not_kept(guarded: Gateway) -> None:
    length = 10_000_000
    with Wire(guarded) as wire:
        wire.send(with_key().replace(b"content-length: ", b"content-length: %d\r\nx-was: " % length).partition(b"{")[0])
        assert wire.reply().status == 401
    assert ask(guarded, with_key(f"x-api-key: {BLUE}")).status == 200
    before = guarded.resident_bytes()
    refusals = []
    for _ in range(5):
        with Wire(guarded) as wire:
            with suppress(OSError):  # It is cut when it goes on for too long.
                wire.send(request(b"x" * length, "/v1/chat/completions", "x-api-key: no"))
            refusals.append(wire.reply().status)
    assert refusals == [401] * 5
    assert guarded.resident_bytes() - before < 4_000_000


def test_the_good_requests_before_a_bad_one_are_answered_and_those_behind_are_not(
    guarded: Gateway, provider: ScriptedProvider
) -> None:
    asked = provider.request_count
    good, bad = with_key(f"x-api-key: {BLUE}"), with_key("x-api-key: no")
    with Wire(guarded) as wire:
        wire.send(good + good + bad + good)
        assert [wire.reply().status for _ in range(3)] == [200, 200, 401]
        assert wire.is_closed()
    assert provider.request_count == asked + 2


# With the client's own credential.


@pytest.mark.parametrize(
    ("model", "path", "mine"),
    [
        ("client_pays/x", "/v1/chat/completions", "authorization: Bearer sk-user"),
        ("claude_client_pays/x", "/v1/messages", "x-api-key: sk-user"),
        ("claude_client_pays/x", "/v1/messages", "authorization: Bearer sk-ant-oat1"),
    ],
)
@pytest.mark.parametrize("place", ["x-plano-api-key: {}", "api-key: {}", "x-api-key: {}", "authorization: Bearer {}"])
def test_the_provider_gets_the_users_credential_and_not_planos(
    guarded: Gateway, provider: ScriptedProvider, model: str, path: str, mine: str, place: str
) -> None:
    if place.partition(":")[0] == mine.partition(":")[0]:
        place = "x-plano-api-key: {}"
    body = {"model": model, "max_tokens": 5, "messages": HELLO}
    answer = ask(guarded, request(body, path, mine, place.format(BLUE), "anthropic-version: 2023-06-01"))
    assert answer.status == 200, answer
    sent = provider.last_request
    name, _, value = mine.partition(": ")
    assert sent.header(name) == value
    assert not any(BLUE.encode() in value for _, value in sent.headers)


def test_the_same_key_in_two_places_does_not_go_through_as_the_users_own(
    guarded: Gateway, provider: ScriptedProvider
) -> None:
    body = {"model": "client_pays/x", "messages": HELLO}
    for places in (
        (f"authorization: Bearer {BLUE}", f"x-api-key: {BLUE}"),
        (f"x-plano-api-key: {BLUE}", f"authorization: {RED}"),
        (f"x-plano-api-key: {BLUE}", f"x-goog-api-key: {GREEN}"),
    ):
        ask(guarded, request(body, "/v1/chat/completions", *places))
        for _, value in provider.last_request.headers:
            assert not any(key.encode() in value for key in (BLUE, RED, GREEN))


# Other keys while it runs, and files that hold none.


def test_a_key_file_is_read_again_on_reload_and_an_empty_one_changes_nothing(
    start_gateway: StartGateway, provider: ScriptedProvider, tmp_path: Path
) -> None:
    file = tmp_path / "team"
    file.write_text(BLUE)
    keys = f"api_keys: [{{name: team, file: {file}}}]"
    rows = MODEL_PROVIDERS.replace("URL", provider.base_url)

    def status(key: str) -> int:
        return ask(running, with_key(f"x-api-key: {key}")).status

    with start_gateway(lambda port: listener(port, keys) + rows) as running, Wire(running) as open_before:
        assert open_before.ask(with_key(f"x-api-key: {BLUE}")).status == 200
        file.write_text(RED)
        running.process.send_signal(signal.SIGHUP)
        wait_for(lambda: status(RED) == 200)
        assert status(BLUE) == 401
        assert open_before.ask(with_key(f"x-api-key: {BLUE}")).status == 401
        file.write_text("")
        running.process.send_signal(signal.SIGHUP)
        line = running.log_line("is empty")
        assert str(file) in line
        assert "`team`" in line
        assert status(RED) == 200


@pytest.mark.parametrize("content", [None, "", "hunter2 hunter2"])
def test_a_file_without_a_key_stops_the_start(start_gateway: StartGateway, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "team"
    if content is not None:
        file.write_text(content)
    keys = f"api_keys: [{{name: team, file: {file}}}]"
    with pytest.raises(AssertionError) as raised, start_gateway(lambda port: listener(port, keys) + ROWS):
        pass
    said = str(raised.value)
    assert "listener `models`, `team` of `api_keys`" in said
    assert str(file) in said
    assert "hunter2" not in said


def test_a_short_key_and_a_literal_one_are_told(start_gateway: StartGateway) -> None:
    keys = "api_keys: [{name: short, key: hunter2}]"
    with start_gateway(lambda port: listener(port, keys) + ROWS) as running:
        assert "`listeners[0].api_keys[0].key`" in running.log_line("is written in the file")
        assert running.log_line("fewer than 16 characters")
        assert "hunter2" not in running.all_logs()
