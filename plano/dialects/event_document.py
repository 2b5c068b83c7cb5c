"""The JSON document of one event."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.http.wire.sse import event_data

Json = dict[str, Any]

#: What OpenAI's streams end with; the only data of any dialect that is not JSON.
DONE: Final = b"[DONE]"


def document_in(event: bytes) -> Json:
    """The JSON object in an event's data; empty for comments, `[DONE]` and what is no object."""
    data = event_data(event)
    if not data.lstrip().startswith(b"{"):
        return {}
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def is_unreadable(event: bytes) -> bool:
    """The event has data, and nobody can say what it means: broken JSON, half a character, no object."""
    data = event_data(event).strip()
    return data not in (b"", DONE) and not document_in(event)


def object_at(document: Json, name: str) -> Json:
    """A member that should be an object; empty when it is none."""
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def number_at(document: Json, name: str, otherwise: int = 0) -> int:
    """A member that should be an index or a count; `otherwise` when it is none."""
    value = document.get(name)
    return value if isinstance(value, int) else otherwise


def list_at(document: Json, name: str) -> list[Any]:
    """A member that should be a list; empty when it is none."""
    value = document.get(name)
    return value if isinstance(value, list) else []


def index_at(document: Json, name: str) -> int:
    """A member that should count from 0; 0 when it does not."""
    value = document.get(name)
    return value if type(value) is int and value >= 0 else 0


def text_at(document: Json, name: str) -> str:
    """A member that should be text; empty when it is none."""
    value = document.get(name)
    return value if isinstance(value, str) else ""
