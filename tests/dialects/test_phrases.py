"""Phrases found in texts: whole words, foldings, pieces; the twins must agree on anything."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plano._speedups import phrases as compiled
from plano.dialects import _phrases as python
from plano.dialects.phrases import Phrases
from tests.twins import both_builds

ALPHABET = "abA\u00e9e\u0301\u00df s\u200b\u4e2d.\ufb01fi\U0001d41a1"
TEXTS = st.text(ALPHABET, max_size=40)
PHRASES = st.lists(st.text(ALPHABET, min_size=1, max_size=5), max_size=6).map(
    lambda phrases: [phrase for phrase in phrases if phrase.strip("\u0301\u200b")]
)


@both_builds("phrases")
@pytest.mark.parametrize(
    ("phrases", "text", "found"),
    [
        (["ass"], "class as ass", [(9, 12, 0)]),
        (["caf\u00e9"], "CAFE cafe\u0301 caf\u00e9s", [(0, 4, 0), (5, 9, 0)]),
        (["ignore"], "i\u200bgno\u00adre \uff49\uff47nore \U0001d422gnore", [(0, 8, 0), (9, 15, 0), (16, 22, 0)]),
        (["new york", "new york city", "york"], "new york cities, new york city", [(0, 8, 0), (17, 30, 1)]),
        (["strasse"], "STRA\u00dfE", [(0, 6, 0)]),
        (["\u6bd2\u54c1"], "\u4e70\u6bd2\u54c1\u5417", [(1, 3, 0)]),
        (["c++", "c"], "c++ c c+", [(0, 3, 0), (4, 5, 1), (6, 7, 1)]),
        (["abcd", "bc"], "abc", []),
        (["a" + "b"], "a" + "\u200b" * 17 + "b", []),
    ],
)  # fmt: skip
def test_what_is_found(build: ModuleType, phrases: list[str], text: str, found: list[tuple[int, int, int]]) -> None:
    assert build.PhraseTable(phrases).scan(text, "", True)[0] == found


@both_builds("phrases")
def test_parts_of_words_and_exact_characters(build: ModuleType) -> None:
    table = build.PhraseTable(["abcd", "bc", "\u00df"], whole_words=False, fold=False)
    assert table.scan("xabcx ABCD ss \u00df", "", True)[0] == [(2, 4, 1), (14, 15, 2)]


@both_builds("phrases")
def test_every_phrase_that_stands_there(build: ModuleType) -> None:
    table = build.PhraseTable(["york", "new york", "new", "ork"])
    assert table.every("a New York") == [(2, 5, 2), (2, 10, 1), (6, 10, 0)]


@both_builds("phrases")
@pytest.mark.parametrize("phrase", ["", "\u200b", "\u0301"])
def test_a_phrase_in_which_nothing_is_to_be_seen_is_refused(build: ModuleType, phrase: str) -> None:
    with pytest.raises(ValueError, match="phrase 1 has nothing to look for"):
        build.PhraseTable(["a", phrase])


@settings(max_examples=400)
@given(PHRASES, TEXTS, st.booleans(), st.booleans(), st.text(ALPHABET, max_size=3), st.booleans())
def test_the_twins_agree(
    phrases: list[str], text: str, whole_words: bool, fold: bool, before: str, is_final: bool
) -> None:
    fast = compiled.PhraseTable(phrases, whole_words=whole_words, fold=fold)
    plain = python.PhraseTable(phrases, whole_words=whole_words, fold=fold)
    assert fast.scan(text, before, is_final) == plain.scan(text, before, is_final)
    assert fast.every(text) == plain.every(text)


@settings(max_examples=400)
@given(PHRASES, st.lists(st.text(ALPHABET, max_size=6), max_size=8), st.booleans(), st.booleans())
def test_pieces_give_what_the_whole_gives(phrases: list[str], pieces: list[str], whole: bool, fold: bool) -> None:
    ready = Phrases(phrases, whole_words=whole, fold=fold)
    matcher = ready.matcher()
    told = [one for piece in pieces for one in matcher.feed(piece)] + matcher.finish()
    text = "".join(pieces)
    assert "".join(part for part, _ in told) == text
    assert [one for one in told if one[1] >= 0] == [
        (text[start:end], index) for start, end, index in ready.find(text)
    ]


def test_no_more_is_held_back_than_may_become_a_phrase() -> None:
    matcher = Phrases(["secret plan"]).matcher()
    assert matcher.feed("the secr") == [("the ", -1)]
    assert matcher.feed("ets, topsecret") == [("secrets, topsecret", -1)]
    assert matcher.feed(" secret pla") == [(" ", -1)]
    assert matcher.feed("n") == []
    assert matcher.feed(".") == [("secret plan", 0), (".", -1)]
