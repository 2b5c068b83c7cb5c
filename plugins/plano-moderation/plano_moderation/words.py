"""Blocklists: all lists of one kind in one automaton, for whole texts and for texts in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from plano.plugin_api import Phrases

from .rulings import Bench, Ruling
from .settings import Blocklist, Settings, Side


class Words:
    """Blocklists that look alike (`whole_words`, `fold`) on one side."""

    def __init__(self, rows: Iterable[tuple[str, Ruling]], *, whole_words: bool, fold: bool) -> None:
        told = list(rows)
        self._rulings = tuple(ruling for _, ruling in told)
        self._phrases = Phrases([phrase for phrase, _ in told], whole_words=whole_words, fold=fold)

    def ruled(self, text: str, bench: Bench) -> str:
        """The text with what was found replaced. Raises `Refuse`."""
        parts: list[str] = []
        place = 0
        for start, end, index in self._phrases.find(text):
            parts += text[place:start], bench.rule(self._rulings[index], text[start:end])
            place = end
        return "".join((*parts, text[place:])) if parts else text

    def stream(self, bench: Bench) -> WordStream:
        return WordStream(self._phrases, self._rulings, bench)


class WordStream:
    """A `TextFilter`."""

    def __init__(self, phrases: Phrases, rulings: tuple[Ruling, ...], bench: Bench) -> None:
        self._matcher = phrases.matcher()
        self._rulings = rulings
        self._bench = bench

    def feed(self, piece: str) -> str:
        return self._ruled(self._matcher.feed(piece))

    def finish(self) -> str:
        return self._ruled(self._matcher.finish())

    def _ruled(self, told: list[tuple[str, int]]) -> str:
        rulings, bench = self._rulings, self._bench
        return "".join([text if index < 0 else bench.rule(rulings[index], text) for text, index in told])


def words_of(settings: Settings, side: Side) -> list[Words]:
    """Ready automata for one side. Raises `ValueError` for a file that cannot be read, or a phrase without letters."""
    kinds: dict[tuple[bool, bool], list[tuple[str, Ruling]]] = {}
    for blocklist in settings.blocklists:
        if side in blocklist.apply:
            ruling = Ruling(
                blocklist.name, blocklist.action, blocklist.mask, blocklist.message or settings.message, settings.status
            )
            rows = kinds.setdefault((blocklist.whole_words, blocklist.fold), [])
            rows += ((phrase, ruling) for phrase in _phrases(blocklist))
    return [Words(rows, whole_words=whole, fold=fold) for (whole, fold), rows in kinds.items() if rows]


def _phrases(blocklist: Blocklist) -> Iterator[str]:
    yield from blocklist.words
    for name in blocklist.files:
        try:
            lines = Path(name).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"blocklist {blocklist.name!r}: {name} cannot be read: {type(error).__name__}") from None
        yield from (line.strip() for line in lines if line.strip() and not line.startswith("#"))
