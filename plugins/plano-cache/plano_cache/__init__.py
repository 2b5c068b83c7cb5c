"""Answers requests that were answered before: exactly the same request, exactly the same answer."""

from __future__ import annotations

import time
from collections.abc import Callable

from plano.plugin_api import AnswerCopy, Exchange, PluginTools, hookimpl
from plano_cache.asked import directives, key_of
from plano_cache.kept import Answers, Kept
from plano_cache.settings import HeaderScope, Settings

__all__ = ["Cache", "HeaderScope", "Settings"]


class Cache:
    """The plugin. `now_s` never goes back, `unix_s` is wall time."""

    def __init__(
        self, now_s: Callable[[], float] = time.monotonic, unix_s: Callable[[], float] = time.time
    ) -> None:
        self._now_s = now_s
        self._unix_s = unix_s
        self.hits = 0
        self.misses = 0

    @hookimpl
    def config_section(self) -> type[Settings]:
        return Settings

    @hookimpl
    def started(self, config_section: Settings, tools: PluginTools) -> None:
        self._settings = config_section
        store = tools.open_store(config_section.store.reveal())
        self._answers = Answers(store, float(config_section.ttl), self._now_s)

    @hookimpl(trylast=True)  # Behind guards: what is kept has been masked, and a hit has met them all.
    async def filter(self, exchange: Exchange) -> AnswerCopy | None:
        asked = directives(exchange)
        key = None if "no-store" in asked else key_of(exchange, self._settings)
        if key is None:
            return None
        if "no-cache" not in asked:
            kept = await self._answers.get(key)
            if kept is not None and not self._is_too_old(kept, asked.get("max-age")):
                self.hits += 1
                headers = (("x-plano-cache", "hit"), ("age", str(self._age_s(kept))))
                exchange.answer(kept.body, kept.content_type, headers=headers)
                return None
        self.misses += 1
        return Copy(key, self._settings.max_bytes, self._answers, self._unix_s)

    def _age_s(self, kept: Kept) -> int:
        """Whole seconds; clocks of several machines may differ."""
        return max(int(self._unix_s() - kept.at_unix_s), 0)

    def _is_too_old(self, kept: Kept, max_age: str | None) -> bool:
        return max_age is not None and max_age.isdecimal() and self._age_s(kept) > int(max_age)


class Copy(AnswerCopy):
    """Collects one answer and keeps it when it was complete and good. Of several attempts the last one counts."""

    def __init__(self, key: str, max_bytes: int, answers: Answers, unix_s: Callable[[], float]) -> None:
        self._key = key
        self._max_bytes = max_bytes
        self._answers = answers
        self._unix_s = unix_s
        self._body = bytearray()
        self._is_too_long = False

    def write(self, block: bytes) -> None:
        if self._is_too_long or len(self._body) + len(block) > self._max_bytes:
            self._is_too_long = True
            self._body.clear()
            return
        self._body += block

    def end(self, status: int, content_type: str, is_whole: bool) -> None:
        body = b"" if self._is_too_long else bytes(self._body)
        if is_whole and status == 200 and body:
            self._answers.keep_soon(self._key, Kept(self._unix_s(), content_type, body))
        self._body.clear()
        self._is_too_long = False
