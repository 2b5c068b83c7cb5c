"""Which of many phrases stand in a text: the plain way, one place after the other. Twin of `_speedups/phrases.pyx`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from plano.dialects.folding import folded, joins, unfolded

#: After so many characters in a row that fold to nothing, what follows is another word.
MOST_UNSEEN: Final = 16
_END: Final = -1


class PhraseTable:
    """See `plano.dialects.phrases`."""

    def __init__(self, phrases: Sequence[str], *, whole_words: bool = True, fold: bool = True) -> None:
        self.whole_words = whole_words
        self._units = folded if fold else unfolded
        self._root: dict[int, Any] = {}
        for index, phrase in enumerate(phrases):
            node = self._root
            units = b"".join(map(self._units, phrase))
            if not units:
                raise ValueError(f"phrase {index} has nothing to look for")
            for unit in units:
                node = node.setdefault(unit, {})
            node.setdefault(_END, index)

    def every(self, text: str) -> list[tuple[int, int, int]]:
        """All phrases that stand in the text, overlapping ones too: `(start, end, index)` by where they end."""
        found: list[tuple[int, int, int]] = []
        for start in range(len(text)):
            if self._units(text[start]) and self._may_begin(text, start, ""):
                found += self._from(text, start)
        return sorted(found, key=lambda one: (one[1], one[0]))

    def _from(self, text: str, start: int) -> list[tuple[int, int, int]]:
        node, unseen, found = self._root, 0, []
        for place in range(start, len(text)):
            units = self._units(text[place])
            unseen = 0 if units else unseen + 1
            following = self._after(node, units)
            if following is None or unseen > MOST_UNSEEN:
                break
            node = following
            if units and _END in node and self._may_end(text, place + 1, True):
                found.append((start, place + 1, node[_END]))
        return found

    def scan(self, text: str, before: str, is_final: bool) -> tuple[list[tuple[int, int, int]], int]:
        """Matches `(start, end, index)` and up to where the text is settled. `before`: what stood before it."""
        found: list[tuple[int, int, int]] = []
        place = 0
        while place < len(text):
            end, index, is_open = self._longest(text, place, before, is_final)
            if is_open:
                return found, place
            if end:
                found.append((place, end, index))
            place = end or place + 1
        return found, len(text)

    def _longest(self, text: str, start: int, before: str, is_final: bool) -> tuple[int, int, bool]:
        """Where the longest match from `start` ends (0: none), its number, whether more of the text may change it."""
        if not self._units(text[start]) or not self._may_begin(text, start, before):
            return 0, 0, False
        node, end, index, unseen = self._root, 0, 0, 0
        for place in range(start, len(text)):
            units = self._units(text[place])
            unseen = 0 if units else unseen + 1
            following = self._after(node, units)
            if following is None or unseen > MOST_UNSEEN:
                return end, index, False
            node = following
            if units and _END in node:
                ends = self._may_end(text, place + 1, is_final)
                if ends is None:
                    return 0, 0, True
                if ends:
                    end, index = place + 1, node[_END]
        return end, index, not is_final

    def _after(self, node: dict[int, Any], units: bytes) -> dict[int, Any] | None:
        for unit in units:
            if unit not in node:
                return None
            node = node[unit]
        return node

    def _may_begin(self, text: str, start: int, before: str) -> bool:
        if not self.whole_words or not joins(text[start]):
            return True
        earlier = before + text[:start] if start <= MOST_UNSEEN else text[:start]
        for character in reversed(earlier[-MOST_UNSEEN - 1 :]):
            if self._units(character):
                return not joins(character)
        return True

    def _may_end(self, text: str, end: int, is_final: bool) -> bool | None:
        """None where it takes more of the text to tell."""
        if not self.whole_words:
            return True
        last = end - 1
        if not joins(text[last]):
            return True
        for character in text[end : end + MOST_UNSEEN + 1]:
            if self._units(character):
                return not joins(character)
        return True if is_final or len(text) - end > MOST_UNSEEN else None
