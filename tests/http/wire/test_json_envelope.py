"""The top level of a JSON object: what survives, what changes, what is refused."""

from __future__ import annotations

import json
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plano.errors import BadRequest
from tests.twins import both_builds

ODD = (
    b'{"model": "a/b", "temperature":1.50E+2, "big":123456789012345678901234567890.5e-3,\n'
    b'\t"nested" : {"b" :1, "a":[ 1,2 ], "b":2}, "text":"\\u00e9\\/\\n\xc3\xa9", "none":null, "":0 }'
)


@both_builds("json_envelope")
def test_members_stay_as_sent_byte_for_byte(build: ModuleType) -> None:
    envelope = build.Envelope.open(ODD)
    assert not envelope.is_changed
    assert envelope.raw("temperature") == b"1.50E+2"
    assert envelope.raw("nested") == b'{"b" :1, "a":[ 1,2 ], "b":2}'
    assert envelope.raw("absent") is None
    envelope.set("model", "ü")
    assert envelope.is_changed
    assert envelope.encoded() == (
        b'{"model":"\xc3\xbc","temperature":1.50E+2,"big":123456789012345678901234567890.5e-3,'
        b'"nested":{"b" :1, "a":[ 1,2 ], "b":2},"text":"\\u00e9\\/\\n\xc3\xa9","none":null,"":0}'
    )


@both_builds("json_envelope")
def test_set_replaces_in_place_or_adds_at_the_end_and_delete_removes(build: ModuleType) -> None:
    envelope = build.Envelope.open(b'{"a":1,"b":2,"c":3}')
    envelope.set_raw("b", b"[ 2 ]")
    envelope.set("d", {"x": None})
    envelope.delete("a")
    assert envelope.encoded() == b'{"b":[ 2 ],"c":3,"d":{"x":null}}'


@both_builds("json_envelope")
def test_deleting_what_is_not_there_changes_nothing(build: ModuleType) -> None:
    envelope = build.Envelope.open(b'{"a":1}')
    envelope.delete("b")
    assert not envelope.is_changed
    envelope.delete("a")
    assert envelope.is_changed
    assert envelope.encoded() == b"{}"


@both_builds("json_envelope")
def test_of_a_member_that_occurs_twice_the_last_counts(build: ModuleType) -> None:
    envelope = build.Envelope.open(b'{"model":"a","x":1,"model":"b","mod\\u0065l":"c"}')
    assert envelope.get_str("model") == "c"
    assert json.loads(envelope.encoded()) == {"model": "c", "x": 1}


@both_builds("json_envelope")
def test_members_are_decoded_on_demand(build: ModuleType) -> None:
    envelope = build.Envelope.open(
        b'{"s":"\\ud83d\\ude00","n":null,"t":true,"f":false,"o":{"a":[1]},"ts":"true", "i":7}'
    )
    assert envelope.get("o") == {"a": [1]}
    assert envelope.get("absent") is None
    assert envelope.get_str("s") == "\U0001f600"
    assert envelope.get_str("n") is None
    assert envelope.get_str("absent") is None
    assert [name for name in ("s", "n", "t", "f", "ts", "absent") if envelope.is_true(name)] == ["t"]
    with pytest.raises(BadRequest, match="`i` must be a string") as raised:
        envelope.get_str("i")
    assert raised.value.param == "i"


@both_builds("json_envelope")
@pytest.mark.parametrize("body", [b"", b"  \r\n\t"])
def test_no_body_is_told_as_such(build: ModuleType, body: bytes) -> None:
    with pytest.raises(BadRequest, match="has no body"):
        build.Envelope.open(body)


@both_builds("json_envelope")
@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"1", b'"text"', b"null", b"true", b"{", b'{"a"}', b'{"a":}', b'{"a":1,}', b'{"a":1}x', b'{"a":1}{}',
        b"{'a':1}", b'{a:1}', b'{"a":01}', b'{"a":NaN}', b'{"a":tru}', b'{"a":"\n"}', b'{"a":"\\x"}', b"\xef\xbb\xbf{}",
        b'{"a":1', b'{1:2}', b'{"a":+1}', b'{"a":1.}', b'model=x&messages=y', b"<html>",
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(build: ModuleType, body: bytes) -> None:
    with pytest.raises(BadRequest, match="is not a JSON object") as raised:
        build.Envelope.open(body)
    assert "$" not in str(raised.value)


@both_builds("json_envelope")
@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80"])
@pytest.mark.parametrize("body", [b'{"%s":1}', b'{"a":"%s"}', b'{"a":{"b":["%s"]}}', b'{"a":{"%s":1}}'])
def test_what_is_no_utf8_is_refused_when_it_is_looked_at(build: ModuleType, bad: bytes, body: bytes) -> None:
    """Raw members are not looked at: what nobody reads is the provider's to judge."""
    with pytest.raises(BadRequest):
        build.Envelope.open(body % bad).get("a")


@both_builds("json_envelope")
@pytest.mark.parametrize(
    "body", [b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", b'{"a":' * 200_000 + b"1" + b"}" * 200_000]
)
def test_deep_nesting_is_refused_not_a_crash(build: ModuleType, body: bytes) -> None:
    with pytest.raises(BadRequest, match="nested too deeply"):
        build.Envelope.open(body).get("a")


@both_builds("json_envelope")
@pytest.mark.parametrize("number", [b"1" * 5000, b"-0", b"1e999", b"1E-5000", b"0.1000", b"9007199254740993"])
def test_numbers_of_any_size_are_kept(build: ModuleType, number: bytes) -> None:
    envelope = build.Envelope.open(b'{"n":%b}' % number)
    envelope.set("model", "x")
    assert envelope.encoded() == b'{"n":%b,"model":"x"}' % number


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.text(max_size=5), JSON, max_size=6),
    st.sampled_from([(",", ":"), (" , ", " : ")]),
    st.booleans(),
)
@both_builds("json_envelope")
def test_any_object_comes_back_as_it_was(
    build: ModuleType, document: dict[str, object], separators: tuple[str, str], ascii_only: bool
) -> None:
    body = json.dumps(document, separators=separators, ensure_ascii=ascii_only)
    try:
        encoded = body.encode()
    except UnicodeEncodeError:
        return
    envelope = build.Envelope.open(encoded)
    assert json.loads(envelope.encoded()) == document
    for name, value in document.items():
        assert json.loads(envelope.raw(name)) == value
