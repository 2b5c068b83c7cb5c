"""Claude Code and Codex behind routes: the whole tool loop stays with the model that the prompt chose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.clients.command_lines import Ran, claude, codex
from tests.end_to_end.clients.test_command_lines import TASK, colours, programs
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.wire import ask, request

__all__ = ["colours", "programs"]

ROWS = """
model_providers:
  - {model: anthropic/hello, base_url: "URL", access_key: key, default: true}
  - {model: anthropic/agent, base_url: "URL", access_key: key}
routing_preferences:
  - {name: edits, description: "changing files: replacing words, editing text and code", models: [anthropic/agent]}
  - {name: travel, description: "planning trips, booking hotels and flights", models: [anthropic/hello]}
"""


@pytest.fixture(scope="module")
def routing(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    with start_gateway(lambda port: listener(port) + ROWS.replace("URL", _provider.base_url)) as running:
        wait_for(lambda: ask(running, request(b"", "/readyz", method="GET"), method="GET").status == 200)
        yield running


@pytest.mark.parametrize(
    ("run", "program", "model"), [(claude, "claude", "claude-sonnet-4-5"), (codex, "codex", "gpt-5.5")]
)
def test_the_prompt_keeps_its_model_through_the_tool_loop(
    programs: Path,
    routing: Gateway,
    colours: Path,
    provider: ScriptedProvider,
    run: Callable[[Path, str, str, str, Path], Ran],
    program: str,
    model: str,
) -> None:
    provider.forget_requests()
    ran = run(programs / program, routing.base_url, model, TASK.format(path=colours), colours.parent)
    assert ran.code == 0, ran.printed[-2000:]
    assert colours.read_text() == "first\ngreen\nlast 4711\n", ran.printed[-2000:]
    assert [request.json()["model"] for request in provider.requests] == ["agent"] * 3
