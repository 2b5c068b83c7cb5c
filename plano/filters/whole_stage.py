"""A filter that reads complete answers, as a stage of one: streams are held until they are complete."""

from __future__ import annotations

import inspect
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from plano.dialects.answer_texts import AnswerTexts
from plano.dialects.passages import Passage
from plano.dialects.stream_passages import StreamPassages
from plano.errors import ProviderProtocolError
from plano.exchange import Exchange
from plano.filtering import WholeFilter
from plano.filters.stages import MOST_HELD_BYTES, AnswerKind, Stage
from plano.plugins.async_hook import AsyncHook
from plano.plugins.deciding import expect_none
from plano.plugins.watch import HookHangs

if TYPE_CHECKING:
    from plano.filters.plugin_answers import PluginAnswer


class Texts(Protocol):
    """A document, or a whole stream."""

    @property
    def passages(self) -> list[Passage]: ...

    def encoded(self) -> bytes: ...


class WholeStage(Stage):
    """A filter that reads complete answers; streams are held until they are."""

    holds = True

    def __init__(self, answer: PluginAnswer, filter: WholeFilter, kind: AnswerKind, exchange: Exchange) -> None:
        self.is_async = inspect.iscoroutinefunction(filter.read)
        self._answer = answer
        self._filter = filter
        self._operation = kind.operation
        self._exchange = exchange
        self._held: list[bytes] = []
        self._held_bytes = 0

    def events(self, block: bytes, ended: bool) -> Any:
        """See `stages.Stage`."""
        self._held.append(block)
        self._held_bytes += len(block)
        if self._held_bytes > MOST_HELD_BYTES:
            raise ProviderProtocolError("the provider's answer is too long for a filter that reads it whole")
        if not ended:
            return _nothing() if self.is_async else b""
        held = b"".join(self._held)
        self._held.clear()
        return self._read(StreamPassages(self._operation, held), held)

    def document(self, body: bytes) -> Any:
        """See `stages.Stage`."""
        return self._read(AnswerTexts(self._operation, body), body)

    def _read(self, texts: Texts, original: bytes) -> Any:
        return self._read_later(texts, original) if self.is_async else self._read_now(texts, original)

    def _read_now(self, texts: Texts, original: bytes) -> bytes:
        began = perf_counter()
        try:
            expect_none(self._answer.step.watch.call(self._filter.read, texts.passages))
            return encoded(texts)
        except (Exception, SystemExit, HookHangs) as error:
            self._answer.failed(error, self._exchange)
            return original
        finally:
            self._answer.note(perf_counter() - began)

    async def _read_later(self, texts: Texts, original: bytes) -> bytes:
        began = perf_counter()
        try:
            reading: Any = self._filter.read(texts.passages)
            step = self._answer.step
            expect_none(await AsyncHook(step.watch, reading, step.rule.timeout_s))
            return encoded(texts)
        except (Exception, SystemExit, HookHangs) as error:
            self._answer.failed(error, self._exchange)
            return original
        finally:
            self._answer.note(perf_counter() - began)


def encoded(texts: Texts) -> bytes:
    """With what the filter has changed. Raises `TypeError` where that is no text."""
    for passage in texts.passages:
        if type(passage.text) is not str:
            raise TypeError(f"the text of a passage was set to {type(passage.text).__name__}")
    return texts.encoded()


async def _nothing() -> bytes:
    return b""
