"""The JSON document of one event."""

from __future__ import annotations

from typing import Any

import msgspec

from plano.http.wire.sse import event_data

Json = dict[str, Any]


def document_in(event: bytes) -> Json:
    """The JSON object in an event's data; empty for comments, `[DONE]` and what is no object."""
    data = event_data(event)
    if not data.startswith(b"{"):
        return {}
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
