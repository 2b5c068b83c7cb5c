"""What a filter may put in the place of a body: checked before it goes on."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.errors import FilterFailed

EVENT_STREAM: Final = "text/event-stream"
#: Of what is put in a body's place, and of a whole answer of an MCP server.
MOST_BYTES: Final = 64 * 1024 * 1024

_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything: Final = msgspec.json.Decoder()


def is_event_stream(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == EVENT_STREAM


def json_object(body: bytes, filter_id: str, what: str = "request") -> bytes:
    """The body itself, which must be a JSON object. Raises `FilterFailed`."""
    if not is_json_object(body):
        raise useless(filter_id, f"put something that is no JSON object in the {what}'s place")
    return body


def is_json_object(body: bytes) -> bool:
    try:
        _object.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def events(body: bytes, filter_id: str) -> bytes:
    """Whole events, or none at all; a blank line that is missing at the end is added. Raises `FilterFailed`."""
    if not body.strip():
        return b""
    if b"data:" not in body and b"event:" not in body and not body.startswith(b":"):
        raise useless(filter_id, "put something that is no event in the place of events")
    if body.endswith((b"\n\n", b"\r\n\r\n", b"\n\r\n", b"\r\r")):
        return body
    return body + (b"\n" if body.endswith(b"\n") else b"\n\n")


def checked_answer(new: bytes, content_type: str, filter_id: str) -> bytes:
    """What may take an answer's place: events for events, a JSON object for JSON."""
    if is_event_stream(content_type):
        return events(new, filter_id)
    return json_object(new, filter_id, "answer") if "json" in content_type.lower() else new


def decoded(text: bytes | str) -> Any:
    """JSON. Raises `ValueError`."""
    try:
        return _anything.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def says(value: Any, body: bytes) -> bool:
    """Whether a JSON text has this value; one that cannot be read has none."""
    try:
        return bool(value == decoded(body))
    except (ValueError, RecursionError):
        return False


def useless(filter_id: str, what: str) -> FilterFailed:
    """Its answer cannot be used."""
    return FilterFailed(f"The filter `{filter_id}` {what}.", detail=f"filter {filter_id} {what}")
