"""The bytes the benches are fed: those the exact budgets of `tests/budgets` count with."""

from __future__ import annotations

from typing import Any

from bench.micro.builds import Build
from bench.micro.peers import Outlet
from tests.budgets.corridor import (
    ANSWER,
    CONFIG,
    LAST_EVENTS,
    NO_PROVIDER,
    REQUEST,
    RESPONSE,
    STREAM_HEAD,
    STREAM_REQUEST,
    event,
)

__all__ = [
    "ANSWER",
    "BODY",
    "CONFIG",
    "EVENT",
    "EVENT_CHUNK",
    "LAST_EVENTS",
    "NO_PROVIDER",
    "REQUEST",
    "RESPONSE",
    "STREAM_BODY",
    "STREAM_HEAD",
    "STREAM_REQUEST",
    "record",
    "request_head",
    "response_head",
]

BODY = REQUEST.partition(b"\r\n\r\n")[2]
STREAM_BODY = STREAM_REQUEST.partition(b"\r\n\r\n")[2]
EVENT_CHUNK = event(" word")
EVENT = EVENT_CHUNK.partition(b"\r\n")[2].removesuffix(b"\r\n")


def request_head(build: Build) -> Any:
    """The head of `REQUEST`, as the build's reader makes it."""
    outlet = Outlet()
    build("http.wire.request_reader").RequestReader(outlet, 65536, 1 << 25).feed(REQUEST)
    return outlet.head


def response_head(build: Build) -> Any:
    """The head of `RESPONSE`."""
    outlet = Outlet()
    reader = build("http.wire.response_reader").ResponseReader(outlet, 65536)
    reader.expect()
    reader.feed(RESPONSE)
    return outlet.head


def record(build: Build) -> Any:
    """A record with everything in it."""
    made = build("exchange").Record(
        "f" * 32, "models", "POST", "/v1/chat/completions", "192.0.2.1", 1760000000.5, 100.0, 1, "chat", len(BODY)
    )
    made.model = "openai/gpt-4o"
    made.provider = "openai/gpt-4o"
    made.origin = "https://api.openai.com"
    made.status = 200
    made.attempts = 1
    made.sent_at, made.head_at, made.first_token_at, made.finished_at = 100.001, 100.4, 100.5, 101.2
    made.usage = build("dialects.usage").Usage(25, 90)
    return made
