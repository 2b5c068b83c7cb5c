"""A request for an answer becomes one for its rest."""

from __future__ import annotations

import json

import pytest

from plano.dialects.registry import DIALECTS
from plano.http.wire.json_envelope import Envelope

MEMBER = {"openai_chat": "messages", "anthropic_messages": "messages", "openai_responses": "input"}
every_dialect = pytest.mark.parametrize("name", MEMBER)


@every_dialect
def test_the_turns_before_stay_as_they_were_sent(name: str) -> None:
    turn = b'{ "role":"user",  "content":[{"type":"text","text":"\\u0041","n":1.50}] , "n": 1e400}'
    envelope = Envelope.open(b'{"%b":[%b],"model":"m"}' % (MEMBER[name].encode(), turn))
    assert DIALECTS[name].continuation(envelope, 'The "quick" brown fox\n ')
    raw = envelope.raw(MEMBER[name])
    assert raw is not None
    assert raw.startswith(b"[" + turn.strip() + b",")
    said, asked = json.loads(raw[len(turn) + 2 :].join((b"[", b"")))
    assert said == {"role": "assistant", "content": 'The "quick" brown fox'}
    assert asked["role"] == "user"
    assert '\n---\nThe "quick" brown fox\n \n---' in asked["content"]


@every_dialect
@pytest.mark.parametrize("text", ["", " \n"])
def test_without_a_word_the_same_is_asked_again(name: str, text: str) -> None:
    envelope = Envelope.open(b'{"%b":[{"role":"user","content":"hi"}]}' % MEMBER[name].encode())
    before = envelope.encoded()
    assert DIALECTS[name].continuation(envelope, text)
    assert envelope.encoded() == before


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("openai_chat", {"response_format": {"type": "json_schema", "json_schema": {}}}),
        ("openai_chat", {"response_format": {"type": "json_object"}}),
        ("openai_chat", {"tool_choice": "required"}),
        ("openai_chat", {"tool_choice": {"type": "function", "function": {"name": "f"}}}),
        ("anthropic_messages", {"tool_choice": {"type": "any"}}),
        ("anthropic_messages", {"output_config": {"format": {"type": "json_schema"}}}),
        ("anthropic_messages", {"output_format": {"type": "json_schema"}}),
        ("openai_responses", {"text": {"format": {"type": "json_schema"}}}),
        ("openai_responses", {"tool_choice": "required"}),
        ("openai_responses", {"messages": 1, "input": {"no": "list"}}),
        ("openai_chat", {"messages": None}),
    ],
)
def test_what_has_no_rest_of_its_own_is_left_alone(name: str, members: dict[str, object]) -> None:
    envelope = Envelope.open(json.dumps({MEMBER[name]: [{"role": "user", "content": "hi"}], **members}).encode())
    before = envelope.encoded()
    assert not DIALECTS[name].continuation(envelope, "The quick")
    assert envelope.encoded() == before


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("openai_chat", {"tool_choice": "auto", "response_format": {"type": "text"}}),
        ("anthropic_messages", {"tool_choice": {"type": "auto"}, "output_config": {"effort": "low"}}),
        ("openai_responses", {"tool_choice": "none", "text": {"verbosity": "low"}}),
    ],
)
def test_what_binds_nobody_does_not_matter(name: str, members: dict[str, object]) -> None:
    envelope = Envelope.open(json.dumps({MEMBER[name]: [], **members}).encode())
    assert DIALECTS[name].continuation(envelope, "The quick")
