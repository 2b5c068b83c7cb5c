"""Filters that change an answer as it flows, as one stage of it."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from plano.dialects.answer_texts import AnswerTexts
from plano.dialects.passages import Place, TextFilter
from plano.dialects.stream_texts import StreamTexts
from plano.exchange import Exchange
from plano.filters.stages import AnswerKind, Stage
from plano.plugins.watch import HookHangs

if TYPE_CHECKING:
    from plano.filters.plugin_answers import PluginAnswer


class ContainedText:
    """A plugin's `TextFilter`, checked; one that fails is left out from then on, if its rule is `open`."""

    __slots__ = ("_answer", "_exchange", "_filter", "_is_off")

    def __init__(self, answer: PluginAnswer, exchange: Exchange, filter: TextFilter) -> None:
        self._answer = answer
        self._exchange = exchange
        self._filter = filter
        self._is_off = False

    def feed(self, piece: str) -> str:
        """See `passages.TextFilter`."""
        if self._is_off:
            return piece
        began = perf_counter()
        try:
            released = self._answer.step.watch.call(self._filter.feed, piece)
            if type(released) is str:
                return released
            raise TypeError(f"feed must return str, not {type(released).__name__}")
        except (Exception, SystemExit, HookHangs) as error:
            self._is_off = True
            self._answer.failed(error, self._exchange)
            return piece
        finally:
            self._answer.note(perf_counter() - began)

    def finish(self) -> str:
        """See `passages.TextFilter`."""
        if self._is_off:
            return ""
        try:
            released = self._answer.step.watch.call(self._filter.finish)
            if type(released) is str:
                return released
            raise TypeError(f"finish must return str, not {type(released).__name__}")
        except (Exception, SystemExit, HookHangs) as error:
            self._is_off = True
            self._answer.failed(error, self._exchange)
            return ""


class JoinedTexts:
    """Several filters of one text as one."""

    __slots__ = ("_filters",)

    def __init__(self, filters: list[ContainedText]) -> None:
        self._filters = filters

    def feed(self, piece: str) -> str:
        """See `passages.TextFilter`."""
        for one in self._filters:
            if not piece:
                break
            piece = one.feed(piece)
        return piece

    def finish(self) -> str:
        """See `passages.TextFilter`."""
        rest = ""
        for one in self._filters:
            rest = (one.feed(rest) if rest else "") + one.finish()
        return rest


class PieceStage(Stage):
    """Reads the events once for all of its filters."""

    def __init__(self, answers: list[PluginAnswer], kind: AnswerKind, exchange: Exchange) -> None:
        self._answers = answers
        self._operation = kind.operation
        self._exchange = exchange
        self._texts = StreamTexts(kind.operation, self.open) if kind.is_stream else None

    def open(self, place: Place) -> TextFilter | None:
        """What a text of the answer goes through."""
        opened = [one for answer in self._answers if (one := self._opened(answer, place)) is not None]
        if not opened:
            return None
        return opened[0] if len(opened) == 1 else JoinedTexts(opened)

    def _opened(self, answer: PluginAnswer, place: Place) -> ContainedText | None:
        try:
            found: Any = answer.step.watch.call(answer.filter.open, place)  # type: ignore[union-attr]
            if found is not None and not (hasattr(found, "feed") and hasattr(found, "finish")):
                raise TypeError(f"open must return a TextFilter or None, not {type(found).__name__}")
        except (Exception, SystemExit, HookHangs) as error:
            answer.failed(error, self._exchange)
            return None
        return None if found is None else ContainedText(answer, self._exchange, found)

    def events(self, block: bytes, ended: bool) -> bytes:
        """See `stages.Stage`."""
        assert self._texts is not None
        released = self._texts.feed(block)
        return released + self._texts.end() if ended else released

    def document(self, body: bytes) -> bytes:
        """See `stages.Stage`."""
        texts = AnswerTexts(self._operation, body)
        texts.pass_through(self.open)
        return texts.encoded()

    def before_fault(self) -> bytes:
        """See `stages.Stage`."""
        return b"" if self._texts is None else self._texts.taken()
