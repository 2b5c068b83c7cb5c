"""Thousands of phrases looked for at once, in whole texts and in texts that come in pieces: some ns per character."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.dialects._phrases import PhraseTable
else:
    PhraseTable = pick("phrases").PhraseTable

__all__ = ["Found", "PhraseMatcher", "PhraseTable", "Phrases"]

#: What must be known of the text before: the last character that is seen stands among so many.
_BEFORE = 17


class Found(NamedTuple):
    """A phrase in a text: characters `start` to `end`, and its number among the phrases."""

    start: int
    end: int
    index: int  # type: ignore[assignment]  # As everywhere here; nobody looks for a number in a tuple of three.


class Phrases(PhraseTable):
    """Phrases made ready; equal ones count as the first. Raises `ValueError` for one in which nothing is to be seen,
    `MemoryError` for far too many (about 30 MB of text).

    `whole_words`: a phrase that begins or ends with a letter or digit is not found inside a longer word, in scripts
    that part words. `fold`: case, accents, width and characters that cannot be seen make no difference.
    """

    def find(self, text: str) -> list[Found]:
        """Those in the text, none overlapping another: the one that begins first, of these the longest."""
        return [Found(*one) for one in self.scan(text, "", True)[0]]

    def matcher(self) -> PhraseMatcher:
        """For a text that comes in pieces."""
        return PhraseMatcher(self)


class PhraseMatcher:
    """Finds in pieces what `find` would find in the whole, holding back what may still become a phrase."""

    __slots__ = ("_before", "_held", "_phrases")

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._held = ""
        self._before = ""

    def feed(self, piece: str) -> list[tuple[str, int]]:
        """What is settled now, in order: text with the number of the phrase it is, or -1."""
        return self._settled(self._held + piece, False)

    def finish(self) -> list[tuple[str, int]]:
        """The rest."""
        return self._settled(self._held, True)

    def _settled(self, text: str, is_final: bool) -> list[tuple[str, int]]:
        found, end = self._phrases.scan(text, self._before, is_final)
        told: list[tuple[str, int]] = []
        place = 0
        for start, stop, index in found:
            if start > place:
                told.append((text[place:start], -1))
            told.append((text[start:stop], index))
            place = stop
        if end > place:
            told.append((text[place:end], -1))
        self._held = text[end:]
        self._before = (self._before + text[:end])[-_BEFORE:]
        return told
