"""MCP filters: against real servers of the official SDK, and against one that is odd on purpose."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from plano.errors import FilterFailed, FilterRejected
from tests.end_to_end.filter_servers import FilterServer, Heard, Says, mcp_server
from tests.filters.conftest import REQUEST, asked, filters_of

Run = Callable[[Coroutine[Any, Any, Any]], Any]
EVENTS = b'data: {"delta": "a SECRET_TOKEN"}\n\ndata: [DONE]\n\n'
KINDS = {
    "sessions and events": {},
    "sessions and JSON": {"json_response": True},
    "stateless": {"stateless": True},
    "stateless JSON": {"stateless": True, "json_response": True},
}


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS)
def sdk(request: pytest.FixtureRequest) -> Iterator[str]:
    with mcp_server(**request.param) as url:
        yield url


async def requested(url: str, tool: str, **about: Any) -> bytes | None:
    async with filters_of(f"id: {tool}, url: '{url}'") as filters:
        return await filters[tool].request(asked(**about))


async def answered(url: str, tool: str, body: bytes, content_type: str) -> bytes | None:
    async with filters_of(f"id: f, url: '{url}', tool: {tool}") as filters:
        return await filters["f"].answer(asked(body), content_type)


# Servers of the SDK.


def test_a_tool_that_changes_nothing_leaves_the_bytes_alone(run: Run, sdk: str) -> None:
    assert run(requested(sdk, "input_guards")) is None
    assert run(requested(sdk, "nothing")) is None


def test_a_server_on_the_machine_itself_is_asked_by_the_name_it_has_there(run: Run, sdk: str) -> None:
    # The SDK answers 421 to every host but its own; configs that also serve in containers have Docker's name for it.
    assert run(requested(sdk.replace("127.0.0.1", "host.docker.internal"), "nothing")) is None


def test_a_server_that_does_not_know_its_name_is_told_of(run: Run) -> None:
    refuses = FilterServer(lambda heard: Says(b"Invalid Host header", status=421))
    with refuses as server, pytest.raises(FilterFailed) as caught:
        run(requested(server.url, "nothing"))
    assert "does the server allow the host in `url`" in caught.value.detail


@pytest.mark.parametrize(
    ("tool", "new"),
    [
        ("query_rewriter", {"content": "What is 2+2? (by way of /v1/chat/completions)"}),
        ("as_text", {"seen": True}),
        ("bare", {"seen": True}),
        ("unstructured", {"seen": True}),
    ],
)
def test_what_a_tool_gives_back_replaces_the_body(run: Run, sdk: str, tool: str, new: dict[str, Any]) -> None:
    told = json.loads(run(requested(sdk, tool)))
    assert told["model"] == "gpt-4o-mini"
    assert new.items() <= {**told, **told["messages"][-1]}.items()


def test_an_error_of_the_tool_refuses_in_its_words(run: Run, sdk: str) -> None:
    with pytest.raises(FilterRejected) as raised:
        run(requested(sdk, "input_guards", body={"messages": [{"role": "user", "content": "out of scope"}]}))
    assert (raised.value.status, raised.value.message) == (400, "I can only assist with questions about TechCorp.")


def test_an_error_of_the_tool_in_json_may_say_its_status(run: Run, sdk: str) -> None:
    with pytest.raises(FilterRejected) as raised:
        run(requested(sdk, "strict_guard"))
    assert (raised.value.status, raised.value.code, raised.value.message) == (451, "not_here", "Not in this country.")


def test_a_tool_that_is_not_there_is_no_refusal(run: Run, sdk: str) -> None:
    with pytest.raises(FilterFailed, match="has no tool `no_such_tool`") as raised:
        run(requested(sdk, "no_such_tool"))
    assert "`bare`, `input_guards`, `nothing`, `query_rewriter`" in raised.value.detail


def test_answers_go_to_the_tool_with_their_direction(run: Run, sdk: str) -> None:
    new = run(answered(sdk, "redactor", b'{"content": "a SECRET_TOKEN"}', "application/json"))
    assert json.loads(new) == {"content": "a [REDACTED]", "direction": "response"}


def test_events_go_to_the_tool_as_text(run: Run, sdk: str) -> None:
    new = run(answered(sdk, "redactor", EVENTS, "text/event-stream"))
    assert new == EVENTS.replace(b"SECRET_TOKEN", b"[REDACTED]")


def test_a_tool_without_a_direction_is_not_told(run: Run, sdk: str) -> None:
    assert run(answered(sdk, "input_guards", b'{"a": 1}', "application/json")) is None


def test_many_calls_share_a_session(run: Run, sdk: str) -> None:
    async def ask() -> list[Any]:
        async with filters_of(f"id: query_rewriter, url: '{sdk}/mcp'") as filters:
            return await asyncio.gather(*(filters["query_rewriter"].request(asked()) for _ in range(20)))

    assert len(set(run(ask()))) == 1


def test_a_server_that_was_restarted_is_greeted_again(run: Run) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(mcp_server())
        port = int(url.rpartition(":")[2])

        async def ask_twice() -> None:
            async with filters_of(f"id: nothing, url: '{url}'") as filters:
                assert await filters["nothing"].request(asked()) is None
                await asyncio.to_thread(stack.close)
                stack.enter_context(mcp_server(port=port))
                assert await filters["nothing"].request(asked()) is None

        run(ask_twice())


# Servers that are odd.


class Odd:
    """A scripted MCP server. `answers[method]` says what there is to say; a callable gets the message."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.messages: list[tuple[str, str, dict[str, str]]] = []

    def __call__(self, heard: Heard) -> Says:
        if heard.method != "POST":
            self.messages.append((heard.method, heard.path, heard.headers))
            return Says()
        message = heard.json()
        method = message["method"]
        self.messages.append((method, heard.path, heard.headers))
        if "id" not in message:
            return Says(status=202)
        answer = self.answers.get(method.replace("/", "_"))
        if callable(answer):
            answer = answer(message)
        if isinstance(answer, Says):
            return answer
        return json_reply(message, answer or {"protocolVersion": "2025-06-18", "capabilities": {}})

    def methods(self) -> list[str]:
        return [method for method, _, _ in self.messages]


def json_reply(message: dict[str, Any], result: Any, **more: Any) -> Says:
    return Says(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode(), **more)


def told(value: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": json.dumps(value)}]}


def asked_of(run: Run, odd: Odd, more: str = "") -> bytes | None:
    async def ask(server: FilterServer) -> bytes | None:
        async with filters_of(f"id: f, url: '{server.url}'{more and ', ' + more}") as filters:
            return await filters["f"].request(asked())

    with FilterServer(odd) as server:
        return run(ask(server))  # type: ignore[no-any-return]


def test_the_handshake(run: Run) -> None:
    agreed = b'{"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-03-26"}}'
    hello = Says(agreed, headers=(("Mcp-Session-Id", "s-1"),))
    odd = Odd(initialize=hello, tools_call=told({"new": 1}))
    assert asked_of(run, odd) == b'{"new":1}'
    assert odd.methods() == ["initialize", "notifications/initialized", "tools/call", "DELETE"]
    assert {path for _, path, _ in odd.messages} == {"/mcp"}
    first, *others = [headers for _, _, headers in odd.messages]
    assert "mcp-session-id" not in first
    assert first["accept"] == "application/json, text/event-stream"
    for headers in others:
        assert (headers["mcp-session-id"], headers["mcp-protocol-version"]) == ("s-1", "2025-03-26")
    assert others[1]["x-request-id"] == "req-1"


def test_without_a_session_there_is_nothing_to_end(run: Run) -> None:
    odd = Odd(tools_call=told(None))
    assert asked_of(run, odd) is None
    assert odd.methods() == ["initialize", "notifications/initialized", "tools/call"]


def test_the_tool_gets_the_body_as_the_client_wrote_it(run: Run) -> None:
    sent: list[bytes] = []

    def server(heard: Heard) -> Says:
        sent.append(heard.body)
        return Odd(tools_call=told(None))(heard)

    async def ask(server: FilterServer) -> None:
        async with filters_of(f"id: f, url: '{server.url}/deep/path/', tool: t") as filters:
            await filters["f"].request(asked())

    with FilterServer(server) as running:
        run(ask(running))
        assert {heard.path for heard in running.heard} == {"/deep/path"}
    assert REQUEST in sent[-1]
    assert json.loads(sent[-1])["params"] == {
        "name": "t",
        "arguments": {"body": json.loads(REQUEST), "path": "/v1/chat/completions"},
    }


@pytest.mark.parametrize("version", ["1999-01-01", None, 7])
def test_a_version_nobody_speaks(run: Run, version: Any) -> None:
    with pytest.raises(FilterFailed, match="speaks MCP"):
        asked_of(run, Odd(initialize={"protocolVersion": version}))


def stream(message: dict[str, Any], ends: bytes = b"\n", after: bytes = b"") -> bytes:
    """An answer among all that may come before it."""
    answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": told({"new": 1})})
    note = json.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": 1}})
    ping = json.dumps({"jsonrpc": "2.0", "id": message["id"], "method": "ping"})
    lines = [
        ": a comment", "", "id: 0", "data:", "", "event: message", f"data: {note}", "", f"data: {ping}", "",
        "event: other", "data: nonsense", "", "id: 7", "retry: 5", "event: message",
        *(f"data: {part}" for part in answer.split(", ", 1)), "", "",
    ]  # fmt: skip
    text = ends.join(line.encode() for line in lines)
    return text.replace(b'data: "id"', b'data: , "id"') + after


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("drip_s", [0.0, 0.0001])
def test_answers_as_events(run: Run, ends: bytes, drip_s: float) -> None:
    def answer(message: dict[str, Any]) -> Says:
        return Says(stream(message, ends), content_type="text/event-stream", chunked=True, drip_s=drip_s)

    assert asked_of(run, Odd(tools_call=answer)) == b'{"new":1}'


def test_a_stream_that_stays_open_keeps_nobody_waiting(run: Run) -> None:
    def answer(message: dict[str, Any]) -> Says:
        body = stream(message, after=b": open\n" * 50)
        return Says(body, content_type="text/event-stream; charset=utf-8", chunked=True, drip_s=0.002)

    async def ask(server: FilterServer) -> None:
        async with filters_of(f"id: f, url: '{server.url}', timeout: 30s") as filters:
            for _ in range(2):
                assert await filters["f"].request(asked()) == b'{"new":1}'

    with FilterServer(Odd(tools_call=answer)) as server:
        run(ask(server))


def test_a_connection_is_used_again_when_the_stream_ends_with_the_answer(run: Run) -> None:
    async def ask(server: FilterServer) -> None:
        async with filters_of(f"id: f, url: '{server.url}'") as filters:
            for _ in range(10):
                await filters["f"].request(asked())

    says = Odd(tools_call=lambda message: Says(stream(message), content_type="text/event-stream", chunked=True))
    with FilterServer(says) as server:
        run(ask(server))
        assert server.connections <= 2  # The end of an answer may still be on its way when the next call begins.


def lost(status: int, body: bytes) -> Any:
    """The first call finds its session gone."""
    calls = iter([Says(body, status)])
    return lambda message: next(calls, told({"new": 1}))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b""),
        (404, b'{"error": {"message": "Session not found"}}'),
        (400, b"Bad Request: No valid session ID provided"),
    ],
)
def test_a_lost_session_is_opened_again_once(run: Run, status: int, body: bytes) -> None:
    odd = Odd(tools_call=lost(status, body))
    assert asked_of(run, odd) == b'{"new":1}'
    assert odd.methods().count("initialize") == 2


def test_a_session_that_is_always_lost(run: Run) -> None:
    odd = Odd(tools_call=Says(b"", 404))
    with pytest.raises(FilterFailed, match="does not know the MCP session"):
        asked_of(run, odd)
    assert odd.methods().count("tools/call") == 2


def test_those_who_come_while_a_session_is_opened_wait_for_it(run: Run) -> None:
    async def ask(server: FilterServer) -> None:
        async with filters_of(f"id: f, url: '{server.url}'") as filters:
            await asyncio.gather(*(filters["f"].request(asked()) for _ in range(10)))

    odd = Odd(tools_call=told(None))
    with FilterServer(odd) as server:
        run(ask(server))
    assert odd.methods().count("initialize") == 1
    assert odd.methods().count("tools/call") == 10


def test_bodies_that_cannot_be_read_here_are_passed_on_all_the_same(run: Run) -> None:
    """What the client wrote is the server's to judge."""
    deep = b'{"a": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"

    async def ask(server: FilterServer) -> bytes | None:
        async with filters_of(f"id: f, url: '{server.url}'") as filters:
            return await filters["f"].request(asked(deep))

    def tool(heard: Heard) -> Says:
        if b"tools/call" in heard.body:
            id = re.search(rb'"id":(\d+)', heard.body)
            assert id is not None
            assert deep.replace(b" ", b"") in heard.body.replace(b" ", b"")
            return json_reply({"id": int(id[1])}, told({"new": 1}))
        return Odd()(heard)

    with FilterServer(tool) as server:
        assert run(ask(server)) == b'{"new":1}'


def test_who_leaves_while_a_session_is_opened_does_not_end_it_for_others(run: Run) -> None:
    def slow(message: dict[str, Any]) -> Says:
        reply = json_reply(message, {"protocolVersion": "2025-06-18"})
        return Says(reply.body, drip_s=0.001)

    async def ask(server: FilterServer) -> None:
        async with filters_of(f"id: f, url: '{server.url}'") as filters:
            leaving, staying = (asyncio.create_task(filters["f"].request(asked())) for _ in range(2))
            await asyncio.sleep(0.02)
            leaving.cancel()
            assert await staying is None

    odd = Odd(initialize=slow, tools_call=told(None))
    with FilterServer(odd) as server:
        run(ask(server))
    assert odd.methods().count("initialize") == 1


@pytest.mark.parametrize(
    "result",
    [
        {"content": []},
        told(None),
        {"content": [{"type": "text", "text": ""}]},
        {"content": [], "structuredContent": {"result": None}},
        {"content": [], "structuredContent": json.loads(REQUEST)},
        {"content": [], "structuredContent": {"result": json.loads(REQUEST)}},
        {"content": [], "structuredContent": {"result": REQUEST.decode()}},
    ],
)
def test_unchanged(run: Run, result: dict[str, Any]) -> None:
    assert asked_of(run, Odd(tools_call=result)) is None


@pytest.mark.parametrize(
    "result",
    [
        {"structuredContent": {"result": {"new": 1}}},
        {"structuredContent": {"new": 1}, "content": [{"type": "text", "text": "something else"}]},
        {"structuredContent": {"result": '{"new": 1}'}},
        told({"new": 1}),
        told({"new": 1}) | {"resultType": "complete"},
    ],
)
def test_where_the_value_stands(run: Run, result: dict[str, Any]) -> None:
    assert asked_of(run, Odd(tools_call=result)) == b'{"new":1}'


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"tools_call": told([1])}, "no JSON object"),
        ({"tools_call": told("text")}, "no JSON object"),
        ({"tools_call": {"content": [{"type": "text", "text": "fine by me"}]}}, "no JSON"),
        ({"tools_call": {"content": [{"type": "image", "data": "", "mimeType": "image/png"}]}}, "no text"),
        ({"tools_call": {"resultType": "input_required"}}, "none of a tool"),
        ({"tools_call": {"resultType": "input_required", "content": []}}, "none of a tool"),
        ({"tools_call": Says(b'{"jsonrpc": "2.0", "id": 2, "error": {"code": -32603, "message": "boom"}}')}, "failed"),
        ({"tools_call": Says(b'{"jsonrpc": "2.0", "id": 2}')}, "can be read"),
        ({"tools_call": Says(b'{"jsonrpc": "2.0", "id": 99, "result": {}}')}, "can be read"),
        ({"tools_call": Says(b"oh")}, "can be read"),
        ({"tools_call": Says(b"data: oh\n\n", content_type="text/event-stream")}, "can be read"),
        ({"tools_call": Says(b"", content_type="text/event-stream")}, "can be read"),
        ({"tools_call": Says(b"{}", 401)}, "answered tools/call with status 401"),
        ({"tools_call": Says(b"", 202)}, "can be read"),
        ({"tools_call": Says(b"", 302, headers=(("location", "/other"),))}, "status 302"),
        ({"tools_call": Says(hangs=True)}, "in time"),
        ({"tools_call": Says(resets=True)}, "cannot be reached"),
        ({"initialize": Says(hangs=True)}, "in time"),
        ({"initialize": Says(b"<html>", 405, "text/html")}, "status 405"),
        ({"initialize": Says(b"", 404)}, "status 404"),
        ({"initialize": Says(b'{"id": 1, "error": {"code": 1, "message": "no"}}')}, "initialize with an error"),
    ],
)  # fmt: skip
def test_what_is_no_verdict_fails(run: Run, answers: dict[str, Any], why: str) -> None:
    with pytest.raises(FilterFailed, match=why):
        asked_of(run, Odd(**answers), "timeout: 300ms, connect_timeout: 200ms")
    assert asked_of(run, Odd(**answers), "timeout: 300ms, connect_timeout: 200ms, fail_open: true") is None


def test_a_server_that_comes_later_is_greeted_then(run: Run) -> None:
    hello = iter([Says(status=503), None])
    odd = Odd(initialize=lambda message: next(hello), tools_call=told({"new": 1}))

    async def ask(server: FilterServer) -> None:
        async with filters_of(f"id: f, url: '{server.url}'") as filters:
            with pytest.raises(FilterFailed, match="status 503"):
                await filters["f"].request(asked())
            assert await filters["f"].request(asked()) == b'{"new":1}'

    with FilterServer(odd) as server:
        run(ask(server))


def test_tools_come_in_pages(run: Run) -> None:
    def pages(message: dict[str, Any]) -> dict[str, Any]:
        if "cursor" in message["params"]:
            return {"tools": [{"name": "b"}]}
        return {"tools": [{"name": "a", "inputSchema": {}}], "nextCursor": "2"}

    unknown = {"isError": True, "content": [{"type": "text", "text": "Unknown tool: f"}]}
    with pytest.raises(FilterFailed) as raised:
        asked_of(run, Odd(tools_call=unknown, tools_list=pages))
    assert raised.value.detail.endswith("there is `a`, `b`")


@pytest.mark.parametrize(
    ("schema", "is_told"),
    [
        ({"properties": {"direction": {"type": "string"}}}, True),
        ({"properties": {"body": {}}}, False),
        ({"additionalProperties": True}, True),
        ({"additionalProperties": False}, False),
        ({}, False),
    ],
)
def test_who_is_told_the_direction(run: Run, schema: dict[str, Any], is_told: bool) -> None:
    arguments: list[dict[str, Any]] = []

    def call(message: dict[str, Any]) -> dict[str, Any]:
        arguments.append(message["params"]["arguments"])
        return told(None)

    async def ask(server: FilterServer) -> None:
        async with filters_of(f"id: f, url: '{server.url}'") as filters:
            await filters["f"].request(asked())
            await filters["f"].answer(asked(b"{}"), "application/json")

    with FilterServer(Odd(tools_call=call, tools_list={"tools": [{"name": "f", "inputSchema": schema}]})) as server:
        run(ask(server))
    assert ["direction" in given for given in arguments] == [False, is_told]
