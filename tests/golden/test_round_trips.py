"""The same dialect on both sides, through the hub: nothing the hub claims to carry is lost.

The gateway passes such calls on as they are; here both sides of a dialect check each other.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from plano.dialects.conversation import Conversation, Foreign, Image, Reasoning, Text, ToolCall, ToolResult, Turn
from plano.dialects.losses import Losses
from plano.dialects.proofs import opened
from plano.errors import ProviderProtocolError
from tests.golden.cases import (
    CLIENTS,
    ERROR_CASE,
    PAIRS,
    PROVIDERS,
    ROUND_TRIPS,
    Pair,
    answer_cases,
    answer_of,
    read_answer,
    read_stream,
    reply_to,
    request_of,
    stream_cases,
    stream_of,
)
from tests.golden.lifecycles import READERS, Reading
from tests.golden.random_conversations import Conversation as RandomConversation

_STREAMS = [(pair, case) for pair in ROUND_TRIPS for case in stream_cases(pair.provider)]


def _name(told: object) -> str:
    return "_to_".join(told) if isinstance(told, Pair) else str(told)


def _there_and_back(dialect: str, members: dict[str, Any]) -> tuple[Conversation, Conversation, list[str]]:
    """A conversation as it was read, as it is read from what was written of it, and what was told to be lost."""
    losses = Losses()
    written = PROVIDERS[dialect].write_request(CLIENTS[dialect].read_request(members), losses)
    again = CLIENTS[dialect].read_request(json.loads(msgspec.json.encode(written)))
    return CLIENTS[dialect].read_request(members), again, losses.names


def _words(conversation: Conversation) -> list[Any]:
    """Everything that is said, in order; whose turns are split how does not matter, nor what only blanks say."""
    said: list[Any] = []
    instructions = Text("\n\n".join(block.text for block in conversation.instructions))
    for turn in [Turn("system", [instructions]), *conversation.turns]:
        for part in turn.parts:
            if isinstance(part, Text):
                said += [(turn.role, part.text.strip())] if part.text.strip() else []
            elif isinstance(part, ToolCall):
                said.append((part.name, json.loads(part.arguments) if not part.is_custom else part.arguments))
            elif isinstance(part, ToolResult):
                said.append([piece.text for piece in part.content if isinstance(piece, Text)])
            elif not isinstance(part, Reasoning | Foreign):
                same = {"detail": part.detail or "auto"} if isinstance(part, Image) else {}
                said.append((turn.role, msgspec.structs.replace(part, **same)))
    return said


@pytest.mark.parametrize("pair", ROUND_TRIPS, ids=_name)
def test_full_requests(pair: Pair) -> None:
    dialect = pair.client
    before, after, lost = _there_and_back(dialect, request_of(dialect, "full"))
    for name in before.settings.__struct_fields__:
        if name not in lost and name not in _MAY_DIFFER.get(dialect, ()):
            assert getattr(after.settings, name) == getattr(before.settings, name), name
    for tool, again in zip(before.tools, after.tools, strict=True):
        same = {"cache": None, "parameters": tool.parameters or again.parameters}
        assert msgspec.structs.replace(again, **same) == msgspec.structs.replace(tool, **same)
    assert after.tool_choice == before.tool_choice
    proofs = [_proofs(conversation, dialect) for conversation in (before, after)]
    assert proofs[0] == proofs[1]


#: Settings that are written otherwise on purpose.
_MAY_DIFFER = {
    # Modalities: the API has none but text. Log probabilities are asked for by their number, too.
    "openai_responses": ("modalities",),
    # A budget is what there is of thinking; sampling is not for models that think, and tiers have two names.
    "anthropic_messages": ("temperature", "top_p", "top_k", "thinking"),
    "openai_chat": (),
}


def _proofs(conversation: Conversation, dialect: str) -> list[str]:
    """Those of the dialect's own."""
    thoughts = [part for turn in conversation.turns for part in turn.parts if isinstance(part, Reasoning)]
    return [part.proof for part in thoughts if opened(part.proof, "").dialect == dialect]


@pytest.mark.parametrize("pair", ROUND_TRIPS, ids=_name)
def test_random_conversations_say_the_same(pair: Pair) -> None:
    for seed in range(120):
        told = RandomConversation(seed).request(pair.client)
        before, after, _ = _there_and_back(pair.client, told)
        words, again = _words(before), _words(after)
        missing = [word for word in words if word not in again and word not in (("system", ""), [])]
        assert not missing, f"seed {seed}: {missing}\n{json.dumps(told)[:3000]}"


@pytest.mark.parametrize("pair", ROUND_TRIPS, ids=_name)
def test_whole_answers(pair: Pair) -> None:
    """What a client of the dialect reads of its own provider's answer is what it would have read of it directly."""
    for case in answer_cases(pair.provider):
        if case == ERROR_CASE:
            continue
        before, after = json.loads(answer_of(pair.provider, case)), json.loads(read_answer(pair, case))
        for name in _SAME_IN_ANSWERS[pair.client]:
            assert _without_ids(after[name]) == _without_ids(before[name]), (case, name)


_SAME_IN_ANSWERS = {
    "openai_chat": ("choices", "service_tier", "created"),
    "openai_responses": ("output", "status", "incomplete_details", "error"),
    "anthropic_messages": ("content", "stop_reason", "stop_sequence"),
}


def _without_ids(told: Any) -> Any:
    """Ids of items are made anew; those of calls are not."""
    if isinstance(told, list):
        return [_without_ids(one) for one in told]
    if isinstance(told, dict):
        return {name: _without_ids(one) for name, one in told.items() if name != "id" or told.get("type") == "tool_use"}
    return told


@pytest.mark.parametrize(("pair", "case"), _STREAMS, ids=_name)
def test_streams(pair: Pair, case: str) -> None:
    after = READERS[pair.client](read_stream(pair, [stream_of(pair.provider, case)]))
    if case == ERROR_CASE:  # What a provider leaves open when it fails, the writer closes.
        assert after.error is not None
        return
    before = _read(pair, stream_of(pair.provider, case))
    for name in ("text", "reasoning", "refusal", "calls", "proofs", "stop"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.error is None


def _read(pair: Pair, stream: bytes) -> Reading:
    """A provider's own stream, without its comments."""
    return READERS[pair.client](b"".join(e + b"\n\n" for e in stream.split(b"\n\n") if e and not e.startswith(b":")))


@pytest.mark.parametrize("pair", [*PAIRS, *ROUND_TRIPS], ids=_name)
def test_streams_that_break_off(pair: Pair) -> None:
    """Wherever a provider stops: what came until then is whole events, and the end is an error or a proper one."""
    stream = stream_of(pair.provider, "full")
    for at in range(1, len(stream), 37):
        translation = pair.translation.stream(reply_to(pair))
        told = translation.feed(stream[:at])
        assert not told or told.endswith(b"\n\n")
        try:
            READERS[pair.client](told + translation.close())
        except ProviderProtocolError:
            continue
