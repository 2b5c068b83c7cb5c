"""Masks what a model says of itself, in whatever pieces it comes.

The text is cut where nothing private can span: at white space, unless digits or groups of an account stand on both
sides, or at line ends when there are patterns of one's own that hold white space. Where it is cut follows from the text
alone, and each stretch is looked at with what stands to its left: however the text comes, the result is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from plano.plugin_api import PieceFilter, Place, TextFilter
from plano_pii.detector import Detector
from plano_pii.findings import Finding

LONGEST = 1024  #: Characters held where a text has no place to cut.
OVERLAP = 256
LEFT = 64  #: Characters looked back at.
STOPS = "\u3002\uff0c\u3001\uff01\uff1f\uff1b"  # Of Chinese and Japanese, which part words by nothing else.
BOUNDARY = re.compile(rf"(?:\s+|[{STOPS}])(?=\S)")
LINE_END = re.compile(r"\n\s*(?=\S)")
WORD_BEFORE = re.compile(r"\S+\Z")
#: A word that cannot be private, whatever stands to its left.
PLAIN = re.compile(r"[\"'(*]?[A-Za-z\u00c0-\u024f]+[,.;:!?)*]{0,2}\s*")
CAPITALS = re.compile(r"(?:\A|[^0-9A-Za-z])[A-Z]{1,4}\Z")
DIGIT = re.compile(r"\d")
KEY_BEGINS = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
KEY_MAY_BEGIN = re.compile(r"-----BEGIN[A-Z0-9 ]{0,48}-{0,4}\Z")
KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]{0,48}-----|[^\sA-Za-z0-9+/=\\:,\-]")
LONGEST_END = 80
TOKEN_ENDS = re.compile(r"[^A-Za-z0-9_\-.+/=]")

#: Takes an entity and its value, gives what goes on in its place.
Replace = Callable[[str, str], str]


def replaced(text: str, findings: list[Finding], replace: Replace, floor: int = 0) -> str:
    """`text` from `floor` on, with what was found replaced."""
    done = []
    for start, stop, entity in findings:
        if stop <= floor:
            continue
        start = max(start, floor)
        done.append(text[floor:start])
        done.append(replace(entity, text[start:stop]))
        floor = stop
    done.append(text[floor:])
    return "".join(done)


class Masking:
    """One text."""

    def __init__(self, detector: Detector, replace: Replace, boundary: re.Pattern[str] = BOUNDARY) -> None:
        self._detector = detector
        self._replace = replace
        self._boundary = boundary
        self._held = ""
        self._looked = 0  # Boundaries before this were looked at.
        self._word = 0  # Where the last word begins.
        self._left = ""
        self._until: re.Pattern[str] | None = None  # Inside of something that is swallowed up to this.

    def feed(self, piece: str) -> str:
        self._held += piece
        done: list[str] = []
        while self._step(done):
            pass
        return "".join(done)

    def finish(self) -> str:
        if self._until is not None:
            return ""
        held, self._held = self._held, ""
        return self._masked(held) if held else ""

    def _step(self, done: list[str]) -> bool:
        """Cut off one stretch; False where more text is needed."""
        if self._until is not None:
            return self._swallow(self._until)
        held = self._held
        while boundary := self._boundary.search(held, self._looked):
            start, stop = boundary.span()
            if stop >= LONGEST + OVERLAP:
                break
            word = held[self._word : start]
            self._looked = self._word = stop
            if self._is_cut(held, word, held[start:stop], held[stop]):
                self._cut(stop, done)
                return True
        if len(held) >= LONGEST + OVERLAP:
            self._cut_anyway(done)
            return True
        space = len(held.rstrip())
        self._looked = max(self._looked, space - 1)
        return False

    def _is_cut(self, held: str, word: str, gap: str, following: str) -> bool:
        stop = self._looked
        if "-----" in held:
            begins = held.rfind("-----BEGIN", 0, stop)
            if begins >= 0 and KEY_MAY_BEGIN.search(held[begins:stop].rstrip("\n")):
                return False
        if "\n" in gap or gap in STOPS:
            return True
        if self._boundary is LINE_END:
            return False
        if following.isdecimal() or following in "+(-/.)":
            return not (DIGIT.search(word) or word[-1:] in "+(-/.)" or CAPITALS.search(word))
        if "A" <= following <= "Z":
            return not (DIGIT.search(word) or CAPITALS.search(word))
        return True

    def _cut(self, stop: int, done: list[str]) -> None:
        stretch, self._held = self._held[:stop], self._held[stop:]
        self._looked = self._word = 0
        begins = KEY_BEGINS.search(stretch)
        if begins is not None:
            self._hold_key(stretch, begins, done)
            return
        done.append(self._masked(stretch))

    def _hold_key(self, stretch: str, begins: re.Match[str], done: list[str]) -> None:
        """A private key: one placeholder now, and nothing until its end."""
        if begins.start():
            done.append(self._masked(stretch[: begins.start()]))
        done.append(self._replace("secret", begins[0]))
        self._left = ""
        self._held = stretch[begins.end() :] + self._held
        self._until = KEY_ENDS

    def _swallow(self, until: re.Pattern[str]) -> bool:
        end = until.search(self._held)
        if end is None:
            self._held = self._held[-LONGEST_END:] if until is KEY_ENDS else ""
            return False
        self._held = self._held[end.end() if end[0].startswith("-----END") else end.start() :]
        self._until = None
        return True

    def _cut_anyway(self, done: list[str]) -> None:
        """No place to cut for long: cut before what was found across the limit, or swallow what has no end."""
        window = self._held[: LONGEST + OVERLAP]
        begins = KEY_BEGINS.search(window)
        if begins is not None:
            self._held = self._held[len(window) :]
            self._looked = self._word = 0
            self._hold_key(window, begins, done)
            return
        stop = LONGEST
        for start, end, _ in self._find(window):
            if start < stop < end:
                stop = start or len(window)
                if not start and end == len(window):
                    self._until = TOKEN_ENDS
                elif not start:
                    stop = end
        stretch, self._held = self._held[:stop], self._held[stop:]
        self._looked = self._word = 0
        done.append(self._masked(stretch))

    def _find(self, stretch: str) -> list[Finding]:
        """Findings in `stretch`, seen with what stands to its left."""
        left = len(self._left)
        found = self._detector.find(self._left + stretch)
        return [(max(start - left, 0), stop - left, entity) for start, stop, entity in found if stop > left]

    def _masked(self, stretch: str) -> str:
        if PLAIN.fullmatch(stretch) and not self._detector.has_custom:
            self._left = (self._left + stretch)[-LEFT:]
            return stretch
        found = self._find(stretch)
        self._left = (self._left + stretch)[-LEFT:]
        return replaced(stretch, found, self._replace) if found else stretch


class Masks(PieceFilter):
    """Of one answer; one numbering for all of its texts."""

    def __init__(
        self, detector: Detector, replace: Replace, wanted: Callable[[Place], bool], by_line: bool = False
    ) -> None:
        self._detector = detector
        self._replace = replace
        self._wanted = wanted
        self._boundary = LINE_END if by_line else BOUNDARY

    def open(self, place: Place) -> TextFilter | None:
        return Masking(self._detector, self._replace, self._boundary) if self._wanted(place) else None
