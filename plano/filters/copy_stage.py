"""A filter that keeps what its clients get, as a stage of an answer."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

from plano.dialects.registry import DIALECTS
from plano.dialects.soundness import is_json, sound_part
from plano.errors import PlanoError
from plano.exchange import Exchange
from plano.filtering import AnswerCopy
from plano.filters.stages import AnswerKind, Stage
from plano.http.wire.sse_tap import SseTap
from plano.plugins.watch import HookHangs

if TYPE_CHECKING:
    from plano.filters.plugin_answers import PluginAnswer

#: A longer answer is not copied.
MOST_COPIED_BYTES: Final = 8 << 20


class CopyStage(Stage):
    """Keeps what passes; the filter is told when the answer is complete."""

    def __init__(self, answer: PluginAnswer, filter: AnswerCopy, kind: AnswerKind, exchange: Exchange) -> None:
        self._answer = answer
        self._filter = filter
        self._content_type = kind.content_type
        self._exchange = exchange
        self._dialect = DIALECTS[exchange.operation.dialect]
        # What plano asked for and the client does not get is not part of the copy, either.
        self._tap = SseTap(self._dialect.marks, exchange.withholds_usage) if kind.is_stream else None
        self._kept: list[bytes] = []
        self._kept_bytes = 0

    def events(self, block: bytes, ended: bool) -> bytes:
        """See `stages.Stage`."""
        kept = block
        if self._tap is not None:
            kept = self._tap.feed(block) + (self._tap.end() if ended else b"")
        self._kept_bytes += len(kept)
        if self._kept_bytes <= MOST_COPIED_BYTES:
            self._kept.append(kept)
        else:
            self._kept.clear()
        return block

    def document(self, body: bytes) -> bytes:
        """See `stages.Stage`."""
        return self.events(body, True)

    def close(self, is_whole: bool, status: int) -> None:
        """See `stages.Stage`. Nobody waits for this any more: what goes wrong is counted and logged."""
        began = perf_counter()
        try:
            self._give(is_whole and self._kept_bytes <= MOST_COPIED_BYTES and self._is_sound(), status)
        except (Exception, SystemExit, HookHangs) as error:
            try:
                self._answer.failed(error, self._exchange)
            except PlanoError:
                return
        finally:
            self._answer.note(perf_counter() - began)

    def _is_sound(self) -> bool:
        """Whether it is whole by its own word, too: a body that ends with its connection may have been cut."""
        body = b"".join(self._kept)
        if self._tap is None:
            return is_json(body)
        return self._tap.ended_properly() and sound_part(self._dialect, body)[1] is None

    def _give(self, is_whole: bool, status: int) -> None:
        call = self._answer.step.watch.call
        for block in self._kept if is_whole else ():
            call(self._filter.write, block)
        call(self._filter.end, status, self._content_type, is_whole)
