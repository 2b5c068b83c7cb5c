"""Members found in JSON that is not decoded; the twins must agree on anything."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plano._speedups import json_tail as compiled
from plano.dialects import _json_tail as python
from tests.twins import both_builds

USAGE = b'"usage"'
WHY = b'"why"'


@both_builds("json_tail")
@pytest.mark.parametrize(
    ("document", "found"),
    [
        (b'{"usage":{"a":1}}', b'{"a":1}'),
        (b'{"usage" \r\n\t: \r\n\t{"a":1}}', b'{"a":1}'),
        (b'{"usage":{"a":{"b":"}{"},"c":"\\"}"}}', b'{"a":{"b":"}{"},"c":"\\"}"}'),
        (b'{"usage":{"a":1},"usage":{"a":2}}', b'{"a":2}'),
        (b'{"usage":{"a":1},"usage":null}', b'{"a":1}'),
        (b'{"usage":{"a":1},"text":"\\"usage\\":{}"}', b'{"a":1}'),
        (b'{"usage":{"a":"\\\\"},"x":"}"}', b'{"a":"\\\\"}'),
        (b'tail of a string","usage":{"a":1}}\n', b'{"a":1}'),
        (b'{"usage":{"a":1', b""),
        (b'{"usage":{"a":"1', b""),
        (b'{"usage":[1]}', b""),
        (b'{"usage":"{}"}', b""),
        (b'{"use":{"a":1}}', b""),
        (b'"usage"', b""),
        (b'"usage":', b""),
        (b"", b""),
    ],
)
def test_the_last_whole_object_of_that_name_is_found(build: ModuleType, document: bytes, found: bytes) -> None:
    assert build.last_object(document, USAGE) == found


@both_builds("json_tail")
@pytest.mark.parametrize(
    ("document", "found"),
    [
        (b'{"why":"stop"}', "stop"),
        (b'{"why" : "stop","why":null}', "stop"),
        (b'{"why":"a","why":"b"}', "b"),
        (b'{"why":""}', ""),
        (b'{"why":"caf\xc3\xa9"}', "caf\u00e9"),
        (b'{"why":"\xff"}', "\ufffd"),
        (b'{"why":"a\\nb"}', ""),
        (b'{"why":"st', ""),
        (b'{"why":1}', ""),
        (b"", ""),
    ],
)
def test_the_last_plain_string_of_that_name_is_found(build: ModuleType, document: bytes, found: str) -> None:
    assert build.last_string(document, WHY) == found


@both_builds("json_tail")
def test_a_document_of_another_kind_than_bytes_is_refused(build: ModuleType) -> None:
    for wrong in (None, 1):
        with pytest.raises((TypeError, AttributeError)):
            build.last_object(wrong, USAGE)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["}", '"usage":{', "\\"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=4) | st.sampled_from(["usage", "why", '"usage"']), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(before=json_values, usage=st.dictionaries(st.text(max_size=5), json_values, max_size=3))
def test_usage_at_the_end_of_any_document_is_found(before: Any, usage: dict[str, Any]) -> None:
    if "usage" in json.dumps(usage):
        return
    for separators in ((",", ":"), (" , ", " : ")):
        document = json.dumps({"before": before, "usage": usage}, separators=separators).encode()
        for module in (python, compiled):
            assert json.loads(module.last_object(document, USAGE)) == usage


PIECES = [USAGE, WHY, b":", b" ", b"{", b"}", b'"', b"\\", b"a", b",", b"\n", b"\xff", b"[", b"\0"]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join))
@example(b'"usage":{"\\')
@example(b'"usage":{"a\\"}')
@example(b'"why":"\\')
@example(b'"usage":{\\}')
def test_both_builds_find_the_same_in_anything(document: bytes) -> None:
    assert python.last_object(document, USAGE) == compiled.last_object(document, USAGE)
    assert python.last_string(document, WHY) == compiled.last_string(document, WHY)
