"""What a dialect from outside has to say of itself, and what is refused at once."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from plano.dialects.operation import CHAT, EMBEDDINGS, MESSAGES, RESPONSES
from plano.dialects.provider_dialect import ProviderDialect
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
