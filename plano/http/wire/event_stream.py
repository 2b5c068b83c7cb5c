"""Splits an AWS event stream into its frames: the compiled splitter, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick
from plano.http.wire.event_stream_headers import Frame

if TYPE_CHECKING:
    from plano.http.wire._event_stream import EventStreamSplitter
else:
    EventStreamSplitter = pick("event_stream").EventStreamSplitter

__all__ = ["EventStreamSplitter", "Frame"]
