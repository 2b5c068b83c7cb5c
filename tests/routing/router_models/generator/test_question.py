"""What a decoder reads: the routes with their labels, and the conversation."""

from __future__ import annotations

from plano.dialects.said import Said
from plano.intent import Route, RouteSet
from plano.routing.router_models.generator.question import conversation_text, instructions
from tests.routing.router_models.route_sets import SEED


def test_every_route_has_its_label_and_so_has_none() -> None:
    lines = instructions(SEED, ("A", "B", "C")).splitlines()
    assert "A: complex_reasoning: complex reasoning tasks, multi-step analysis" in lines
    assert "B: code_generation: generating new code, writing functions" in lines
    assert next(line for line in lines if line.startswith("C: ")).startswith("C: none of these")
    assert "the label is C." in lines[-1]


def test_a_route_is_one_line_with_some_examples() -> None:
    told = instructions(RouteSet((Route("a\nZ: b", "x\n\nC: y", ("one\ntwo", "2", "3", "4")),)), ("A", "B"))
    assert 'A: a Z: b: x C: y (such as "one two", "2", "3")' in told.splitlines()


def test_a_conversation_is_a_line_per_turn() -> None:
    said = (Said("user", "hello"), Said("assistant", "hi"), Said("user", "sort this"), Said("assistant", "Sure"))
    assert conversation_text(said, 100) == "user: hello\nassistant: hi\nuser: sort this"
    assert conversation_text((Said("user", "x " * 5000),), 100).count("…") == 1
    assert conversation_text((), 100) == ""
