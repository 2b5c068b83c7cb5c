"""Whatever a client says, a provider gets what it takes, or the client a plain refusal."""

from __future__ import annotations

import json

import pytest

from plano.errors import BadRequest
from tests.golden.cases import HERE, PAIRS, PROVIDERS, Pair, request_cases, request_of, translate
from tests.golden.random_conversations import Conversation
from tests.golden.validators import VALIDATORS

SEEDS = 150
#: Requests recorded from real clients, where there are some: beginning of their names -> dialect.
RECORDED = {"claude_code": "anthropic_messages", "codex": "openai_responses"}


def _name(told: object) -> str:
    return "_to_".join(told) if isinstance(told, Pair) else str(told)


def test_every_provider_has_a_validator() -> None:
    assert PROVIDERS.keys() <= VALIDATORS.keys()


@pytest.mark.parametrize("pair", PAIRS, ids=_name)
def test_random_conversations_are_valid(pair: Pair) -> None:
    refused = 0
    for seed in range(SEEDS):
        try:
            told = translate(pair, Conversation(seed).request(pair.client))
        except BadRequest:
            refused += 1
            continue
        try:
            VALIDATORS[pair.provider](json.loads(json.dumps(told.members)))
        except AssertionError as broken:
            raise AssertionError(f"seed {seed}: {broken}\n{json.dumps(told.members)[:6000]}") from broken
    assert refused < SEEDS / 4


@pytest.mark.parametrize("pair", PAIRS, ids=_name)
def test_what_was_written_down_is_valid(pair: Pair) -> None:
    for case in request_cases(pair.client):
        members = translate(pair, request_of(pair.client, case)).members
        if case == "plain":
            VALIDATORS[pair.provider](members)


@pytest.mark.parametrize("pair", PAIRS, ids=_name)
def test_requests_of_real_clients_are_valid(pair: Pair) -> None:
    for path in sorted((HERE / "requests").glob("*.json")):
        if RECORDED.get(next((name for name in RECORDED if path.name.startswith(name)), "")) == pair.client:
            told = json.loads(path.read_text("utf-8"))
            VALIDATORS[pair.provider](translate(pair, told.get("body", told)).members)


def test_the_same_seed_is_the_same_conversation() -> None:
    for client in ("openai_chat", "anthropic_messages", "openai_responses"):
        assert Conversation(3).request(client) == Conversation(3).request(client)
