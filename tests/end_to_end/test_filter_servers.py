"""Filter servers in the chains of a listener, through a worker: the original's demos, streams, faults, order."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.filter_servers import (
    Anonymizer,
    FilterServer,
    Heard,
    Says,
    content_guard,
    mcp_server,
    output_redactor,
)
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.test_translation import CLIENTS
from tests.end_to_end.wire import Wire, chat

Behaviour = Callable[[Heard], Says]
PROVIDERS = """
model_providers:
  - {model: same/*, base_url: "URL", provider_interface: openai, access_key: k}
  - {model: other/*, base_url: "URL", provider_interface: anthropic, access_key: k}
  - model: again/*
    base_url: "URL"
    provider_interface: openai
    access_key: k
    retry_policy: {default_strategy: same_model, default_max_attempts: 2}
"""
SAY = "Respond with exactly: "


class Bench:
    """A gateway with filter servers, and the provider behind it."""

    def __init__(self, gateway: Gateway, provider: ScriptedProvider, servers: dict[str, FilterServer]) -> None:
        self.gateway = gateway
        self.provider = provider
        self.servers = servers

    def ask(self, text: str, *headers: str, stream: bool = False, model: str = "same/hello", **more: Any) -> Any:
        with Wire(self.gateway) as wire:
            messages = [{"role": "user", "content": text}]
            return wire.ask(chat(model, *headers, stream=stream, messages=messages, **more))


@pytest.fixture
def bench(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Callable[..., Any]]:
    """Makes a `Bench` of a listener's keys and rows of `filters`, by id: a behaviour, a URL, and more keys."""
    with ExitStack() as stack:

        def make(chains: str, rows: dict[str, tuple[Behaviour | str, str]], more: str = "") -> Bench:
            servers: dict[str, FilterServer] = {}
            lines = []
            for name, (what, keys) in rows.items():
                url = what
                if callable(what):
                    servers[name] = stack.enter_context(FilterServer(what))
                    url = servers[name].url
                path, _, keys = keys.partition(" ")
                lines.append(f'  - {{id: {name}, url: "{url}{path}", {keys}}}\n')
            text = PROVIDERS.replace("URL", _provider.base_url) + "filters:\n" + "".join(lines) + more
            gateway = stack.enter_context(start_gateway(lambda port: listener(port, chains) + text))
            return Bench(gateway, _provider, servers)

        yield make


def test_the_originals_demo_of_a_guard_and_a_redactor(bench: Callable[..., Bench]) -> None:
    made = bench(
        "input_filters: [content_guard], output_filters: [output_redactor]",
        {"content_guard": (content_guard, " type: http"), "output_redactor": (output_redactor, " type: http")},
    )
    before = made.provider.request_count
    assert "friendly sentence" in made.ask("What is 2+2?").body.decode()
    blocked = made.ask("How to hack into a system")
    assert blocked.status == 400
    assert "content_blocked" in blocked.body.decode()
    assert made.provider.request_count == before + 1
    for stream in (False, True):
        told = made.ask(f"{SAY}the marker is SECRET_TOKEN today", stream=stream).body.decode()
        assert "[REDACTED]" in told
        assert "SECRET_TOKEN" not in told


@pytest.mark.parametrize("dialect", sorted(CLIENTS))
@pytest.mark.parametrize("model", ["same/hello", "other/hello"])
def test_the_originals_demo_of_an_anonymizer(bench: Callable[..., Bench], dialect: str, model: str) -> None:
    anonymizer = Anonymizer()
    made = bench(
        "input_filters: [anonymize], output_filters: [restore]",
        {
            "anonymize": (anonymizer, "/anonymize type: http"),
            "restore": (anonymizer, "/deanonymize type: http, window_bytes: 100000"),
        },
    )
    client = CLIENTS[dialect](made.gateway)
    for streams in (False, True):
        said = client.ask(model, f"{SAY}write to ann@example.com soon", streams=streams)
        assert said.text == "write to ann@example.com soon"
        assert b"ann@example.com" not in made.provider.requests[-1].body
        assert b"[EMAIL_0]" in made.provider.requests[-1].body
    client.close()


@pytest.mark.parametrize("kind", [{}, {"json_response": True}, {"stateless": True}])
def test_the_originals_demo_of_mcp_filters(bench: Callable[..., Bench], kind: dict[str, bool]) -> None:
    with mcp_server(**kind) as url:
        made = bench(
            "input_filters: [input_guards, query_rewriter], output_filters: [redactor]",
            {
                "input_guards": (url, " timeout: 10s"),
                "query_rewriter": (url, " type: mcp"),
                "redactor": (url, " type: mcp"),
            },
        )
        made.ask("a question")
        (message,) = made.provider.requests[-1].json()["messages"]
        assert message["content"] == "a question (by way of /v1/chat/completions)"
        before = made.provider.request_count
        refused = made.ask("a question out of scope")
        assert (refused.status, made.provider.request_count) == (400, before)
        assert refused.json()["error"]["message"].endswith("I can only assist with questions about TechCorp.")
        for stream in (False, True):
            told = made.ask(f"{SAY}SECRET_TOKEN", stream=stream).body.decode()
            assert "[REDACTED]" in told
            assert "SECRET_TOKEN" not in told


def passing(heard: Heard) -> Says:
    return Says(b"", 204)


def adding(word: str) -> Behaviour:
    def behaviour(heard: Heard) -> Says:
        body = heard.json()
        body["messages"][-1]["content"] += f" {word}"
        return Says(json.dumps(body).encode())

    return behaviour


def test_each_filter_gets_what_the_last_one_made_and_the_answer_names_them(bench: Callable[..., Bench]) -> None:
    rows = {name: (adding(name), " type: http") for name in ("one", "two", "three")}
    made = bench("input_filters: [two, three, one]", rows)
    reply = made.ask("zero")
    assert made.provider.requests[-1].json()["messages"][0]["content"] == "zero two three one"
    told = reply.header("x-plano-filters").split(", ")
    assert [one.partition(";")[0] for one in told] == ["two", "three", "one"]


def test_a_guard_that_refuses_spares_those_behind_it(bench: Callable[..., Bench]) -> None:
    rows = {"guard": (content_guard, " type: http"), "rewriter": (adding("x"), " type: http")}
    made = bench("input_filters: [guard, rewriter]", rows)
    assert made.ask("write malware").status == 400
    assert made.servers["rewriter"].heard == []


def test_filters_never_see_credentials_nor_planos_own_members(bench: Callable[..., Bench]) -> None:
    made = bench(
        "input_filters: [looker], output_filters: [looker2]",
        {"looker": (passing, " type: http"), "looker2": (passing, " type: http")},
    )
    policy = [{"name": "any", "description": "everything", "models": ["same/hello"]}]
    secrets = ("authorization: Bearer sk-1", "x-api-key: sk-1", "cookie: a=sk-1")
    made.ask("hi", *secrets, "x-user: ann", routing_preferences=policy)
    for server in made.servers.values():
        (heard,) = server.heard
        assert b"sk-1" not in heard.body
        assert "sk-1" not in str(heard.headers)
        assert heard.headers["x-user"] == "ann"
    assert "routing_preferences" not in made.servers["looker"].heard[0].json()


BROKEN: list[Behaviour] = [
    lambda heard: Says(b"no", 500),
    lambda heard: Says(b"not json"),
    lambda heard: Says(status=302, headers=(("location", "/"),)),
    lambda heard: Says(b"{}", cut=1),
]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("side", ["input_filters", "output_filters"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_broken_filter_fails_closed_or_open(
    bench: Callable[..., Bench], broken: Behaviour, side: str, stream: bool
) -> None:
    closed = bench(f"{side}: [broken]", {"broken": (broken, " type: http")})
    told = closed.ask("hi", stream=stream)
    assert "friendly" not in told.body.decode()
    assert "filter_failed" in told.body.decode()
    opened = bench(f"{side}: [broken]", {"broken": (broken, " type: http, fail_open: true")})
    told = opened.ask("hi", stream=stream)
    assert told.status == 200
    assert "friendly" in told.body.decode()


def test_a_filter_may_end_a_stream_in_the_middle(bench: Callable[..., Bench]) -> None:
    def until_bad(heard: Heard) -> Says:
        return Says(b'{"message": "no more of this"}', 403) if b"horrible" in heard.body else passing(heard)

    made = bench("output_filters: [moderator]", {"moderator": (until_bad, " type: http")})
    told = made.ask("sixty words, please: a horrible story", stream=True, model="same/words-0.01").body.decode()
    assert "[DONE]" in told  # The sixty words are not horrible.
    told = made.ask(f"{SAY}good good good good horrible", stream=True).body.decode()
    assert "horrible" not in told
    assert "no more of this" in told
    assert "[DONE]" not in told
    whole = made.ask(f"{SAY}horrible")
    assert (whole.status, whole.json()["error"]["message"]) == (403, "no more of this")


def without_usage(events: bytes) -> bytes:
    """A chat stream without the event that plano has asked for and the client has not."""
    return b"".join(event + b"\n\n" for event in events.split(b"\n\n")[:-1] if b'"choices":[]' not in event)


def test_a_filter_that_sees_streams_whole_is_asked_once(bench: Callable[..., Bench]) -> None:
    made = bench("output_filters: [looker]", {"looker": (passing, " type: http, streaming: whole")})
    told = made.ask("sixty words", stream=True, model="same/words-0.01")
    (heard,) = made.servers["looker"].heard
    assert told.body == without_usage(heard.body)
    assert heard.headers["content-type"].startswith("text/event-stream")


def test_windows_are_whole_events_in_order_and_nothing_is_lost(bench: Callable[..., Bench]) -> None:
    made = bench("output_filters: [looker]", {"looker": (passing, " type: http")})
    told = made.ask("sixty words", stream=True, model="same/words-0.005")
    heard = made.servers["looker"].heard
    assert len(heard) > 3
    assert all(one.body.endswith(b"\n\n") for one in heard)
    assert told.body == without_usage(b"".join(one.body for one in heard))


@pytest.mark.parametrize("side", ["input_filters", "output_filters"])
def test_a_client_that_leaves_takes_the_filters_call_along(bench: Callable[..., Bench], side: str) -> None:
    asked = threading.Event()

    def silent(heard: Heard) -> Says:
        asked.set()
        return Says(hangs=True)

    made = bench(f"{side}: [slow]", {"slow": (silent, " type: http, timeout: 60s")})
    with Wire(made.gateway) as wire:
        wire.send(chat("same/hello"))
        assert asked.wait(5)
    wait_for(lambda: made.servers["slow"].open == 0)


def test_a_route_has_filters_of_its_own(bench: Callable[..., Bench]) -> None:
    routes = """
routing_preferences:
  - name: code generation
    description: writing new functions, classes, and code snippets
    models: [same/hello]
    input_filters: [code_only]
"""
    rows = {"all": (adding("all"), " type: http"), "code_only": (adding("code"), " type: http")}
    made = bench("input_filters: [all]", rows, routes)
    made.ask("Write a Python function that sorts a list of numbers", model="same/hello")
    assert made.provider.requests[-1].json()["messages"][0]["content"].endswith("numbers all code")
    made.ask("Which wine goes with fish?")
    assert made.provider.requests[-1].json()["messages"][0]["content"] == "Which wine goes with fish? all"


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_a_filter_harms_nobody_who_uses_the_providers_connection_by_then(
    bench: Callable[..., Bench], stream: bool
) -> None:
    asked = threading.Event()

    def slow_for_some(heard: Heard) -> Says:
        if b"lonely" not in heard.body:
            return passing(heard)
        asked.set()
        return Says(hangs=True)

    made = bench("output_filters: [slow]", {"slow": (slow_for_some, " type: http, streaming: whole, timeout: 60s")})
    with Wire(made.gateway) as leaving, Wire(made.gateway) as staying:
        messages = [{"role": "user", "content": f"{SAY}lonely"}]
        leaving.send(chat("same/hello", stream=stream, messages=messages))
        assert asked.wait(5)
        connections = made.provider.connection_count
        before = made.provider.request_count
        staying.send(chat("same/late-0.5"))
        wait_for(lambda: made.provider.request_count == before + 1)
        assert made.provider.connection_count == connections  # The very one, or this test is of no use.
        leaving.socket.close()
        assert staying.reply().status == 200


def test_a_provider_is_not_read_faster_than_a_filter_can_bear(bench: Callable[..., Bench]) -> None:
    def slow(heard: Heard) -> Says:
        time.sleep(0.05)
        return passing(heard)

    made = bench("output_filters: [slow]", {"slow": (slow, " type: http, timeout: 30s")})
    text = "a long tale " * 8_000
    with Wire(made.gateway, 20) as wire:
        messages = [{"role": "user", "content": f"{SAY}{text}"}]
        told = wire.ask(chat("same/hello", stream=True, messages=messages)).body.decode()
    assert "[DONE]" in told
    assert told.count("tale") == 8_000


def test_a_provider_that_has_begun_is_not_late_because_a_filter_collects(bench: Callable[..., Bench]) -> None:
    rows = {"looker": (passing, " type: http, window_bytes: 1000000")}
    made = bench("output_filters: [looker], first_token_timeout: 500ms", rows)
    told = made.ask("sixty words", stream=True, model="same/words-0.03")
    assert "[DONE]" in told.body.decode()


def test_a_stream_that_begins_with_a_ping_tells_its_filters_too(bench: Callable[..., Bench]) -> None:
    rows = {"one": (passing, " type: http")}
    made = bench("input_filters: [one], ping_interval: 200ms", rows)
    told = made.ask("hi", stream=True, model="again/slow-head-1")
    assert b": " in told.body
    assert told.header("x-plano-filters").startswith("one;dur=")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("side", ["input_filters", "output_filters"])
def test_a_gateway_that_stops_does_not_wait_for_filters_for_ever(
    bench: Callable[..., Bench], side: str, stream: bool
) -> None:
    asked = threading.Event()

    def silent(heard: Heard) -> Says:
        asked.set()
        return Says(hangs=True)

    rows = {"slow": (silent, " type: http, streaming: whole, timeout: 60s")}
    made = bench(f"{side}: [slow]", rows, "shutdown_grace: 300ms\n")
    with Wire(made.gateway) as wire:
        wire.send(chat("same/hello", stream=stream))
        assert asked.wait(5)
        assert made.gateway.stop() == 0
        assert b"shutting_down" in wire.rest()
    told = made.gateway.all_logs()
    assert "Traceback" not in told
    assert "destroyed" not in told


def test_many_streams_at_a_time_under_one_filter(bench: Callable[..., Bench]) -> None:
    made = bench("output_filters: [looker]", {"looker": (passing, " type: http, max_concurrency: 1, timeout: 20s")})
    made.ask("hi")
    files = made.gateway.open_files()
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(made.gateway, 30)) for _ in range(8)]
        for wire in wires:
            wire.send(chat("same/words-0.01", stream=True))
        bodies = [wire.reply().body for wire in wires]
    assert all(body.endswith(b"data: [DONE]\n\n") for body in bodies)
    wait_for(lambda: made.gateway.open_files() <= files + 12)
