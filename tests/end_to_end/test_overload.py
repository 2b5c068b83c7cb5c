"""More than a listener takes on, over real sockets: who is turned away, how, and when there is room again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import msgspec
import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Answer, Ask, Gate, hello
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.wire import Reply, Wire, ask, chat, request

ROWS = """
model_providers:
  - {model: mock/*, base_url: "URL", provider_interface: openai}
  - {model: claude/*, base_url: "URL", provider_interface: anthropic}
"""
KEYS = "api_keys: [{name: blue, key: $BLUE}, {name: red, key: $RED}]"
BLUE, RED = "pk-blue-1f0c2b7d3c9e", "pk-red-4a8f5d6b6e5a"


class Streams:
    """Streams that stand still after their first events until `gate` is opened."""

    def __init__(self, gateway: Gateway, provider: ScriptedProvider) -> None:
        self.gateway = gateway
        self.provider = provider
        self.gate = Gate()

    def held(self, asked: Ask) -> Answer:
        answer = hello(asked)
        return msgspec.structs.replace(answer, body=(*answer.body[:2], self.gate, *answer.body[2:]))

    def open(self, stack: ExitStack, *headers: str) -> Wire:
        """One that runs."""
        self.provider.script.then(self.held)
        wire = stack.enter_context(Wire(self.gateway))
        wire.send(chat("mock/hello", *headers, stream=True))
        assert wire.head()[0] == 200
        return wire


@pytest.fixture
def own_provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as running:
        yield running
        assert running.failures == []


def serve(start: StartGateway, provider: ScriptedProvider, settings: str):
    return start(lambda port: listener(port, settings) + ROWS.replace("URL", provider.base_url), BLUE=BLUE, RED=RED)


def told(answer: Reply) -> tuple[int, str, str | None]:
    return answer.status, answer.json()["error"]["code"], answer.header("retry-after")


def test_one_request_too_many_is_503_until_one_ends(
    start_gateway: StartGateway, own_provider: ScriptedProvider
) -> None:
    settings = "max_concurrent_requests: 3"
    with serve(start_gateway, own_provider, settings) as running, ExitStack() as stack:
        streams = Streams(running, own_provider)
        wires = [streams.open(stack) for _ in range(3)]
        late = stack.enter_context(Wire(running))
        for _ in range(2):
            answer = late.ask(chat("mock/hello"))
            assert told(answer) == (503, "overloaded", "1")
            assert answer.header("connection") is None
        asked = {"model": "claude/hello", "max_tokens": 5, "messages": []}
        answer = late.ask(request(asked, "/v1/messages"))
        assert (answer.status, answer.json()["error"]["type"]) == (503, "overloaded_error")
        assert late.ask(request(path="/healthz", method="GET")).status == 200
        assert late.ask(request(path="/v1/models", method="GET")).status == 200
        assert own_provider.request_count == 3
        streams.gate.open()
        assert wires[0].until(b"0\r\n\r\n")
        assert late.ask(chat("mock/hello")).status == 200
        assert "refused: 3 requests (max_concurrent_requests)" in running.log_line("is over its caps")


def test_clients_that_leave_in_the_middle_of_their_streams_make_room(
    start_gateway: StartGateway, own_provider: ScriptedProvider
) -> None:
    settings = "max_concurrent_requests: 4, max_concurrent_requests_per_client: 4"
    with serve(start_gateway, own_provider, settings) as running:
        for _ in range(3):
            with ExitStack() as stack:
                streams = Streams(running, own_provider)
                for _ in range(4):
                    streams.open(stack)
                assert ask(running, chat("mock/hello")).status == 429
            wait_for(lambda: ask(running, chat("mock/hello")).status == 200)


def test_a_client_is_told_of_its_own_cap_and_others_are_served(
    start_gateway: StartGateway, own_provider: ScriptedProvider
) -> None:
    settings = f"max_concurrent_requests_per_client: 2, {KEYS}"
    blue, red = f"x-api-key: {BLUE}", f"authorization: Bearer {RED}"
    with serve(start_gateway, own_provider, settings) as running, ExitStack() as stack:
        streams = Streams(running, own_provider)
        for _ in range(2):
            streams.open(stack, blue)
        assert told(ask(running, chat("mock/hello", blue))) == (429, "too_many_requests", "1")
        asked = {"model": "claude/hello", "max_tokens": 5, "messages": []}
        answer = ask(running, request(asked, "/v1/messages", blue))
        assert (answer.status, answer.json()["error"]["type"]) == (429, "rate_limit_error")
        assert ask(running, chat("mock/hello", red)).status == 200
        assert ask(running, chat("mock/hello", "x-api-key: wrong")).status == 401
        line = running.access_line(" 429 too_many_requests ")
        assert line.endswith(" api_key=blue")


def test_without_keys_a_client_is_an_address(start_gateway: StartGateway, own_provider: ScriptedProvider) -> None:
    settings = "max_concurrent_requests_per_client: 1"
    with serve(start_gateway, own_provider, settings) as running, ExitStack() as stack:
        Streams(running, own_provider).open(stack)
        for claimed in ("198.51.100.1", "198.51.100.2"):
            answer = ask(running, chat("mock/hello", f"x-forwarded-for: {claimed}"))
            assert told(answer) == (429, "too_many_requests", "1")


def test_one_connection_too_many_is_503_at_once_and_does_not_count(
    start_gateway: StartGateway, own_provider: ScriptedProvider
) -> None:
    with serve(start_gateway, own_provider, "max_connections: 3") as running, ExitStack() as stack:
        wires = [stack.enter_context(Wire(running)) for _ in range(3)]
        assert [wire.ask(chat("mock/hello")).status for wire in wires] == [200] * 3
        for _ in range(5):
            with Wire(running) as silent:
                answer = silent.reply()
                assert told(answer) == (503, "overloaded", "1")
                assert answer.header("connection") == "close"
                assert silent.is_closed()
        for wire in [stack.enter_context(Wire(running)) for _ in range(20)]:
            assert told(wire.ask(chat("mock/hello"))) == (503, "overloaded", "1")
        assert [wire.ask(chat("mock/hello")).status for wire in wires] == [200] * 3
        wires[0].socket.close()
        wait_for(lambda: ask(running, chat("mock/hello")).status == 200)
        assert "connections (max_connections)" in running.log_line("is over its caps")
