"""The prompt picks the model, through a worker: routes, sessions, decisions without a call, a router that fails.

A scripted provider plays the remote router: it goes by a word of the prompt's last line.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from plano.testing import Answer, RecordedRequest, ScriptedProvider
from plano.testing.scripted_provider import End, Pause, json_answer
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.wire import Reply, Wire, ask, request

ROWS = """
model_providers:
  - {model: mock/hello, base_url: "URL", provider_interface: openai, access_key: KEY, default: true}
  - {model: mock/hello-code, base_url: "URL", provider_interface: openai, access_key: KEY}
  - {model: claude/hello-code, base_url: "URL", provider_interface: anthropic, access_key: KEY}
  - {model: mock/503-always, base_url: "URL", provider_interface: openai, access_key: KEY}
  - {model: mock/keyless, base_url: "URL", provider_interface: openai}
  - {model: judges/*, base_url: "JUDGE", provider_interface: openai, access_key: KEY}
routing_preferences:
  - {name: writing code, description: new code, models: [claude/hello-code, mock/hello-code]}
  - {name: "räts<el", description: riddles, models: [mock/503-always, mock/hello-code]}
"""
ROUTER = "routing: {router: {type: remote, model: judges/%s, timeout: 0.4s}}\n"
PATHS = {"chat": "chat/completions", "messages": "messages", "responses": "responses"}


def judged(asked: RecordedRequest) -> Answer | None:
    body = asked.json()
    told = body["messages"][-1]["content"]
    if "<routes>" not in told:
        return None
    last = re.findall(r'"content": "(.*?)"', told)[-1]
    route = next((route for word, route in WORDS.items() if word in last), "other")
    content = json.dumps({"route": route})
    if body["model"] == "slow":
        return Answer(body=(Pause(5), b"{}"))
    if body["model"] == "cut":
        return Answer(headers=(("content-type", "application/json"),), body=(b'{"choices"', End.RESET))
    if body["model"] == "down":
        return json_answer({"error": {"message": "no", "type": "server_error"}}, status=500)
    return json_answer(completion("I would rather talk about cats" if body["model"] == "odd" else content))


WORDS = {"quicksort": "writing code", "riddle": "räts<el"}


def completion(content: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


@pytest.fixture(scope="module")
def judge() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as running:
        running.script.on_request(judged)
        yield running


def rows(provider: ScriptedProvider, judge: ScriptedProvider, model: str = "good", more: str = "") -> str:
    routing = ROUTER.replace("}}", f"}}{more}}}") % model
    return ROWS.replace("URL", provider.base_url).replace("JUDGE", judge.base_url).replace("KEY", "sk-1") + routing


@pytest.fixture(scope="module")
def routed(_provider: ScriptedProvider, judge: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    with start_gateway(lambda port: listener(port) + rows(_provider, judge)) as running:
        yield running
        told = running.all_logs()
        assert not re.search("Traceback|[Ee]xception in callback|never retrieved", told), told[-3000:]


def asking(text: str, dialect: str = "chat", *headers: str, prefix: str = "/v1", **members: Any) -> bytes:
    turn = {"role": "user", "content": text}
    said = {"input": text} if dialect == "responses" else {"messages": [turn]}
    body: dict[str, Any] = {"model": "mock/hello", **said, **members}
    if dialect == "messages":
        body.setdefault("max_tokens", 9)
    return request(body, f"{prefix}/{PATHS[dialect]}", *headers)


def decided(gateway: Gateway, text: str, dialect: str = "chat", *headers: str, **members: Any) -> dict[str, Any]:
    answer = ask(gateway, asking(text, dialect, *headers, prefix="/routing/v1", **members))
    assert answer.status == 200, answer.body
    return dict(answer.json())


def served_by(answer: Reply) -> tuple[int, str | None]:
    return answer.status, answer.header("x-plano-model")


# Who answers.


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_prompt_picks_the_model(routed: Gateway, dialect: str, stream: bool) -> None:
    more = {"stream": True} if stream else {}
    answer = ask(routed, asking("write a quicksort", dialect, **more))
    assert served_by(answer) == (200, "claude/hello-code")
    assert answer.header("x-plano-route") == "writing code"
    answer = ask(routed, asking("how are you?", dialect, **more))
    assert served_by(answer) == (200, "mock/hello")
    assert answer.header("x-plano-route") == "none"


def test_the_requested_model_has_no_say_where_a_route_fits(routed: Gateway) -> None:
    assert served_by(ask(routed, asking("a quicksort", model="mock/hello-code"))) == (200, "claude/hello-code")
    assert served_by(ask(routed, asking("a quicksort", model="no-such-model"))) == (200, "claude/hello-code")
    assert served_by(ask(routed, asking("hm", model="mock/hello-code"))) == (200, "mock/hello")


def test_the_next_model_of_a_route_stands_in(routed: Gateway) -> None:
    answer = ask(routed, asking("a riddle, please"))
    assert served_by(answer) == (200, "mock/hello-code")
    assert answer.header("x-plano-attempts") == "2"
    assert answer.header("x-plano-route") == "r%C3%A4ts<el"


def test_operations_without_a_prompt_go_by_name(routed: Gateway, judge: ScriptedProvider) -> None:
    before = judge.request_count
    answer = ask(routed, request({"model": "mock/hello-code", "input": "quicksort"}, "/v1/embeddings"))
    assert served_by(answer) == (200, "mock/hello-code")
    assert answer.header("x-plano-route") is None
    assert judge.request_count == before


def test_tokens_are_counted_for_the_model_that_would_answer(routed: Gateway) -> None:
    body = {"model": "no-such-model", "messages": [{"role": "user", "content": "a quicksort"}]}
    answer = ask(routed, request(body, "/v1/messages/count_tokens"))
    assert served_by(answer) == (200, "claude/hello-code")
    assert answer.json()["input_tokens"] > 0


def test_the_router_hears_people_and_not_their_tools(routed: Gateway, judge: ScriptedProvider) -> None:
    messages = [
        {"role": "system", "content": "a secret prompt about quicksort"},
        {"role": "user", "content": "<system-reminder>a quicksort</system-reminder>tell a riddle 17"},
        {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]},
        {"role": "tool", "tool_call_id": "c", "content": "a quicksort"},
    ]
    assert decided(routed, "", messages=messages)["route"] == "räts<el"
    told = judge.requests[-1].json()["messages"][-1]["content"]
    assert "secret" not in told
    assert "system-reminder" not in told
    assert judge.requests[-1].header("authorization") == "Bearer sk-1"


TOOL_CALL = {"id": "c", "type": "function", "function": {"name": "ls", "arguments": "{}"}}


def test_the_decision_is_logged(routed: Gateway) -> None:
    answer = ask(routed, asking("a quicksort", "chat", "x-request-id: logged-1"))
    line = routed.log_line("request_id=logged-1")
    assert re.search(r"plano-orchestrator determined routes .* response_time_ms=\d+", line)
    assert "['writing code'] model=claude/hello-code" in line
    assert answer.header("x-request-id") == "logged-1"


# Decisions without a call.


@pytest.mark.parametrize("dialect", PATHS)
def test_a_decision_asks_no_model(routed: Gateway, provider: ScriptedProvider, dialect: str) -> None:
    before = provider.request_count
    told = decided(routed, "a quicksort", dialect)
    trace_id = told.pop("trace_id")
    assert re.fullmatch("[0-9a-f]{32}", trace_id)
    assert told == {
        "model": "claude/hello-code",
        "models": ["claude/hello-code", "mock/hello-code"],
        "route": "writing code",
        "pinned": False,
        "switched": False,
    }
    told = decided(routed, "hello", dialect)
    assert (told["model"], told["models"], told["route"]) == ("none", ["none"], None)
    assert provider.request_count == before


def test_a_decision_belongs_to_the_clients_trace(routed: Gateway) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    told = decided(routed, "hello", "chat", f"traceparent: 00-{trace}-00f067aa0ba902b7-01")
    assert told["trace_id"] == trace


@pytest.mark.parametrize("dialect", PATHS)
def test_an_explanation_tells_all(routed: Gateway, dialect: str) -> None:
    version = ("anthropic-version: 2023-06-01",) if dialect == "messages" else ()
    asked = asking("a riddle", dialect, *version).replace(PATHS[dialect].encode(), b"explain", 1)
    answer = ask(routed, asked)
    told = answer.json()
    assert (answer.status, told["operation"], told["route"]) == (200, dialect, "räts<el")
    assert told["routing"]["router"] == "remote"
    assert [route["name"] for route in told["routing"]["routes"]] == ["writing code", "räts<el"]
    models = [candidate["model"] for candidate in told["candidates"]]
    assert models[:2] == ["mock/503-always", "mock/hello-code"]
    assert [candidate["model"] for candidate in told["candidates"] if candidate["taken"]] == ["mock/503-always"]
    assert told["took_ms"]["total"] >= told["took_ms"]["routing"] >= 0


def test_an_explanation_without_a_route_shows_who_is_asked(routed: Gateway) -> None:
    told = ask(routed, request({"model": "x", "messages": []}, "/v1/explain")).json()
    assert (told["route"], told["reason"], told["routing"]["reason"]) == (None, "default", "nothing_said")
    assert [(one["model"], one["taken"]) for one in told["candidates"]] == [("mock/hello", True)]


@pytest.mark.parametrize("path", ["/routing/v1/chat/completions", "/routing/v1/messages", "/v1/explain"])
def test_what_is_no_request_is_refused(routed: Gateway, path: str) -> None:
    assert ask(routed, request(b"[1]", path)).status == 400
    assert ask(routed, request(b"", path, method="GET"), method="GET").status == 405


# Routes that a request brings along.

OWN = [{"name": "sorting", "description": "to sort", "models": ["mock/hello-code"]}]
OLD = [{"model": "mock/hello-code", "routing_preferences": [{"name": "sorting", "description": "to sort"}]}]


@pytest.mark.parametrize("member", [{"routing_preferences": OWN}, {"routing_policy": OLD}], ids=["newer", "older"])
@pytest.mark.parametrize("dialect", PATHS)
def test_a_request_brings_its_own_routes(
    routed: Gateway, provider: ScriptedProvider, judge: ScriptedProvider, member: dict[str, Any], dialect: str
) -> None:
    WORDS["sortieren"] = "sorting"
    assert decided(routed, f"sortieren {dialect}", dialect, **member)["route"] == "sorting"
    assert "writing code" not in judge.requests[-1].json()["messages"][-1]["content"]
    assert served_by(ask(routed, asking(f"sortieren {dialect}", dialect, **member))) == (200, "mock/hello-code")
    assert not member.keys() & provider.requests[-1].json().keys()
    assert decided(routed, "a quicksort", dialect)["route"] == "writing code"


@pytest.mark.parametrize("value", [OWN, None])
def test_no_provider_sees_the_routes_of_a_request(routed: Gateway, provider: ScriptedProvider, value: Any) -> None:
    """Also where the body could be passed on as it came: the provider knows the model by the very name."""
    answer = ask(routed, asking("how are you?", model="hello", routing_preferences=value))
    assert served_by(answer) == (200, "mock/hello")
    assert "routing_preferences" not in provider.requests[-1].json()


def test_routes_of_one_client_are_not_those_of_another(routed: Gateway) -> None:
    WORDS["entwirren"] = "mixed"
    mixed = {"name": "mixed", "description": "d"}
    for models in (["mock/503-always", "mock/hello-code"], ["mock/503-always", "mock/hello"]):
        answer = ask(routed, asking("entwirren", routing_preferences=[mixed | {"models": models}]))
        assert served_by(answer) == (200, models[1])


def test_routes_that_cannot_be_used_are_the_clients_mistake(routed: Gateway, provider: ScriptedProvider) -> None:
    before = provider.request_count
    broken = [{"name": "x", "description": "d", "models": ["mock/helo"]}]
    answer = ask(routed, asking("hi", "messages", routing_preferences=broken))
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert "'mock/helo' is not configured; did you mean 'mock/hello'" in answer.json()["error"]["message"]
    assert provider.request_count == before


# Sessions.


def test_a_session_keeps_its_model(routed: Gateway, judge: ScriptedProvider) -> None:
    header = "x-model-affinity: session-1"
    assert decided(routed, "a quicksort", "chat", header)["session_id"] == "session-1"
    before = judge.request_count
    told = decided(routed, "a riddle", "responses", header)
    assert (told["model"], told["route"], told["pinned"]) == ("claude/hello-code", "writing code", True)
    answer = ask(routed, asking("how are you?", "chat", header))
    assert served_by(answer) == (200, "claude/hello-code")
    assert judge.request_count == before
    assert decided(routed, "a riddle", "chat", "x-model-affinity: session-2")["route"] == "räts<el"


# What routers do wrong.


@pytest.mark.parametrize(
    ("model", "reason"), [("slow", "too_late"), ("down", "failed"), ("odd", "nonsense"), ("cut", "failed")]
)
def test_a_router_that_fails_costs_nobody_an_answer(
    provider: ScriptedProvider, judge: ScriptedProvider, start_gateway: StartGateway, model: str, reason: str
) -> None:
    with start_gateway(lambda port: listener(port) + rows(provider, judge, model)) as gateway:
        for number in range(3):
            answer = ask(gateway, asking(f"a quicksort {number}"))
            assert served_by(answer) == (200, "mock/hello")
            assert answer.header("x-plano-route") == "none"
        assert f"so far: 1 {reason}" in gateway.log_line("the remote router gives no answer")
        assert gateway.all_logs().count("the remote router gives no answer") == 1
        told = ask(gateway, request({"messages": [{"role": "user", "content": "a quicksort"}]}, "/v1/explain")).json()
        assert told["routing"]["reason"] == reason
        header = "x-model-affinity: unlucky"
        assert [decided(gateway, "a quicksort", "chat", header)["pinned"] for _ in range(2)] == [False, False]


def test_a_client_that_leaves_takes_the_routers_question_along(
    provider: ScriptedProvider, judge: ScriptedProvider, start_gateway: StartGateway
) -> None:
    text = rows(provider, judge, "slow").replace("timeout: 0.4s", "timeout: 30s")
    with start_gateway(lambda port: listener(port) + text) as gateway:
        judge.forget_requests()
        with Wire(gateway) as wire:
            wire.send(asking("a quicksort, slowly"))
            wait_for(lambda: len(judge.requests) == 1)
        left_at = time.monotonic()
        wait_for(lambda: judge.requests[0].outcome == "client_left")
        assert time.monotonic() - left_at < 1
        assert " 499 " in gateway.access_line('"-" "plano"')


def test_without_a_match_the_requested_model_may_answer(
    provider: ScriptedProvider, judge: ScriptedProvider, start_gateway: StartGateway
) -> None:
    text = rows(provider, judge, more=", on_no_match: requested")
    with start_gateway(lambda port: listener(port) + text) as gateway:
        assert served_by(ask(gateway, asking("hm", model="mock/hello-code"))) == (200, "mock/hello-code")
        assert served_by(ask(gateway, asking("a quicksort", model="mock/hello"))) == (200, "claude/hello-code")
        answer = ask(gateway, asking("hm", model="mock/helo"))
        assert answer.status == 404
        assert "did you mean 'mock/hello'" in answer.json()["error"]["message"]


def test_a_router_model_is_asked_once_per_question(
    provider: ScriptedProvider, judge: ScriptedProvider, start_gateway: StartGateway
) -> None:
    with start_gateway(lambda port: listener(port) + rows(provider, judge)) as gateway:
        before = judge.request_count
        for _ in range(3):
            assert decided(gateway, "a quicksort once")["route"] == "writing code"
        assert judge.request_count == before + 1
        decided(gateway, "a quicksort twice")
        assert judge.request_count == before + 2
