"""The passages of a streamed answer: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.dialects._stream_texts import MAX_EVENT_BYTES, StreamTexts
else:
    _picked = pick("stream_texts")
    MAX_EVENT_BYTES, StreamTexts = _picked.MAX_EVENT_BYTES, _picked.StreamTexts

__all__ = ["MAX_EVENT_BYTES", "StreamTexts"]
