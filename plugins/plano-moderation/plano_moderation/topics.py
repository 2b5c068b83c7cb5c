"""What the newest turn is about, by its likeness to what topics say of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from plano.plugin_api import Encoder, Passage

from .rulings import Bench, Ruling
from .settings import Settings, Topic

Vector = Sequence[float]


class _Known(NamedTuple):
    vectors: tuple[Vector, ...]
    threshold: float
    ruling: Ruling


class TopicJudge:
    """Made by `read`, which has the encoder read the descriptions."""

    def __init__(self, encoder: Encoder, denied: list[_Known], allowed: list[_Known], settings: Settings) -> None:
        self._encoder = encoder
        self._denied = denied
        self._allowed = allowed
        topics = settings.topics
        self._least_words = topics.least_words
        self._elsewhere = Ruling("topics", topics.action, "", topics.message or settings.message, settings.status)

    @classmethod
    async def read(cls, encoder: Encoder, settings: Settings) -> TopicJudge:
        """Raises `RouterUnusable`."""
        told = [[await _known(encoder, topic, settings) for topic in topics] for topics in _both(settings)]
        return cls(encoder, told[0], told[1], settings)

    async def judge(self, passages: Sequence[Passage], bench: Bench) -> None:
        """Raises `Refuse`, and `RouterUnusable` when the encoder cannot tell."""
        text = newest_turn(passages)
        if not text:
            return
        vector = (await self._encoder.encode([text]))[0]
        for topic in self._denied:
            if _likeness(topic, vector) >= topic.threshold:
                bench.rule(topic.ruling, text)
        is_about = any(_likeness(topic, vector) >= topic.threshold for topic in self._allowed)
        if self._allowed and not is_about and len(text.split()) >= self._least_words:
            bench.rule(self._elsewhere, text)


def newest_turn(passages: Sequence[Passage]) -> str:
    """What people have said since the model spoke last."""
    said: list[str] = []
    for passage in reversed(passages):
        if passage.role == "assistant":
            break
        if passage.kind == "text" and passage.role != "tool" and passage.text.strip():
            said.append(passage.text)
    return "\n".join(reversed(said))


async def _known(encoder: Encoder, topic: Topic, settings: Settings) -> _Known:
    vectors = await encoder.encode([f"{topic.name}: {topic.description}", topic.description, *topic.examples])
    ruling = Ruling(topic.name, topic.action, "", topic.message or settings.message, settings.status)
    return _Known(tuple(tuple(vector) for vector in vectors), topic.threshold, ruling)


def _both(settings: Settings) -> tuple[tuple[Topic, ...], tuple[Topic, ...]]:
    return settings.topics.denied, settings.topics.allowed


def _likeness(topic: _Known, vector: Vector) -> float:
    """The cosine of what is nearest: the name and description, or an example."""
    likeness: float = max(sum(map(mul, one, vector)) for one in topic.vectors)
    return likeness
