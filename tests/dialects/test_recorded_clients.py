"""What Claude Code and Codex really send, as recorded, reaches every provider dialect without unexpected losses."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from plano.dialects.operation import MESSAGES, RESPONSES
from plano.dialects.sides import CLIENT_SIDES, PROVIDER_SIDES
from plano.dialects.translation import Translated, Translation
from plano.testing.scripted_provider.agent_loop import offered_tools, so_far

RECORDED = Path(__file__).parents[1] / "golden" / "requests"
NAMES = ("claude_code", "codex", "codex_additional_tools", "codex_unknown_model")
PROVIDERS = sorted(side.name for side in PROVIDER_SIDES.values())
#: A model of each dialect's that has everything the dialect has.
MODELS = {
    "anthropic_messages": "claude-sonnet-4-5",
    "bedrock_converse": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "gemini": "gemini-2.5-pro",
}
#: All that may be lost; every name here is a setting no other vendor has a place for.
LOSSES = {
    "claude_code": {"cache_control", "context_management", "metadata.user_id", "metadata", "thinking"},
    "codex": {
        "client_metadata",
        "parallel_tool_calls",
        "prompt_cache_key",
        "reasoning",
        "text.verbosity",
        "tools.web_search",
    },
}


def translated(name: str, turn: int, provider: str) -> Translated:
    client = CLIENT_SIDES[MESSAGES.name if name == "claude_code" else RESPONSES.name]
    side = next(side for side in PROVIDER_SIDES.values() if side.name == provider)
    members: dict[str, Any] = json.loads((RECORDED / f"{name}_{turn}.json").read_text("utf-8"))
    return Translation(client, side).request(members, model=MODELS.get(provider, "gpt-5.5"), id="id", created=1)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("turn", [1, 2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_only_settings_without_a_place_are_lost(name: str, turn: int, provider: str) -> None:
    lost = set(translated(name, turn, provider).dropped)
    assert lost <= LOSSES["claude_code" if name == "claude_code" else "codex"]
    if turn == 1:
        # Later, Anthropic's models can think only if the turns before hold what they thought; these were recorded
        # with a model that thought nothing.
        assert not lost & {"thinking", "reasoning"}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("name", NAMES)
def test_every_tool_of_the_client_is_offered(name: str, provider: str) -> None:
    asked = json.loads((RECORDED / f"{name}_1.json").read_text("utf-8"))
    wanted = {tool.plain_name for tool in offered_tools(asked)}
    given = {tool.plain_name for tool in offered_tools(translated(name, 1, provider).members)}
    assert len(wanted) > 5
    assert wanted <= given


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("turn", [1, 2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_the_task_and_the_results_of_tools_arrive(name: str, turn: int, provider: str) -> None:
    task, results = so_far(translated(name, turn, provider).members)
    assert task is not None
    assert (task.path, task.old, task.new) == ("/home/user/work/colours.txt", "blue", "green")
    assert len(results) == turn - 1
    assert all(text for text in results)
    if results:
        assert "last 4711" in results[0]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("name", NAMES)
def test_later_requests_begin_like_earlier_ones(name: str, provider: str) -> None:
    """Else the provider's cache of prompts would never be hit."""
    turns = [_conversation(translated(name, turn, provider).members) for turn in (1, 2, 3)]
    for shorter, longer in itertools.pairwise(turns):
        assert len(longer) > len(shorter)
        assert _unmarked(longer[: len(shorter)]) == _unmarked(shorter)


def _conversation(members: dict[str, Any]) -> list[Any]:
    found: list[Any] = members.get("messages") or members.get("input") or members.get("contents") or []
    return found


def _unmarked(value: Any) -> Any:
    """Without marks of caching, which move on with the conversation."""
    if isinstance(value, list):
        return [_unmarked(one) for one in value if not (isinstance(one, dict) and "cachePoint" in one)]
    if isinstance(value, dict):
        return {name: _unmarked(one) for name, one in value.items() if name != "cache_control"}
    return value
