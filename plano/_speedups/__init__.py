"""Compiled code, and the only place that chooses between it and its Python twin.

`PLANO_NO_SPEEDUPS=1` turns all of it off: an oracle and a debugging aid, not a production mode.
"""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType
from typing import Final

#: Compiled module -> the Python module it stands for. Same names inside, same behaviour (the suite runs both).
TWINS: Final = {
    "access_log": "plano.telemetry._access_log",
    "answer_tap": "plano.gateway._answer_tap",
    "attempt": "plano.gateway._attempt",
    "calls": "plano.gateway._calls",
    "client_connection": "plano.http.server._client_connection",
    "event_stream": "plano.http.wire._event_stream",
    "exchange": "plano._exchange",
    "failover": "plano.gateway._failover",
    "guard": "plano.gateway._guard",
    "head": "plano.http.wire._head",
    "head_writer": "plano.http.wire._head_writer",
    "held_relay": "plano.gateway._held_relay",
    "json_envelope": "plano.http.wire._json_envelope",
    "json_tail": "plano.dialects._json_tail",
    "outbox": "plano.http.wire._outbox",
    "phrases": "plano.dialects._phrases",
    "pipeline": "plano.gateway._pipeline",
    "pool": "plano.http.client._pool",
    "provider_connection": "plano.http.client._provider_connection",
    "read_holds": "plano.http.wire._read_holds",
    "relay": "plano.gateway._relay",
    "request_ids": "plano.gateway._request_ids",
    "request_reader": "plano.http.wire._request_reader",
    "response_reader": "plano.http.wire._response_reader",
    "same_dialect": "plano.dialects._same_dialect",
    "sse_tap": "plano.http.wire._sse_tap",
    "stream_texts": "plano.dialects._stream_texts",
    "walk": "plano.gateway._walk",
}

#: Loaded when a plugin asks for them: nothing of plano itself needs them.
FOR_PLUGINS: Final = frozenset(("phrases",))

WANTED: Final = not os.environ.get("PLANO_NO_SPEEDUPS")


def pick(name: str) -> ModuleType:
    """The compiled module of this name, or its Python twin when speedups are turned off.

    A missing compiled module is an error, not a silent slow-down: the build is broken.
    """
    return import_module(f"plano._speedups.{name}" if WANTED else TWINS[name])


def build_told() -> str:
    """How many of the compiled modules that plano needs this process uses: `27/27`."""
    needed = TWINS.keys() - FOR_PLUGINS
    return f"{len(needed & set(loaded()))}/{len(needed)}"


def loaded() -> tuple[str, ...]:
    """Names of the compiled modules this process uses."""
    import sys

    return tuple(name for name in TWINS if f"plano._speedups.{name}" in sys.modules)
