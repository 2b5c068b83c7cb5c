"""Request bodies: what is not touched stays byte for byte, what is set changes nothing else, `json` reads the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from plano.errors import BadRequest
from plano.http.wire import _json_envelope
from tests.fuzz.builds import builds

TOKENS = tuple(
    b'{|}|[|]|"|:|,|\\|\\u0000|\\ud800|\\u006d|"model":|"model":"x"|"mod\\u0065l":1|null|true|false|0|-|1e999|.5|'
    b'1E+2|\xff|'
    b'\xc3\xa9|\xed\xa0\x80|\xef\xbb\xbf|NaN|Infinity| |\n|\t|'
    b'123456789012345678901234567890|[[[[[[[[[[[[[[[[[[[['.split(b"|")
)
ENVELOPES = builds("json_envelope", _json_envelope)
DOCUMENTS = (
    b"",
    b"{}",
    b"[]",
    b" { } ",
    b'{"model":"a"}',
    b'{"model": "a/b", "temperature":1.50E+2, "big":123456789012345678901234567890.5e-3}',
    b'{"model":"a","x":1,"model":"b","mod\\u0065l":"c"}',
    b'{"messages":[{"role":"user","content":"\\u00e9\\/\\n\xc3\xa9 \\ud83d\\ude00"}],"stream":true}',
    b'{"nested" : {"b" :1, "a":[ 1,2 ], "b":2}, "none":null, "":0 }',
    b'{"a":"\\ud800"}',
    b'{"a":' + b"[" * 200 + b"]" * 200 + b"}",
    b'{"a":1}x',
    b'{"a":1,}',
    b"\xef\xbb\xbf{}",
    b'{"a":NaN}',
)


class NoJson(Exception):
    """`json` takes it, RFC 8259 does not."""


def seeds() -> Iterator[bytes]:
    yield from DOCUMENTS


def check(data: bytes) -> None:
    results = [opened(build, data) for build in ENVELOPES]
    assert all(result == results[0] for result in results)
    outcome = results[0]
    theirs = by_json(data)
    if isinstance(outcome, str):
        return
    plain, changed, deleted = outcome
    if theirs is None:
        return  # Members are not looked into: what is wrong in them is the provider's to say.
    assert by_json(plain) == theirs
    theirs["model"] = "é/\"\\"
    assert by_json(changed) == theirs
    assert list(by_json(changed) or {}) == list(theirs)
    del theirs["model"]
    assert by_json(deleted) == theirs


def opened(build: Any, data: bytes) -> str | tuple[bytes, bytes, bytes]:
    """As it is, with a model, without one; or why it is refused."""
    try:
        envelope = build.Envelope.open(data)
    except BadRequest as error:
        return error.message
    assert not envelope.is_changed
    for name in ("model", "stream", "messages", ""):
        raw = envelope.raw(name)
        assert raw is None or raw in data
        envelope.is_true(name)
        with suppress(BadRequest):
            envelope.get_str(name)
    plain = envelope.encoded()
    envelope.set("model", "é/\"\\")
    assert envelope.is_changed
    changed = envelope.encoded()
    envelope.delete("model")
    return plain, changed, envelope.encoded()


def by_json(data: bytes) -> dict[str, Any] | None:
    """The members as the standard library reads them, numbers as they are written; None for no object."""

    def refuse(word: str) -> None:
        raise NoJson(word)

    try:
        value = json.loads(data.decode(), parse_float=str, parse_int=str, parse_constant=refuse)
    except (ValueError, RecursionError, NoJson):
        return None
    return value if isinstance(value, dict) else None
