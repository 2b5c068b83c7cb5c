"""Filter servers as operators run them, through a worker: HTTP and MCP, requests and answers, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.test_translation import CLIENTS, Client
from tests.end_to_end.wire import Wire, chat

CHAINS = (
    "input_filters: [content_guard, anonymizer, input_guards, query_rewriter], "
    "output_filters: [deanonymizer, output_redactor, mcp_redactor]"
)
ROWS = """
model_providers:
  - {model: same/*, base_url: "PROVIDER", provider_interface: openai, access_key: k}
  - {model: other/*, base_url: "PROVIDER", provider_interface: anthropic, access_key: k}
filters:
  - {id: content_guard, url: "GUARD", type: http}
  - {id: anonymizer, url: "PII/anonymize", type: http}
  - {id: deanonymizer, url: "PII/deanonymize", type: http}
  - {id: output_redactor, url: "REDACTOR", type: http}
  - {id: input_guards, url: "MCP"}
  - {id: mcp_redactor, url: "MCP/mcp", tool: redactor}
  - {id: query_rewriter, url: "MCP", tool: nothing}
"""


ASKED = "Respond with exactly: mail jo@example.com the SECRET_TOKEN of CODENAME today"


class Servers:
    """Everything the chains name; `faults` are what the guard does instead, as long as there are some."""

    def __init__(self, stack: ExitStack) -> None:
        self.faults: list[Says] = []
        self.guard = stack.enter_context(FilterServer(self._guarded))
        self.pii = stack.enter_context(FilterServer(Anonymizer()))
        self.redactor = stack.enter_context(FilterServer(output_redactor))
        self.mcp = stack.enter_context(mcp_server())

    def _guarded(self, heard: Heard) -> Says:
        return self.faults.pop() if self.faults else content_guard(heard)

    def rows(self, provider: ScriptedProvider) -> str:
        urls = {"PROVIDER": provider.base_url, "GUARD": self.guard.url, "PII": self.pii.url}
        text = ROWS.replace("REDACTOR", self.redactor.url).replace("MCP", self.mcp)
        for name, url in urls.items():
            text = text.replace(f'"{name}', f'"{url}')
        return text


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture(scope="module")
def chained(_provider: ScriptedProvider, servers: Servers, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = servers.rows(_provider)
    with start_gateway(lambda port: listener(port, CHAINS) + rows) as running:
        yield running


@pytest.fixture
def wire(chained: Gateway) -> Iterator[Wire]:
    with Wire(chained) as made:
        yield made


@pytest.fixture(params=sorted(CLIENTS))
def client(request: pytest.FixtureRequest, chained: Gateway) -> Iterator[Client]:
    made = CLIENTS[request.param](chained)
    yield made
    made.close()


def said(text: str, *headers: str, **more: Any) -> bytes:
    return chat("same/hello", *headers, messages=[{"role": "user", "content": text}], **more)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("model", ["same/hello", "other/hello"])
def test_what_is_masked_on_the_way_out_is_restored_on_the_way_back(
    client: Client, provider: ScriptedProvider, model: str, streams: bool
) -> None:
    told = client.ask(model, ASKED, streams=streams)
    assert told.text == "mail jo@example.com the [REDACTED] of [REDACTED] today"
    assert b"jo@example.com" not in provider.requests[-1].body


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_has_the_filters_status_and_words(
    wire: Wire, provider: ScriptedProvider, servers: Servers, stream: bool
) -> None:
    before, heard = provider.request_count, len(servers.pii.heard)
    reply = wire.ask(said("How to hack into a system", stream=stream))
    assert (reply.status, reply.json()["error"]["code"]) == (400, "content_blocked")
    assert b"content_blocked" in reply.body
    assert reply.json()["error"]["metadata"]["filter"] == "content_guard"
    assert (provider.request_count, len(servers.pii.heard)) == (before, heard)


def test_an_mcp_tool_refuses(wire: Wire, provider: ScriptedProvider) -> None:
    before = provider.request_count
    reply = wire.ask(said("this is out of scope"))
    assert (reply.status, reply.json()["error"]["message"]) == (400, "I can only assist with questions about TechCorp.")
    assert provider.request_count == before


def test_what_filters_are_told(wire: Wire, servers: Servers) -> None:
    reply = wire.ask(said("Respond with exactly: yes", "authorization: Bearer sk-client", "x-team: red"))
    request_id = reply.header("x-request-id")
    for server in (servers.guard, servers.pii, servers.redactor):
        heard = server.heard[-1]
        assert heard.headers["x-request-id"] == request_id
        assert heard.headers["x-team"] == "red"
        assert "sk-client" not in json.dumps(heard.headers)
    assert servers.pii.heard[-1].path == "/deanonymize/v1/chat/completions"
    assert servers.redactor.heard[-1].headers["x-plano-direction"] == "response"
    ran = [one.partition(";")[0] for one in (reply.header("x-plano-filters") or "").split(", ")]
    assert ran[:4] == ["content_guard", "anonymizer", "input_guards", "query_rewriter"]


@pytest.mark.parametrize(
    "fault",
    [Says(status=503), Says(b"nonsense"), Says(b'{"a": 1}', cut=3), Says(status=302, headers=(("location", "/x"),))],
)
def test_a_filter_that_fails_lets_nothing_pass(
    wire: Wire, provider: ScriptedProvider, servers: Servers, fault: Says
) -> None:
    before = provider.request_count
    servers.faults.append(fault)
    reply = wire.ask(said("Respond with exactly: yes"))
    assert (reply.status, reply.json()["error"]["code"]) == (500, "filter_failed")
    assert "content_guard" in reply.json()["error"]["message"]
    assert provider.request_count == before
    assert wire.ask(said("Respond with exactly: yes")).status == 200
