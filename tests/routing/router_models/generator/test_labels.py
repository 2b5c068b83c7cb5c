"""Labels are one token each where the answer stands, whatever the tokenizer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plano.routing.router_models.generator.labels import one_token_labels
from tests.routing.router_models.generator.tiny_decoder import tiny_tokenizer


def letters(text: str) -> list[int]:
    """A tokenizer of single letters."""
    return [ord(letter) for letter in text]


def lower_case(text: str) -> list[int]:
    """A tokenizer that knows no upper case."""
    return letters(text.lower())


def without_letters(text: str) -> list[int]:
    """A tokenizer that spells letters in two tokens, and numbers below 200 in one."""
    if text.startswith("\n") and text[1:].isdigit() and int(text[1:]) < 200:
        return [10, 1000 + int(text[1:])]
    return [piece for letter in text for piece in ([ord(letter)] if not letter.isalpha() else [ord(letter), 0])]


def merging(text: str) -> list[int]:
    """A tokenizer that makes one token of the end of what was before and an A."""
    return letters(text.replace("\nA", "\x01"))


@pytest.mark.parametrize(
    ("tokenizer", "most", "first", "count"),
    [
        (letters, 3, ["A", "B", "C"], 3),
        (letters, 100, ["A", "B", "C"], 26 + 9),
        (lower_case, 30, ["A", "B", "C"], 30),
        (without_letters, 40, ["1", "2", "3"], 40),
        (without_letters, 500, ["1", "2", "3"], 199),
        (merging, 3, ["B", "C", "D"], 3),
    ],
)
def test_labels_are_single_tokens(
    tokenizer: Callable[[str], list[int]], most: int, first: list[str], count: int
) -> None:
    labels = one_token_labels(tokenizer, "\n", "", most)
    assert [label.text for label in labels[:3]] == first
    assert len(labels) == count
    assert len({label.token_id for label in labels}) == count


def test_a_gap_belongs_to_the_label() -> None:
    tokenizer = tiny_tokenizer(words="Label: A Label: A Label: B Label: B")
    labels = one_token_labels(lambda text: tokenizer.encode(text, add_special_tokens=False).ids, "Label:", " ", 2)
    assert [label.text for label in labels] == ["A", "B"]
    assert [tokenizer.id_to_token(label.token_id) for label in labels] == ["ĠA", "ĠB"]
