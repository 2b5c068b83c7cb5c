"""The plugin's hooks."""

from __future__ import annotations

import logging
import re
from collections import Counter

from plano.plugin_api import AnswerFilter, Exchange, Passage, Place, Refuse, hookimpl
from plano_pii.detector import Detector
from plano_pii.masking import Masks, Replace, replaced
from plano_pii.placeholders import Originals, Placeholders, Template, taken_in
from plano_pii.restoring import Restorer
from plano_pii.settings import Settings

log = logging.getLogger("plano_pii")

NOTE = "pii"


class Pii:
    """Keeps personal data and secrets out of requests, and puts them back into answers."""

    def __init__(self) -> None:
        self._settle(Settings())

    def _settle(self, settings: Settings) -> None:
        self._settings = settings
        self._template = Template(settings.placeholder)
        self._labels = {own.name: own.label for own in settings.custom}
        self._by_line = any(own.within == "line" for own in settings.custom)
        self._detector = Detector(
            settings.looked_for,
            settings.regions,
            [(own.name, re.compile(own.pattern)) for own in settings.custom],
            settings.allow,
            settings.loopback,
        )

    @hookimpl
    def config_section(self) -> type[Settings]:
        return Settings

    @hookimpl
    def started(self, config_section: Settings) -> None:
        self._settle(config_section)

    @hookimpl
    def filter(self, exchange: Exchange) -> AnswerFilter | None:
        """Raises `Refuse` in mode `block`; the message names kinds, never values."""
        if not self._settings.request:
            return None
        passages = [passage for passage in exchange.texts() if self.is_wanted(passage.place)]
        placeholders = self.mask(passages)
        if placeholders is None:
            return None
        if not self._settings.reversible:
            exchange.notes[NOTE] = Noted(placeholders, None)
            return None
        restorer = Restorer(Originals(placeholders, self._template))
        exchange.notes[NOTE] = Noted(placeholders, restorer)
        return restorer

    @hookimpl
    def filter_answer(self, exchange: Exchange) -> AnswerFilter | None:
        if not self._settings.answer:
            return None
        noted = exchange.notes.get(NOTE)
        taken = noted.placeholders.normals() if noted is not None else frozenset()
        masks = Masks(self._detector, self._replacing(taken), self.is_wanted, self._by_line)
        if noted is not None and noted.restorer is not None:
            noted.restorer.masks = masks  # What the request said is no secret to its client: it comes back after.
            return None
        return masks

    def is_wanted(self, place: Place) -> bool:
        settings = self._settings
        return (settings.kinds == "all" or place.kind in settings.kinds) and (
            settings.roles == "all" or place.role in settings.roles
        )

    def mask(self, passages: list[Passage]) -> Placeholders | None:
        """Replace what is private in `passages`; None where nothing was replaced."""
        found = [self._detector.find(passage.text) for passage in passages]
        if not any(found):
            return None
        counts = Counter(entity for findings in found for _, _, entity in findings)
        told = ", ".join(f"{entity} {count}" for entity, count in sorted(counts.items()))
        if self._settings.mode == "block":
            raise Refuse(f"the request contains private data: {', '.join(sorted(counts))}", code="pii_found")
        if self._settings.mode == "report":
            log.info("found in a request: %s", told)
            return None
        # Without originals to put back, what looks like a placeholder is one: that of an earlier turn.
        taken = taken_in((one.text for one in passages), self._template) if self._settings.reversible else frozenset()
        placeholders = Placeholders(self._template, self._labels, taken)
        for passage, findings in zip(passages, found, strict=True):
            if findings:
                passage.text = replaced(passage.text, findings, placeholders.of)
        return placeholders

    def _replacing(self, taken: frozenset[str]) -> Replace:
        """What becomes of a value that the model says of itself."""
        if self._settings.mode == "mask":
            return Placeholders(self._template, self._labels, taken).of
        if self._settings.mode == "block":
            return refuse
        return report


class Noted:
    """What was done to a request, for its answer."""

    __slots__ = ("placeholders", "restorer")

    def __init__(self, placeholders: Placeholders, restorer: Restorer | None) -> None:
        self.placeholders = placeholders
        self.restorer = restorer


def refuse(entity: str, value: str) -> str:
    raise Refuse(f"the answer contains private data: {entity}", code="pii_found")


def report(entity: str, value: str) -> str:
    log.info("found in an answer: %s", entity)
    return value
