"""A filter server's refusal: which of its words are the message, and which the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from plano.errors import FilterRejected
from plano.filters.replies import decoded

#: Longer bodies are not kept, longer messages cut.
MOST_BODY_BYTES: Final = 64 * 1024
MOST_MESSAGE: Final = 2000
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def rejection(filter_id: str, status: int, body: bytes, retry_after: bytes = b"", hint: str = "") -> FilterRejected:
    """`status` is 4xx; `body` is of any kind: FastAPI's `{"detail": ...}`, an API's `{"error": ...}`, plain text.

    `hint` is for the log, beside the status.
    """
    body = body if len(body) <= MOST_BODY_BYTES else b""
    try:
        told = decoded(body)
    except ValueError:
        told = _plain(body)
    return FilterRejected(
        message_in(told) or f"The filter `{filter_id}` refused the request.",
        status=status,
        code=code_in(told) or FilterRejected.code,
        filter_id=filter_id,
        body=body,
        retry_after_s=float(retry_after) if retry_after.isdigit() and len(retry_after) < 8 else None,
        detail=f"filter {filter_id} refused with status {status}{hint}",
    )


def message_in(told: Any) -> str:
    """The text for people in a refusal's decoded body; "" where there is none."""
    for found in _messages(told):
        if isinstance(found, str) and found.strip():
            return _CONTROL.sub(" ", found.strip())[:MOST_MESSAGE]
    return ""


def code_in(told: Any) -> str:
    """The word for programs, such as `content_blocked`; "" where there is none."""
    for place in _places(told):
        for key in ("code", "error", "type"):
            found = place.get(key)
            if isinstance(found, str) and _CODE.match(found):
                return found
    return ""


def _messages(told: Any) -> Iterator[Any]:
    """Where it may stand, the likeliest first."""
    yield told
    for place in _places(told):
        yield from (place.get(key) for key in ("message", "msg", "reason"))
    if isinstance(told, dict):
        yield from (told.get("error"), told.get("detail"))
        for place in _places(told):
            yield place.get("error")
        if isinstance(told.get("detail"), list):  # What FastAPI says of a body it cannot read.
            yield "; ".join(one["msg"] for one in told["detail"] if isinstance(one, dict) and "msg" in one)


def _places(told: Any) -> Iterator[dict[str, Any]]:
    if isinstance(told, dict):
        yield from (one for one in (told.get("detail"), told, told.get("error")) if isinstance(one, dict))


def _plain(body: bytes) -> str:
    """Text for people; a page for a browser says nothing to them here."""
    text = body.decode("utf-8", "replace").strip()
    return "" if text.startswith("<") else text
