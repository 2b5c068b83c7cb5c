"""What a user asks about the provider itself: `GET /mock/requests`, `POST /mock/reset`."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from plano.testing.scripted_provider.answer import Answer, json_answer
from plano.testing.scripted_provider.ask import Json, RecordedRequest

if TYPE_CHECKING:
    from plano.testing.scripted_provider.server import ScriptedProvider

INSPECTION_PREFIX: Final = "/mock/"
_SHOWN_OF_KEY = 4


def inspection_answer(provider: ScriptedProvider, request: RecordedRequest) -> Answer:
    """404 for anything but the two."""
    asked = (request.method, request.path)
    if asked == ("GET", "/mock/requests"):
        return json_answer(_requests(provider))
    if asked == ("POST", "/mock/reset"):
        provider.reset()
        return json_answer({"status": "reset"})
    message = "There are GET /mock/requests and POST /mock/reset."
    return json_answer({"error": {"message": message, "type": "invalid_request_error"}}, status=404)


def _requests(provider: ScriptedProvider) -> Json:
    now_s = time.monotonic()
    told = [_told(request, now_s) for request in provider.requests]
    counts = Counter(one["model"] for one in told if one["model"] is not None)
    return {"total": provider.request_count, "by_model": dict(counts), "requests": told}


def _told(request: RecordedRequest, now_s: float) -> Json:
    """`age_s`: seconds since it came; `lasted_s`: until its answer's end, None while it is being answered."""
    body = _body(request)
    return {
        "method": request.method,
        "path": request.path,
        "model": body.get("model"),
        "stream": body.get("stream") is True,
        "key_hint": _hint(request),
        "age_s": round(now_s - request.received_s, 3),
        "lasted_s": round(request.ended_s - request.received_s, 3) if request.ended_s else None,
        "outcome": request.outcome,
    }


def _body(request: RecordedRequest) -> Json:
    try:
        decoded = request.json()
    except msgspec.DecodeError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _hint(request: RecordedRequest) -> str | None:
    """The last letters of a key, never all of it: enough to tell one from another."""
    given = request.header("x-api-key") or request.header("api-key") or request.header("authorization")
    if given is None:
        return None
    key = given.removeprefix("Bearer ")
    return "..." + key[-_SHOWN_OF_KEY:] if len(key) > 2 * _SHOWN_OF_KEY else "..."
