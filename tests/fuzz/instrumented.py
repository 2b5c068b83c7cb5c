"""The modules whose coverage guides atheris, by target: they are told to it before anything imports them."""

from __future__ import annotations

from typing import Final

_REQUESTS: Final = ["plano.http.wire._request_reader", "plano.http.wire._head"]
_RESPONSES: Final = ["plano.http.wire._response_reader", "plano.http.wire._head"]

BY_TARGET: Final = {
    "request_head": _REQUESTS,
    "request_chunks": _REQUESTS,
    "response_head": _RESPONSES,
    "response_chunks": _RESPONSES,
    "event_stream": ["plano.http.wire._event_stream", "plano.http.wire.event_stream_headers"],
    "sse": ["plano.http.wire._sse_tap", "plano.http.wire.sse"],
    "json_envelope": ["plano.http.wire._json_envelope"],
    "json_tail": ["plano.dialects._json_tail"],
    "config_text": ["plano.config"],
    "routing_answer": ["plano.routing.router_models.answers", "plano.routing.router_models.loose_values"],
    "translations": ["plano.dialects"],
}
#: Known to find what is not mended yet: run by name, not with `all`.
HUNTING: Final = ("translations",)
TARGETS: Final = tuple(name for name in BY_TARGET if name not in HUNTING)
