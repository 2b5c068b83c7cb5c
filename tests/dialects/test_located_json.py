"""Values of a document, where they stand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plano.dialects.located_json import Edits, located, read_text, write_text
from plano.errors import ProviderProtocolError

values = st.recursive(
    st.text(max_size=5) | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.text(max_size=5), values, max_size=4), st.booleans(),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")]), st.sampled_from([None, 2])
)  # fmt: skip
def test_every_member_is_where_it_is_said_to_be(
    told: object, is_ascii: bool, marks: tuple[str, str], indent: int
) -> None:
    data = b"data:  " + json.dumps(told, ensure_ascii=is_ascii, separators=marks, indent=indent).encode() + b" "
    members = located(data[5:], 5).members()
    assert {name: json.loads(value.raw) for name, value in members.items()} == told
    for value in members.values():
        assert data[value.start : value.end] == value.raw
        parts = [*value.members().values(), *value.items()]
        assert all(data[part.start : part.end] == part.raw for part in parts)
        assert len(parts) == (len(json.loads(value.raw)) if value.raw[:1] in b"[{" else 0)


@pytest.mark.parametrize(
    "document",
    [
        b"", b"[]", b"1", b'"a"', b"{", b'{"a":1,}', b'{"a":01}', b'{"a":1} x', b'{"a":1,"b":2,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":2,"\\u0061":1}', b'{"a":"\n"}', b"{'a':1}", b"nope",
    ],
)  # fmt: skip
def test_what_is_no_object_or_says_a_thing_twice_is_refused(document: bytes) -> None:
    with pytest.raises(ProviderProtocolError):
        located(document).members()


def test_halves_of_surrogate_pairs_are_read_and_written() -> None:
    value = located(rb'{"a":"x\ud83d"}').members()["a"]
    assert value.raw == rb'"x\ud83d"'
    assert value.text() == "x\ud83d"
    assert read_text(write_text("x\ud83d")) == "x\ud83d"
    assert write_text("\U0001f600") == '"\U0001f600"'.encode()


def test_edits_leave_the_rest() -> None:
    document = b'{ "a" : "x", "b":[1, 2.0] }'
    members = located(document).members()
    edits = Edits()
    assert not edits
    edits.replace(members["b"].items()[0], b'"y"')
    edits.replace(members["a"], b"null")
    assert edits.applied(document) == b'{ "a" : null, "b":["y", 2.0] }'
