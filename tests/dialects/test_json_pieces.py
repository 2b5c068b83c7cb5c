"""JSON in pieces: every text of it through a filter, the rest at once and as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plano.dialects.json_pieces import JsonPieces
from plano.dialects.passages import Place, TextFilter
from tests.dialects.sample_filters import MARK, Restoring, Words, none, restoring, same, seeing, words

PLACE = Place("arguments", "assistant", "look")


def through(pieces: list[str], open: Any) -> str:
    reading = JsonPieces(open, PLACE)
    return "".join([reading.feed(piece) for piece in pieces]) + reading.finish()


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


class Upper:
    def feed(self, piece: str) -> str:
        return piece.upper()

    def finish(self) -> str:
        return ""


ODD = [
    r'{"a":"\u0041\ud83d\ude00\/","b":[1,-2.5e10,true,null,{}],"c":"tab\tand \"quote\""}',
    ' { "a" : [ ] , "b" : { } } ',
    '"only text"', "12345678", "true", "", "  ",
    "plain text, no JSON", '{"a":oops}', '{"a":1} and more', "{,}", "[1 2]",
    '{"a":"\\x"}', '{"a":"line\nbreak"}', '{"a":"\\ud83d"}', '{"a":"cut', '{"a":"\\u00',
    '["\\uD83D\\uDE00"]', "555-123-4567",
    "01", "tru", "[1,]", "}", '{"a" 1}',
]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("open", [same, none])
@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_what_no_filter_changes_keeps_its_spelling(text: str, open: Any, size: int) -> None:
    assert through(cut(text, size), open) == text


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("open", [restoring, words])
def test_the_cutting_makes_no_difference(text: str, open: Any) -> None:
    assert len({through(cut(text, size), open) for size in (1, 2, 3, 7, 100)}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"key":["text",true,1234567,123456,-0.12345671]}', {"KEY": ["TEXT", True, 1234567, 123456, -0.12345671]}),
        (r'"stra\u00dfe"', "STRASSE"),
        (r'["\ud83d\ude00a"]', ["\U0001f600A"]),
        (r'["a\"b\\n"]', ['A"B\\N']),
    ],
)
def test_texts_and_keys_are_filtered_and_structure_is_not(text: str, expected: Any) -> None:
    for size in (1, 2, 100):
        assert json.loads(through(cut(text, size), lambda place: Upper())) == expected


def test_a_changed_number_becomes_a_string_and_a_short_one_is_let_be() -> None:
    assert through(["[12345", "67,123456]"], words) == '["7654321",123456]'


def test_structure_does_not_wait() -> None:
    reading = JsonPieces(restoring, PLACE)
    assert reading.feed('{"a":[{"b":"he') == '{"a":[{"b":"he'
    assert reading.feed("llo [X") == "llo "
    assert reading.feed('y"}') == '[Xy"}'


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("mail me at home", ["mail me at home"]),
        ("555-123-4567", ["555-123-4567"]),
        ("trusty", ["trusty"]),
        ('{"a":oops, "b"', ["a", 'oops, "b"']),
        ('{"a":"\\q"}', ["a", '\\q"}']),
        ('{"a":1}{"b":2}', ["a", '{"b":2}']),
    ],
)
def test_what_is_no_json_is_plain_text_from_there_on(text: str, texts: list[str]) -> None:
    for size in (1, 4, 100):
        seen: list[str] = []
        assert through(cut(text, size), seeing(seen)) == text
        assert [joined for joined in seen if joined] == texts


def test_where_nobody_looks_nothing_is_read() -> None:
    asked = []
    reading = JsonPieces(lambda place: asked.append(place), PLACE)
    assert reading.feed('{"a') == '{"a'
    assert reading.feed("\x00 nonsense") == "\x00 nonsense"
    assert asked == [PLACE]


@pytest.mark.parametrize("text", ["1" * 200_000, "[" * 100_000, '"' + "\\n" * 100_000, "a" * 200_000])
def test_long_and_deep_texts_take_no_long_time(text: str) -> None:
    assert through(cut(text, 10), same) == text


values = st.recursive(
    st.text() | st.integers() | st.booleans() | st.none() | st.sampled_from([MARK, "a [X_1", f"{MARK}{MARK}é"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


def filtered(value: Any, make: type[Restoring] | type[Words]) -> Any:
    """What a filter of the whole document makes of it."""

    def text(one: str) -> str:
        filter: TextFilter = make()
        return filter.feed(one) + filter.finish() if one else one

    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(name): filtered(one, make) for name, one in value.items()}
    if isinstance(value, list):
        return [filtered(one, make) for one in value]
    if type(value) is int and len(str(abs(value))) >= 7:
        new = text(str(value))
        return value if new == str(value) else new
    return value


@settings(max_examples=200, deadline=None)
@given(values, st.booleans(), st.integers(1, 9), st.sampled_from([Restoring, Words]))
def test_streaming_gives_what_the_whole_document_gives(value: Any, is_ascii: bool, size: int, make: Any) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    out = through(cut(text, size), lambda place: make())
    assert json.loads(out) == filtered(value, make)
    if MARK not in text and make is Restoring:
        assert out == text


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='{}[]",:\\u0d8e1 tnX_é\n', max_size=40), st.integers(1, 5))
def test_no_text_breaks_it(text: str, size: int) -> None:
    assert through(cut(text, size), same) == text
    assert through(cut(text, size), restoring) == through([text] if text else [], restoring)
