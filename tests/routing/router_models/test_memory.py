"""A bounded dictionary that forgets what nobody asked for the longest."""

from __future__ import annotations

from plano.routing.router_models.memory import Memory


def test_the_one_not_asked_for_the_longest_is_forgotten() -> None:
    memory: Memory[str, int] = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert [memory.get(key) for key in "abc"] == [1, None, 3]
    assert len(memory) == 2


def test_a_new_value_takes_the_place_of_the_old() -> None:
    memory: Memory[str, int] = Memory(2)
    memory.put("a", 1)
    memory.put("a", 2)
    assert (memory.get("a"), len(memory)) == (2, 1)
