"""Keeps words, patterns and topics out of what is asked and answered.

Requests are read whole; answers as they come, with no more held back than may still become something that is looked
for. Topics are judged by plano's encoder, on the newest turn of a request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from plano.plugin_api import Exchange, PieceFilter, Place, PluginTools, TextFilter, hookimpl

from .patterns import PatternStream, Wanted, patterns_of, ruled
from .rulings import Bench
from .settings import Settings
from .topics import TopicJudge
from .words import Words, words_of

__all__ = ["Moderation", "Settings"]

#: Of requests, what is not the operator's own, and not about the request but in it.
_READ: Final = frozenset(("text", "arguments", "result", "document", "other"))


class Moderation:
    """The plugin `moderation`."""

    opt_in: ClassVar[bool] = True

    def __init__(self) -> None:
        self._words: dict[str, list[Words]] = {}
        self._patterns: dict[str, tuple[Wanted, ...]] = {}
        self._topics: TopicJudge | None = None

    @hookimpl
    def config_section(self) -> type[Settings]:
        return Settings

    @hookimpl
    async def started(self, config_section: Settings, tools: PluginTools) -> None:
        self._words = {side: words_of(config_section, side) for side in ("request", "answer")}
        self._patterns = {side: patterns_of(config_section, side) for side in ("request", "answer")}
        if config_section.topics.denied or config_section.topics.allowed:
            encoder = tools.encoder()
            if encoder is None:
                raise ValueError("topics need the encoder, and this plano has none")
            self._topics = await TopicJudge.read(encoder, config_section)

    @hookimpl
    async def filter(self, exchange: Exchange) -> None:
        words, patterns = self._words["request"], self._patterns["request"]
        if not (words or patterns or self._topics):
            return
        bench = Bench(exchange.record.request_id, "request")
        passages = exchange.texts()
        for passage in passages:
            if passage.kind in _READ:
                text = passage.text
                for one in words:
                    text = one.ruled(text, bench)
                passage.text = ruled(text, patterns, bench)
        if self._topics is not None:
            await self._topics.judge(passages, bench)

    @hookimpl
    def filter_answer(self, exchange: Exchange) -> PieceFilter | None:
        words, patterns = self._words["answer"], self._patterns["answer"]
        if not (words or patterns):
            return None
        return AnswerModeration(words, patterns, Bench(exchange.record.request_id, "answer"))


class AnswerModeration(PieceFilter):
    """Every text of one answer goes through every list and pattern."""

    def __init__(self, words: Sequence[Words], patterns: Sequence[Wanted], bench: Bench) -> None:
        self._words = words
        self._patterns = patterns
        self._bench = bench

    def open(self, place: Place) -> TextFilter | None:
        streams: list[TextFilter] = [one.stream(self._bench) for one in self._words]
        streams += (PatternStream(one, self._bench) for one in self._patterns)
        return streams[0] if len(streams) == 1 else _Row(streams)


class _Row:
    """Text filters one after the other."""

    def __init__(self, streams: Sequence[TextFilter]) -> None:
        self._streams = streams

    def feed(self, piece: str) -> str:
        for stream in self._streams:
            piece = stream.feed(piece)
            if not piece:
                return ""
        return piece

    def finish(self) -> str:
        rest = ""
        for stream in self._streams:
            rest = (stream.feed(rest) if rest else "") + stream.finish()
        return rest
