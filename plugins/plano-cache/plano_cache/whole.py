"""Whether an answer says what it had to say to its end.

A body that ends with its connection may have been cut, and HTTP cannot tell; a stream may end in an error.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

_read_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
#: How the types of last events end: of Anthropic's stream, of Responses, images and speech.
_LAST: Final = ("message_stop", ".completed", ".incomplete", ".done")
_DONE: Final = b"[DONE]"


def says_its_end(body: bytes, content_type: str) -> bool:
    """A JSON document that is one, a stream with its last event and no error; or what nobody can judge."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "text/event-stream":
            return _is_whole_stream(body)
        return kind != "application/json" or _read_members(body) is not None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _is_whole_stream(body: bytes) -> bool:
    last: Any = b""
    for line in body.splitlines():
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == _DONE:
            last = _DONE
            continue
        members = _read_members(data)
        last = _text(members.get("type"))
        if last in ("error", "response.failed") or bytes(members.get("error", b"null")) != b"null":
            return False
    return last == _DONE or (isinstance(last, str) and last.endswith(_LAST))


def _text(value: msgspec.Raw | None) -> str:
    read = None if value is None else msgspec.json.decode(value)
    return read if isinstance(read, str) else ""
