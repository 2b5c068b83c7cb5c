"""What a dialect from outside has to say of itself, and what is refused at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from plano.dialects.conversation import Part, Reasoning, Text
from plano.dialects.operation import CHAT, EMBEDDINGS, MESSAGES, RESPONSES, Operation
from plano.dialects.proofs import Proof, opened, sealed
from plano.dialects.provider_dialect import ProviderDialect
from plano.dialects.reply import Answer, Choice, ReplyTo
from plano.dialects.sides import BUILT_IN, PROVIDER_SIDES

SIDE = replace(PROVIDER_SIDES["chat"], name="toy")
UNNAMED = replace(SIDE, names_model=False)


@pytest.mark.parametrize(
    "settings",
    [
        {"path": "/"},
        {"path": "/a/{model}:say", "streaming_path": "/a/{model}:stream?alt=sse&v=2"},
        {"path": "/say?version=2", "auth": "X-Toy-Key", "headers": {"Toy-Version": "1; beta"}},
        {"path": "/{model}", "side": UNNAMED},
    ],
)
def test_a_dialect_that_can_be_reached(settings: dict[str, Any]) -> None:
    made = ProviderDialect(**{"side": SIDE, **settings})
    assert (made.name, made.operation.name, made.operation.streams) == ("toy", "toy", True)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"path": ""}, "is not a path"),
        ({"path": "say"}, "is not a path"),
        ({"path": "/say it"}, "is not a path"),
        ({"path": "/say#it"}, "is not a path"),
        ({"path": "/{modell}"}, "is not a path"),
        ({"path": "/{model"}, "is not a path"),
        ({"path": "/sä"}, "is not a path"),
        ({"path": "/say\r\nx: y"}, "is not a path"),
        ({"path": "/say", "streaming_path": "stream"}, "'stream' is not a path"),
        ({"path": "/say", "side": UNNAMED}, "nothing names the model"),
        ({"path": "/{model}", "streaming_path": "/stream", "side": UNNAMED}, "nothing names the model"),
        ({"path": "/say", "auth": "x toy"}, "auth is `bearer` or the name of a header"),
        ({"path": "/say", "auth": ""}, "auth is `bearer` or the name of a header"),
        ({"path": "/say", "headers": {"x": "a\r\nb"}}, "'x' is not a header"),
        ({"path": "/say", "headers": {"x y": "a"}}, "'x y' is not a header"),
        ({"path": "/say", "side": replace(SIDE, name="Toy!")}, "the dialect name 'Toy!'"),
        ({"path": "/say", "side": replace(SIDE, framing="lines")}, "there is no framing 'lines'"),
        ({"path": "/say", "side": replace(SIDE, reader=None)}, "reader cannot be called"),
    ],
)
def test_a_dialect_that_cannot(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="the dialect ") as caught:
        ProviderDialect(**{"side": SIDE, **settings})
    assert said in str(caught.value)


def test_something_else_than_a_side() -> None:
    wrong: Any = "chat"
    with pytest.raises(TypeError, match="must be a ProviderSide, not str"):
        ProviderDialect(side=wrong, path="/say")


def test_every_client_dialect_is_translated_to_it_and_the_built_in_table_stays_as_it_was() -> None:
    toy = ProviderDialect(side=SIDE, path="/say")
    sides = BUILT_IN.extended([toy])
    for asked in (CHAT, MESSAGES, RESPONSES):
        found = sides.translation(asked, toy.operation)
        assert found is not None
        assert found.provider is SIDE
        assert BUILT_IN.translation(asked, toy.operation) is None
    assert sides.translation(EMBEDDINGS, toy.operation) is None
    assert sides.by_preference == (toy.operation, *BUILT_IN.by_preference)
    assert sides.translation(MESSAGES, CHAT) is not None


@pytest.mark.parametrize("operation", [MESSAGES, RESPONSES])
def test_a_proof_it_seals_comes_back_through_clients_of_other_dialects(operation: Operation) -> None:
    client = BUILT_IN.clients[operation.name]
    content: list[Part] = [Reasoning("hm", sealed("toy", "s:1"), id="r1"), Text("yes")]
    to = ReplyTo("m", "1", 0, request={"include": ["reasoning.encrypted_content"]})
    answer = json.loads(client.write_answer(Answer("1", "m", [Choice(content)]), to))
    asked = {"role": "user", "content": "and?"}
    members: dict[str, Any] = (
        {"max_tokens": 9, "messages": [asked, {"role": "assistant", "content": answer["content"]}, asked]}
        if operation is MESSAGES
        else {"input": [asked, *answer["output"], asked]}
    )
    parts = [part for turn in client.read_request(members).turns for part in turn.parts]
    (thought,) = (part for part in parts if isinstance(part, Reasoning))
    assert opened(thought.proof, "") == Proof("toy", "", "s:1")
