"""Judging, on a thread of the panel: loads what is heavy, keeps vectors, and gives probabilities.

Importing this imports numpy, ctranslate2 and tokenizers: `router.py` does it on the thread.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from plano.intent import RouteSet
from plano.routing.router_models.memory import Memory

from .calibration import Coefficients, Scale, coefficients, probabilities
from .folder import BACKGROUND, DamagedWeights, read_facts
from .model import Array, Model
from .question import Question
from .route_texts import RouteTexts, route_texts
from .scoring import RouteVectors, blended, texts_in_order

_MOST_TEXTS: Final = 4096
_MOST_SETS: Final = 64
#: Texts of a new route set that are read at a time, so that questions come between.
_PIECE: Final = 4


class _Known(NamedTuple):
    vectors: RouteVectors
    scale: Scale


class Judge:
    """One per process; used by the panel's threads."""

    def __init__(self, folder: Path, threads: int) -> None:
        facts = read_facts(folder)
        try:
            self._fitted: Coefficients = coefficients(facts)
            self._background: Array = _read_background(folder)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise DamagedWeights(f"the calibration of the encoder in {folder} is damaged: {error}") from error
        self.model = Model(folder, threads)
        self._texts: Memory[bytes, Array] = Memory(_MOST_TEXTS)
        self._sets: Memory[RouteSet, _Known] = Memory(_MOST_SETS)
        self.model.vectors(["How do I warm up before a long run, so that the first of many is as quick as the rest?"])

    def knows(self, routes: RouteSet) -> bool:
        return self._sets.get(routes) is not None

    def read_some(self, routes: RouteSet) -> bool:
        """Read a few more texts of a route set; True when there is nothing left to read."""
        if self.knows(routes):
            return True
        told = _told(routes)
        texts = texts_in_order(told)
        unread = [text for text in dict.fromkeys(texts) if self._texts.get(_digest(text)) is None]
        self._read(unread[:_PIECE])
        if len(unread) > _PIECE:
            return False
        vectors = RouteVectors(told, self._vectors_of(texts))
        self._sets.put(routes, _Known(vectors, Scale(vectors, self._background, self._fitted)))
        return True

    def judge(self, questions: list[tuple[Question, RouteSet]]) -> list[tuple[float, ...]]:
        """For each question the probabilities of its routes, in their order."""
        texts = list(dict.fromkeys(text for asked, _ in questions for text in asked if text))
        read = dict(zip(texts, self._vectors_of(texts), strict=True))
        return [self._probabilities(asked, routes, read) for asked, routes in questions]

    def _probabilities(self, asked: Question, routes: RouteSet, read: dict[str, Array]) -> tuple[float, ...]:
        known = self._sets.get(routes)
        while known is None:
            self.read_some(routes)
            known = self._sets.get(routes)
        vector = read[asked.newest]
        if asked.earlier:
            vector = blended(vector, read[asked.earlier])
        return probabilities(known.vectors.scores(vector[None, :])[0].tolist(), known.scale)

    def _read(self, texts: list[str]) -> None:
        if texts:
            for text, vector in zip(texts, self.model.vectors(texts), strict=True):
                self._texts.put(_digest(text), vector)

    def _vectors_of(self, texts: list[str]) -> Array:
        """Like `Model.vectors`, out of memory where possible."""
        found = {text: self._texts.get(_digest(text)) for text in dict.fromkeys(texts)}
        unread = [text for text, vector in found.items() if vector is None]
        if unread:
            for text, vector in zip(unread, self.model.vectors(unread), strict=True):
                self._texts.put(_digest(text), vector)
                found[text] = vector
        return np.asarray([found[text] for text in texts], dtype=np.float32)


def _read_background(folder: Path) -> Array:
    read: Array = np.load(folder / BACKGROUND, allow_pickle=False).astype(np.float32)
    return read


def _digest(text: str) -> bytes:
    """What a text is remembered by: thousands of them, of 64 kB each, would be too much."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


def _told(routes: RouteSet) -> list[RouteTexts]:
    return [route_texts(route.name, route.description, route.examples) for route in routes.routes]
