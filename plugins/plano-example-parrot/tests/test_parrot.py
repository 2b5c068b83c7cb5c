"""The dialect by itself, without a gateway around it."""

from __future__ import annotations

import json

import plano_example_parrot as parrot
import pytest

from plano.plugin_api import Conversation, Losses, ProviderProtocolError, Settings, Text, Tool, Turn


def test_a_request_says_what_it_can_and_names_the_rest() -> None:
    conversation = Conversation(
        [Turn("user", [Text("hello")])],
        instructions=[Text("be brief")],
        tools=[Tool("fly")],
        settings=Settings(max_tokens=9, top_k=3),
    )
    losses = Losses()
    assert parrot.write_request(conversation, losses) == {
        "lines": [{"from": "keeper", "words": "be brief"}, {"from": "guest", "words": "hello"}],
        "limit": 9,
    }
    assert losses.names == ["tools.fly", "top_k"]


def test_an_answer_is_read() -> None:
    said = {"id": "7", "words": "hello", "why": "limit", "heard": 2, "spoken": 1}
    answer = parrot.read_answer(json.dumps(said).encode())
    assert (answer.choices[0].content, answer.choices[0].stop) == ([Text("hello")], "length")
    with pytest.raises(ProviderProtocolError):
        parrot.read_answer(b"hello")
