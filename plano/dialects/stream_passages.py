"""A whole stream read as one: its passages, and its events with what became of them."""

from __future__ import annotations

from collections.abc import Callable

from plano.dialects.passages import Passage, Place, TextFilter
from plano.dialects.stream_texts import StreamTexts


class StreamPassages:
    """As `AnswerTexts` is for a document."""

    def __init__(self, operation: str, events: bytes) -> None:
        self._operation = operation
        self._events = events
        self._collected: list[_Collected] = []
        self._pass_through(self._collect)
        self.passages = [Passage(one.place, "".join(one.pieces)) for one in self._collected]

    def encoded(self) -> bytes:
        """The very same bytes where no passage was changed."""
        if not any(passage.is_changed for passage in self.passages):
            return self._events
        self._coming = iter(self.passages)
        return self._pass_through(self._replace)

    def _pass_through(self, open: Callable[[Place], TextFilter]) -> bytes:
        texts = StreamTexts(self._operation, open)
        return texts.feed(self._events) + texts.end()

    def _collect(self, place: Place) -> TextFilter:
        self._collected.append(_Collected(place))
        return self._collected[-1]

    def _replace(self, place: Place) -> TextFilter:
        return _Replaced(next(self._coming))


class _Collected:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.pieces: list[str] = []

    def feed(self, piece: str) -> str:
        self.pieces.append(piece)
        return piece

    def finish(self) -> str:
        return ""


class _Replaced:
    """Gives the new text where the first piece of the old one was; pieces of what did not change stay as they are."""

    def __init__(self, passage: Passage) -> None:
        self._is_changed = passage.is_changed
        self._text = passage.text

    def feed(self, piece: str) -> str:
        if not self._is_changed:
            return piece
        text, self._text = self._text, ""
        return text

    def finish(self) -> str:
        return self._text if self._is_changed else ""
