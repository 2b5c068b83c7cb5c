"""Refuses requests that try to make a model break its rules: jailbreaks and prompt injections.

Every judged text goes through the rules. With `rules_only: false` what has come since the model spoke last and is no
attack by the rules is read by plano's encoder too, where there is one: it adds attacks and takes none back. Judgements
are remembered by the digest of the text.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import ClassVar, Final

from plano.plugin_api import Encoder, Exchange, PluginTools, Refuse, hookimpl

from .judging import Rules, RulesSay
from .learned import Learned, is_readable, windows
from .memory import Memory, digest
from .passages import judged, newest
from .settings import Settings

__all__ = ["Jailbreak", "Settings"]

log: Final = logging.getLogger("plano_jailbreak")

_MOST_REMEMBERED: Final = 8192
CODE: Final = "jailbreak_detected"


class Jailbreak:
    """The plugin `jailbreak`; also the guard of that name under `prompt_guards.input_guards`."""

    opt_in: ClassVar[bool] = True

    def __init__(self) -> None:
        self._settings = Settings()
        self._rules = Rules()
        self._said: Memory[RulesSay] = Memory(_MOST_REMEMBERED)
        self._read: Memory[float] = Memory(_MOST_REMEMBERED)
        self._encoder: Encoder | None = None
        self._learned: Learned | None = None
        self._is_quiet = False

    @hookimpl
    def config_section(self) -> type[Settings]:
        return Settings

    @hookimpl
    def started(self, config_section: Settings, tools: PluginTools) -> None:
        self._settings = config_section
        if not config_section.rules_only:
            self._encoder = tools.encoder()
            self._learned = Learned()
            if self._encoder is None:
                log.warning("there is no encoder here: rules alone judge")

    @hookimpl
    async def filter(self, exchange: Exchange) -> None:
        texts = judged(exchange.texts(), frozenset(self._settings.scan))
        threshold = self._settings.threshold
        doubtful: list[tuple[str, bytes, RulesSay]] = []
        fresh = {id(passage) for passage in newest(exchange.texts())}
        for passage in texts:
            key = digest(passage.text)
            said = self._said_by_rules(passage.text, key)
            if said.probability >= threshold:
                self._found(exchange, said.probability, said.names)
                return
            if id(passage) in fresh and is_readable(passage.text):
                doubtful.append((passage.text, key, said))
        if self._encoder is None:
            return
        for text, key, said in doubtful:
            probability = await self._probability(text, key, said)
            if probability >= threshold:
                self._found(exchange, probability, said.names or ("encoder",))
                return

    def _said_by_rules(self, text: str, key: bytes) -> RulesSay:
        said = self._said.get(key)
        if said is None:
            said = self._rules.judge(text)
            self._said.put(key, said)
        return said

    async def _probability(self, text: str, key: bytes, said: RulesSay) -> float:
        """Of rules and encoder together; of the rules alone where the encoder cannot answer."""
        known = self._read.get(key)
        if known is not None:
            return known
        assert self._encoder is not None, "asked only where there is one"
        assert self._learned is not None, "asked only where there is one"
        pieces = windows(text, self._settings.windows)
        try:
            vectors: Sequence[Sequence[float]] = await self._encoder.encode(pieces)
        except Exception as error:
            self._complain(error)
            return said.probability
        learned = self._learned
        found = max(learned.probability(vector, said.probability) for vector in vectors)
        self._read.put(key, found)
        return found

    def _complain(self, error: Exception) -> None:
        if not self._is_quiet:
            self._is_quiet = True
            log.warning("the encoder gives no answer, rules alone judge (told once): %s", type(error).__name__)

    def _found(self, exchange: Exchange, probability: float, names: Sequence[str]) -> None:
        """Refuse, or report. The text itself is never told."""
        told = ", ".join(names)
        exchange.notes["jailbreak"] = {"probability": round(probability, 3), "names": tuple(names)}
        log.info("request %s: probability %.2f: %s", exchange.record.request_id, probability, told)
        if self._settings.mode == "block":
            raise Refuse(self._settings.message, status=self._settings.status, code=CODE)
