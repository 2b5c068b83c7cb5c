"""The shipped encoder picks the model as the documents say, in all three formats; only routes are configured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.test_prompt_routing import PATHS, asking
from tests.end_to_end.wire import ask, request

TEN_LINES = """
model_providers:
  - {model: openai/gpt-4o-mini, default: true}
  - model: openai/gpt-4o
    routing_preferences: [{name: complex_reasoning, description: "complex reasoning tasks, multi-step analysis"}]
  - model: anthropic/claude-sonnet-4-20250514
    routing_preferences: [{name: code_generation, description: "generating new code, writing functions"}]
"""
CLAUDE = "anthropic/claude-sonnet-4-20250514"
SEVEN = """
model_providers:
  - {model: custom/claude-opus-4-6, base_url: "URL", provider_interface: openai, access_key: k, default: true}
  - {model: custom/claude-sonnet-4-6, base_url: "URL", provider_interface: openai, access_key: k}
  - {model: custom/gpt-5.4, base_url: "URL", provider_interface: openai, access_key: k}
  - {model: custom/gemini-3-flash-preview, base_url: "URL", provider_interface: openai, access_key: k}
routing_preferences:
"""
MODEL_OF = {
    "code generation": "custom/claude-opus-4-6",
    "code understanding": "custom/claude-sonnet-4-6",
    "troubleshooting": "custom/claude-opus-4-6",
    "analysis": "custom/gpt-5.4",
    "documentation": "custom/claude-sonnet-4-6",
    "web browsing": "custom/gemini-3-flash-preview",
    "quick tasks": "custom/gemini-3-flash-preview",
}
PREFERENCES = """
  - name: code generation
    description: >
      generating new code, writing functions, implementing features,
      creating boilerplate, fixing bugs, debugging and patching code
    models: [custom/claude-opus-4-6]
  - name: code understanding
    description: >
      reading and reviewing existing code, tracing execution flow,
      explaining what code does, code review without modifications
    models: [custom/claude-sonnet-4-6]
  - name: troubleshooting
    description: >
      analyzing exceptions, diagnosing bugs, investigating errors,
      tracing crash causes, debugging runtime failures, root cause analysis
    models: [custom/claude-opus-4-6]
  - name: analysis
    description: >
      analyzing data, complex reasoning, evaluating tradeoffs,
      comparing options, strategic planning, architecture decisions
    models: [custom/gpt-5.4, custom/claude-sonnet-4-6]
  - name: documentation
    description: >
      writing documentation, README files, API docs, technical writing,
      user guides, commit messages, comments, changelogs
    models: [custom/claude-sonnet-4-6, custom/gpt-5.4]
  - name: web browsing
    description: >
      browsing websites, fetching web content, searching the internet,
      reading URLs, summarizing web pages
    models: [custom/gemini-3-flash-preview]
  - name: quick tasks
    description: >
      simple questions, factual lookups, translations, format conversions,
      casual conversation, short answers, trivial tasks
    models: [custom/gemini-3-flash-preview]
"""
STACK = """
Traceback (most recent call last):
  File "/app/worker.py", line 88, in run
    self.flush(batch)
KeyError: 'tenant'
"""
FUNCTION = """
def window(items, size):
    queue = deque(maxlen=size)
    for item in items:
        queue.append(item)
        yield sum(queue) / len(queue)
"""


@pytest.fixture(scope="module")
def ten_lines(start_gateway: StartGateway) -> Iterator[Gateway]:
    with start_gateway(lambda port: listener(port) + TEN_LINES) as running:
        yield ready(running)


@pytest.fixture(scope="module")
def seven(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    text = SEVEN.replace("URL", _provider.base_url) + PREFERENCES
    with start_gateway(lambda port: listener(port) + text) as running:
        yield ready(running)


def ready(gateway: Gateway) -> Gateway:
    wait_for(lambda: ask(gateway, request(b"", "/readyz", method="GET"), method="GET").status == 200)
    return gateway


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize(
    ("prompt", "model", "route"),
    [
        ("Write a Python function that merges two sorted lists", CLAUDE, "code_generation"),
        ("Build a Vue component that shows a searchable table", CLAUDE, "code_generation"),
        ("Explain the trade-offs between event sourcing and plain CRUD", "openai/gpt-4o", "complex_reasoning"),
        ("What is the capital of Portugal?", "none", None),
    ],
)
def test_ten_lines_of_config_and_no_key_decide(
    ten_lines: Gateway, dialect: str, prompt: str, model: str, route: str | None
) -> None:
    told = ask(ten_lines, asking(prompt, dialect, prefix="/routing/v1")).json()
    assert (told["model"], told["route"]) == (model, route)


@pytest.mark.parametrize(
    ("prompt", "route"),
    [
        ("Implement an LRU cache class in TypeScript with get and put", "code generation"),
        ("add a retry decorator to this module", "code generation"),
        (f"What does this do, step by step?\n{FUNCTION}", "code understanding"),
        ("Walk me through how this middleware handles a request, no changes please", "code understanding"),
        (f"Our worker dies with this every night, why?\n{STACK}", "troubleshooting"),
        ("The pod keeps restarting with OOMKilled, find the root cause", "troubleshooting"),
        ("Compare PostgreSQL and DynamoDB for a multi-tenant billing system", "analysis"),
        ("Write the README for this repository with install and usage sections", "documentation"),
        ("Draft a changelog entry and a commit message for these changes", "documentation"),
        ("Search the web for the latest release notes of Kubernetes", "web browsing"),
        ("Open https://example.com/pricing and tell me what the pro plan costs", "web browsing"),
        ("Translate 'good morning' into Italian", "quick tasks"),
        ("what's 15 miles in km", "quick tasks"),
    ],
)
def test_each_category_reaches_its_model(seven: Gateway, prompt: str, route: str) -> None:
    answer = ask(seven, asking(prompt, model="custom/gpt-5.4"))
    assert (answer.header("x-plano-route"), answer.header("x-plano-model")) == (route, MODEL_OF[route])
    assert answer.header("x-plano-route-score")


def test_the_same_prompt_is_decided_alike_in_every_format(seven: Gateway) -> None:
    told = [ask(seven, asking("Write a quicksort in Go", dialect, prefix="/routing/v1")).json() for dialect in PATHS]
    assert {one["route"] for one in told} == {"code generation"}
    assert len({one["model"] for one in told}) == 1


def test_a_long_conversation_is_judged_by_its_last_turn(seven: Gateway) -> None:
    turns: list[dict[str, Any]] = []
    for number in range(60):
        turns.append({"role": "user", "content": f"Translate word number {number} into French " * 20})
        turns.append({"role": "assistant", "content": "mot " * 500})
    turns.append({"role": "user", "content": "Now write a Python class that stores these translations in SQLite"})
    told = ask(seven, asking("", prefix="/routing/v1", messages=turns)).json()
    assert told["route"] == "code generation"


def test_what_was_judged_before_costs_nothing(seven: Gateway) -> None:
    asked = request({"messages": [{"role": "user", "content": "Write a heap in Rust"}]}, "/v1/explain")
    first, second = (ask(seven, asked).json() for _ in range(2))
    assert (first["routing"]["remembered"], second["routing"]["remembered"]) == (False, True)
    assert first["route"] == second["route"] == "code generation"
    assert second["took_ms"]["routing"] < first["took_ms"]["routing"]


def test_what_the_encoder_cannot_read_goes_to_the_default(seven: Gateway) -> None:
    told = ask(seven, request({"messages": [{"role": "user", "content": "ಕನ್ನಡದಲ್ಲಿ ಒಂದು ಪದ್ಯ"}]}, "/v1/explain")).json()
    assert (told["route"], told["routing"]["reason"]) == (None, "unreadable")
