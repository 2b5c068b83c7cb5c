"""Thoughts of another dialect, brought back to a provider of the client's own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.dialects.proofs import sealed
from plano.dialects.sealed_proofs import MARK, take_out
from plano.http.wire.json_envelope import Envelope

SEALED = sealed("openai_responses", "gAAAA", "rs_1")


def taken_out(operation: str, **members: Any) -> Any:
    body = msgspec.json.encode({"model": "m", "x_unknown": [1], **members})
    envelope = Envelope.open(body)
    if MARK in body:
        take_out(envelope, operation)
    return msgspec.json.decode(envelope.encoded())


def said(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


THOUGHT = {"type": "thinking", "thinking": "hm", "signature": SEALED}
HIDDEN = {"type": "redacted_thinking", "data": SEALED}
OWN = {"type": "thinking", "thinking": "hm", "signature": "EqQB"}
TEXT = {"type": "text", "text": "well"}
CALL = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}
HELLO = {"role": "user", "content": "hi"}


def test_messages_lose_what_is_sealed_and_nothing_else() -> None:
    told = taken_out("messages", messages=[HELLO, said(THOUGHT, HIDDEN, OWN, TEXT), HELLO])
    assert told == {"model": "m", "x_unknown": [1], "messages": [HELLO, said(OWN, TEXT), HELLO]}


def test_a_message_of_nothing_else_goes_as_a_whole() -> None:
    assert taken_out("messages", messages=[HELLO, said(HIDDEN), HELLO])["messages"] == [HELLO, HELLO]


@pytest.mark.parametrize(
    ("messages", "thinks"),
    [
        ([HELLO, said(THOUGHT, CALL), RESULT], False),
        ([HELLO, said(THOUGHT, CALL), RESULT, said(TEXT), HELLO], True),
        ([HELLO, said(THOUGHT, TEXT), HELLO, said(OWN, CALL), RESULT], True),
        ([HELLO, said(THOUGHT, TEXT), HELLO], True),
    ],
)
def test_a_round_of_tools_without_its_thoughts_goes_on_without_thinking(messages: list[Any], thinks: bool) -> None:
    told = taken_out("messages", messages=messages, thinking={"type": "enabled", "budget_tokens": 2000})
    assert ("thinking" in told) is thinks


def test_responses_lose_sealed_items() -> None:
    own = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "gAAAA"}
    told = taken_out("responses", input=[{**own, "encrypted_content": SEALED}, own, {"role": "user", "content": "x"}])
    assert told["input"] == [own, {"role": "user", "content": "x"}]


def test_chat_loses_sealed_details_and_signatures() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    signed = {**call, "extra_content": {"google": {"thought_signature": SEALED}}}
    message = {"role": "assistant", "content": "x", "tool_calls": [signed]}
    told = taken_out("chat", messages=[{**message, "reasoning_details": [{"signature": SEALED}]}])
    assert told["messages"] == [{**message, "tool_calls": [call]}]


def test_words_that_look_like_a_seal_stay() -> None:
    messages = [{"role": "user", "content": SEALED}]
    assert taken_out("messages", messages=messages)["messages"] == messages
    assert taken_out("responses", input=SEALED)["input"] == SEALED
