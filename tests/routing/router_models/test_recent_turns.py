"""Which turns are read, and how much of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plano.dialects.said import Said
from plano.routing.router_models.recent_turns import MOST_TURNS, cut_middle, recent_turns


def user(text: str) -> Said:
    return Said("user", text)


def assistant(text: str) -> Said:
    return Said("assistant", text)


def test_all_of_a_short_conversation_is_read() -> None:
    said = (user("one"), assistant("two"), user("three"))
    assert recent_turns(said, 10_000) == said


def test_what_the_assistant_said_since_changes_nothing() -> None:
    said = (user("one"), assistant("two"), user("three"))
    assert recent_turns((*said, assistant("Let me look"), assistant("Found")), 10_000) == said


def test_without_a_user_nothing_is_read() -> None:
    assert recent_turns((), 10_000) == ()
    assert recent_turns((assistant("hello"),), 10_000) == ()


def test_the_newest_sixteen_are_read() -> None:
    said = tuple(user(f"turn {number}") for number in range(40))
    assert recent_turns(said, 100_000) == said[-MOST_TURNS:]


def test_older_turns_go_first_and_one_of_a_user_is_cut() -> None:
    said = (user("old " * 100), user("o" * 1000), assistant("a" * 300), user("newest"))
    turns = recent_turns(said, 900)
    assert turns[1:] == said[2:]
    assert turns[0].text.startswith("ooo")
    assert "…" in turns[0].text
    assert sum(len(turn.text.encode()) for turn in turns) <= 900


def test_a_long_turn_of_an_assistant_is_left_out_with_what_was_before() -> None:
    said = (user("before"), assistant("a" * 5000), user("newest"))
    assert recent_turns(said, 1000) == said[-1:]


@pytest.mark.parametrize("room", [-5000, 0, 10, 200])
def test_the_newest_user_turn_is_kept_however_little_room_there_is(room: int) -> None:
    turns = recent_turns((user("before"), user(f"Translate this: {'x' * 5000} into French")), room)
    assert len(turns) == 1
    assert turns[0].text.startswith("Translate this")
    assert turns[0].text.endswith("into French")


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("hello", 5, "hello"),
        ("hello", 100, "hello"),
        ("0123456789abcdefghij", 13, "012345…ghij"),
        ("ääääääääää", 13, "äää…ää"),
        ("hello", 3, "hel"),
        ("😀😀", 3, ""),
        ("hello", 0, ""),
        ("hello", -1, ""),
    ],
)
def test_a_middle_is_cut_out(text: str, most: int, cut: str) -> None:
    assert cut_middle(text, most) == cut


@given(st.text(max_size=200), st.integers(-5, 500))
def test_what_is_cut_fits_and_begins_and_ends_alike(text: str, most: int) -> None:
    cut = cut_middle(text, most)
    assert len(cut.encode("utf-8")) <= max(most, 0)
    head, mark, tail = cut.partition("…") if "…" not in text else (cut, "", "")
    if cut != text and mark:
        assert text.startswith(head)
        assert text.endswith(tail)
