"""Strings, keys and long numbers in JSON texts, where they stand, and what becomes of the text with others."""

from __future__ import annotations

import json
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plano.dialects.json_leaves import (
    FEWEST_DIGITS,
    Leaves,
    all_leaves,
    encoded_text,
    is_json,
    text_leaves,
    without_lone_surrogates,
)
from plano.dialects.passages import Place


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", []),
        ('""', []),
        ('"a"', ["a"]),
        ('{"a":"b"}', ["a", "b"]),
        (r'["a\"b", "\\", "\\\"", "c"]', ['a"b', "\\", '\\"', "c"]),
        (r'["\u0041\ud83d\ude00", "\ud83d"]', ["A\U0001f600", "\ufffd"]),
        ("[123456, 1234567, -1234567, 12345.6, 12345.67, 1e400, 1.0]", ["1234567", "-1234567", "12345.67"]),
        ("12345678901234567890123", ["12345678901234567890123"]),
        ('{"n" : 12345678 , "m":["87654321"]}', ["n", "12345678", "m", "87654321"]),
    ],
)
def test_all_leaves(text: str, expected: list[str]) -> None:
    found = all_leaves(text)
    assert [said for _, _, said in found] == expected
    for start, end, said in found:
        told = json.loads(text[start:end])
        assert told.replace("\ud83d", "\ufffd") == said if isinstance(told, str) else text[start:end] == said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a"', ["a"]),
        ('{"id":"a","b":"c"}', ["c"]),
        ('{"id" : "a", "b"\t: "c"}', ["c"]),
        ('{"id":["a",{"b":"c"},"d"],"e":["f"]}', ["c", "f"]),
        ('[{"id":"a"},"b"]', ["b"]),
        ('{"a":{"id":{"x":1}},"b":"c"}', ["c"]),
        ('{"data":"AA==","id":"some words"}', ["some words"]),
        ('{"url":"https://a/b c"}', []),
        ('{"url":"Ann"}', ["Ann"]),
        (r'{"i\u0064":"a"}', []),
        ('{"":"a", "id":""}', ["a"]),
        ("[12345678]", []),
    ],
)
def test_text_leaves(text: str, expected: list[str]) -> None:
    assert [said for _, _, said in text_leaves(text)] == expected


def test_names_without_a_meaning_hide_nothing() -> None:
    assert [said for _, _, said in text_leaves('{"id":"a","name":"b"}', frozenset())] == ["a", "b"]


values = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def strings_in(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, dict):
        return [text for name, inner in value.items() for text in (*strings_in(name), *strings_in(inner))]
    return [text for inner in value for text in strings_in(inner)] if isinstance(value, list) else []


@given(value=values, is_ascii=st.booleans(), indent=st.none() | st.integers(0, 2))
def test_every_string_is_found_however_it_is_written(value: object, is_ascii: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii, indent=indent)
    found = [said for start, _, said in all_leaves(text) if text[start] == '"']
    assert found == strings_in(json.loads(text))


def longer(value: object, by: str) -> object:
    """With every passage longer by a text."""
    if isinstance(value, str):
        return value and value + by
    if isinstance(value, dict):
        return {longer(name, by): longer(inner, by) for name, inner in value.items()}
    if isinstance(value, list):
        return [longer(inner, by) for inner in value]
    number = json.dumps(value)
    return number + by if sum(map(str.isdigit, number)) >= FEWEST_DIGITS else value


@given(value=values, by=st.text())
def test_what_is_set_is_what_stands_there(value: object, by: str) -> None:
    text = json.dumps(value)
    leaves = Leaves((), text, all_leaves(text), Place("arguments"), False)
    assert leaves.encoded() == text.encode()
    for passage in leaves.passages:
        passage.text += by
    after = leaves.encoded()
    assert json.loads(after) == longer(value, by) if by else after == text.encode()
    leaves.settle()
    assert leaves.text == after.decode()


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 20_000 + '"b"' + "}" * 20_000,
        '["' + "\\\\" * 200_000 + '"]',
        '["' + '\\"' * 200_000 + '"]',
        "[" + "1," * 200_000 + "1]",
        "[" + '"a",' * 100_000 + '"a"]',
        "[" + "-" * 200_000,
        '"' * 100_001,
    ],
    ids=["deep", "backslashes", "quotes", "numbers", "strings", "no number", "no JSON"],
)
def test_long_texts_take_linear_time(text: str) -> None:
    began = process_time()
    all_leaves(text)
    text_leaves(text)
    assert process_time() - began < 2.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{}", True), ("1", True), ("", False), ("{} {}", False), ("{'a':1}", False), ("[" * 9999, False)],
)
def test_is_json(text: str, expected: bool) -> None:
    assert is_json(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'"\ud83d\ude00"', r'"\ud83d\ude00"'),
        (r'"\ud83d"', r'"\ufffd"'),
        (r'"\uDE00\uD83D"', r'"\ufffd\ufffd"'),
        (r'"\ud83d\ud83d\ude00"', r'"\ufffd\ud83d\ude00"'),
        (r'"\\ud83d"', r'"\\ud83d"'),
        (r'"\\\ud83d"', r'"\\\ufffd"'),
    ],
)
def test_halves_of_pairs_are_replaced(text: str, expected: str) -> None:
    assert without_lone_surrogates(text) == expected


def test_texts_are_written_as_json() -> None:
    assert encoded_text('a"\n\0\u00e9') == '"a\\"\\n\\u0000\u00e9"'.encode()
    assert encoded_text("\ud83d!") == '"\ufffd!"'.encode()
