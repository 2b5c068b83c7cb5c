"""One text joined to the beginning of another."""

from __future__ import annotations

import pytest

from plano.dialects.text_join import TextJoin, overlap, without_known_space


def told(delivered: str, *pieces: str) -> tuple[str, str]:
    """What is new in a continuation, and the state in which it ends."""
    join = TextJoin(delivered, "continue")
    new = "".join(join.feed(piece) for piece in pieces)
    return new + join.finish(), join.state


def test_a_continuation_that_starts_over_and_says_something_else_is_a_mismatch() -> None:
    begun = "Once upon a time there was a king who had three daughters, and the youngest"
    assert told(begun, "Once upon a time there was a queen", " who reigned for a hundred years. " * 9) == (
        "",
        "mismatch",
    )
    assert told(begun, "Once upon a time") == ("", "mismatch")


def test_a_continuation_that_starts_over_and_says_the_same_is_a_replay() -> None:
    begun = "Once upon a time there was a king"
    assert told(begun, "Once upon", " a time there was a king", " who had") == (" who had", "joined")


def test_what_is_indented_stays_indented() -> None:
    assert told("def f():\n", "def f():\n    return 1") == ("    return 1", "joined")
    assert told("def f():\n  ", "def f():\n    return 1") == ("  return 1", "joined")


def test_white_space_the_client_has_is_not_repeated_however_it_is_written() -> None:
    assert told("the quick brown fox ", "quick brown fox\njumps") == ("jumps", "joined")
    assert told("the quick brown fox", "quick\nbrown  fox jumps") == (" jumps", "joined")
    assert told("the quick brown\n\n", "quick brown\n\n- a") == ("- a", "joined")


@pytest.mark.parametrize("front", ["", "```\n", "```python\n", "...", "… ", '"', "> ", "---\n"])
def test_what_models_put_in_front_is_cut_off(front: str) -> None:
    assert told("It is over there", front + "is over there, see") == (", see", "joined")


def test_a_few_letters_in_common_are_chance() -> None:
    assert told("the end of the cat", "at noon " * 40)[0] == "at noon " * 40


def test_nothing_repeated_is_joined_as_it_is() -> None:
    assert told("It is over", " there") == (" there", "joined")
    assert told("It is over ", " there") == (" there", "joined")


def test_what_was_said_in_front_of_a_long_repetition_is_cut_off() -> None:
    end = "the quick brown fox jumps over the dog"
    assert told(f"See: {end}", f"Sure, I go on: {end}, then") == (", then", "joined")


def test_a_continuation_without_words_is_no_end() -> None:
    assert told("It is over there.") == ("", "mismatch")
    assert told("It is over th", "  ") == ("", "mismatch")


def test_texts_of_one_letter_are_joined() -> None:
    assert told("I", "I am") == (" am", "joined")
    assert told("I", " am") == (" am", "joined")


@pytest.mark.parametrize(("mode", "state"), [("replay", "mismatch"), ("continue", "mismatch")])
def test_nothing_can_follow_a_text_that_is_over(mode: str, state: str) -> None:
    join = TextJoin("It is over.", mode, is_over=True)  # type: ignore[arg-type]
    assert (join.feed("It is over."), join.state) == ("", "joined")
    assert (join.feed(" No."), join.state) == ("", state)
    assert join.feed(" Yes.") == ""


def test_overlaps_are_counted_with_their_white_space() -> None:
    assert overlap("a quick brown fox", "quick \n brown fox jumps") == len("quick \n brown fox")
    assert overlap("a quick brown fox", "a slow one") == 0
    assert overlap("", "anything") == 0


def test_known_space_is_the_clients_end() -> None:
    assert without_known_space("a\n", "\n\n  b") == "\n  b"
    assert without_known_space("a \n", " \n b") == " b"
    assert without_known_space("a", "  b") == "  b"
    assert without_known_space("a ", "\nb") == "b"
