"""Joins the text of a second answer to the beginning a client has of the first."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final, Literal

Mode = Literal["replay", "continue"]

#: So much of the end is shown to the next model, which is asked to repeat it.
ANCHOR_CHARACTERS: Final = 40
#: So much new text is looked at before it is decided where it goes on.
_LOOK_AHEAD: Final = 200
#: An overlap shorter than this, white space not counted, is chance.
_SHORTEST_OVERLAP: Final = 8
#: A new text that begins like the whole answer for so long has started over, and is not its rest.
_STARTED_OVER: Final = 20
#: What models put in front although they were asked not to.
_IN_FRONT: Final = re.compile(r"\s*(?:```\w*\s*|---\s*|\.\.\.|…|\"|“|>)*\s*\Z")


class TextJoin:
    """`state`: matching as long as nothing new has come, joined from then on, mismatch when the texts differ.

    In mode `replay` the new text has to say the same from the first character on; in mode `continue` it may also begin
    by repeating the end of what was delivered, or with what comes next. `is_over`: the client was told that the text
    ends here, so nothing can follow it.
    """

    def __init__(self, delivered: str, mode: Mode, *, is_over: bool = False) -> None:
        self.state: Literal["matching", "joined", "mismatch"] = "matching" if delivered else "joined"
        self._delivered = delivered
        self._mode = mode
        self._is_over = is_over
        #: So many characters were the same from the beginning, and whether all were.
        self._same = 0
        self._is_same = True
        #: The new text, once it is known to be another one.
        self._seen = ""

    def feed(self, text: str) -> str:
        """Take a piece of the new text; what of it is new to the client."""
        if self.state != "matching":
            return self._new(text) if self.state == "joined" else ""
        if not self._is_same:
            self._seen += text
        else:
            missing = len(self._delivered) - self._same
            if text[:missing] == self._delivered[self._same : self._same + len(text)]:
                self._same += min(missing, len(text))
                return self._joined(text[missing:]) if len(text) >= missing else ""
            if self._mode == "replay":
                self.state = "mismatch"
                return ""
            self._is_same = False
            self._seen = self._delivered[: self._same] + text
        return self._cut() if len(self._seen) >= _LOOK_AHEAD else ""

    def finish(self) -> str:
        """The new text is over; what of it was held back until now."""
        if self.state != "matching":
            return ""
        if self._mode == "replay":
            self.state = "mismatch"
            return ""
        if self._is_same:
            self._seen = self._delivered[: self._same]
        return self._cut()

    def refuse(self) -> None:
        """The answers differ in something other than their text."""
        self.state = "mismatch"

    def _cut(self) -> str:
        if not self._seen.strip():
            self.state = "mismatch"  # Not even the end it was asked to repeat: nobody knows what is missing.
            return ""
        length = overlap(self._delivered, self._seen)
        rest = self._seen[length:]
        if length:
            return self._joined(without_known_space(self._delivered, rest))
        if self._has_started_over():
            self.state = "mismatch"
            return ""
        return self._joined(rest)

    def _has_started_over(self) -> bool:
        pairs = zip(self._delivered, self._seen, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return same >= max(4, min(_STARTED_OVER, len(self._delivered) // 2)) or 0 < same == len(self._seen)

    def _joined(self, rest: str) -> str:
        self.state = "joined"
        self._seen = self._delivered = ""
        return self._new(rest)

    def _new(self, text: str) -> str:
        if text and self._is_over:
            self.state = "mismatch"
            return ""
        return text


def overlap(delivered: str, new: str) -> int:
    """How many characters at the beginning of `new` repeat the end of `delivered`; white space may differ."""
    places = [place for place, character in enumerate(new) if not character.isspace()]
    squeezed = "".join(new[place] for place in places)
    end = "".join(delivered[-32 * ANCHOR_CHARACTERS :].split())[-ANCHOR_CHARACTERS:]
    for length in range(len(end), 0, -1):
        at = squeezed.find(end[-length:])
        if at < 0 or (length < _SHORTEST_OVERLAP and length < len(end)):
            continue
        before = new[: places[at]]
        if length >= ANCHOR_CHARACTERS // 2 or _IN_FRONT.match(before):
            return places[at + length - 1] + 1
    return 0


def without_known_space(delivered: str, rest: str) -> str:
    """What follows an overlap, less the white space in front that the client has already; indentation stays."""
    known = delivered[len(delivered.rstrip()) :]
    space = rest[: len(rest) - len(rest.lstrip())]
    if not known or not space:
        return rest
    for length in range(min(len(known), len(space)), 0, -1):
        if known.endswith(space[:length]):
            return rest[length:]
    return rest.lstrip()
