"""Members taken from the end of an answer: both builds agree, and `json` finds the same in a valid document."""

from __future__ import annotations

import json
from collections.abc import Iterator

from plano.dialects import _json_tail
from tests.fuzz.builds import builds

TOKENS = tuple(
    b'{|}|[|]|"|:|,|\\|\\"|\\\\|"usage"|"usage":{|"usage" : {"a":{"b":"}"}}|"model":"x"|'
    b'\\"usage\\":{}|"finish_reason":"stop"|'
    b"\xff| |\n|null"
    .split(b"|")
)
TAILS = builds("json_tail", _json_tail)
DOCUMENTS = (
    b"",
    b'{"model":"x","usage":{"a":1}}',
    b'{"text":"\\"usage\\":{\\"a\\":2}","usage":{"a":{"b":"}{"}}, "z":[]}',
    b'{"usage":{"a":"\\\\"},"finish_reason":"stop"}',
    b'{"usage":null,"model":null}',
    b'{"usage":{"a":1',
    b'{"model":"x',
)


def seeds() -> Iterator[bytes]:
    yield from DOCUMENTS


def check(data: bytes) -> None:
    for key in (b'"usage"', b'"model"', b'"finish_reason"'):
        objects = [build.last_object(data, key) for build in TAILS]
        strings = [build.last_string(data, key) for build in TAILS]
        assert all(found == objects[0] for found in objects)
        assert all(found == strings[0] for found in strings)
        assert objects[0] in data
        is_last_and_plain(data, key, objects[0])


def is_last_and_plain(data: bytes, key: bytes, found: bytes) -> None:
    """In a valid document that names the key once, the object is the member's value."""
    try:
        document = json.loads(data.decode())
    except (ValueError, RecursionError):
        return
    name = key.decode().strip('"')
    if isinstance(document, dict) and data.count(name.encode()) == 1 and isinstance(document.get(name), dict):
        assert json.loads(found) == document[name]
