"""Joins the text of a second answer to the beginning a client has of the first."""

from __future__ import annotations

import re
from typing import Final, Literal

Mode = Literal["replay", "continue"]

#: So much of the end is shown to the next model, which is asked to repeat it.
ANCHOR_CHARACTERS: Final = 40
#: So much new text is looked at before it is decided where it goes on.
_LOOK_AHEAD: Final = 200
#: An overlap shorter than this, white space not counted, is chance.
_SHORTEST_OVERLAP: Final = 8
#: What models put in front although they were asked not to.
_IN_FRONT: Final = re.compile(r"\s*(?:```\w*\s*|\.\.\.|…|\"|“|>)*\s*\Z")


class TextJoin:
    """`state`: matching as long as nothing new has come, joined from then on, mismatch when the texts differ.

    In mode `replay` the new text has to say the same from the first character on; in mode `continue` it may also begin
    by repeating the end of what was delivered, or with what comes next.
    """

    def __init__(self, delivered: str, mode: Mode) -> None:
        self.state: Literal["matching", "joined", "mismatch"] = "matching" if delivered else "joined"
        self._delivered = delivered
        self._mode = mode
        self._seen = ""

    def feed(self, text: str) -> str:
        """Take a piece of the new text; what of it is new to the client."""
        if self.state != "matching":
            return text if self.state == "joined" else ""
        seen = self._seen = self._seen + text
        delivered = self._delivered
        if seen.startswith(delivered):
            self.state = "joined"
            return seen[len(delivered) :]
        if delivered.startswith(seen):
            return ""
        if self._mode == "replay":
            self.state = "mismatch"
            return ""
        return self._cut() if len(seen) >= _LOOK_AHEAD else ""

    def finish(self) -> str:
        """The new text is over; what of it was held back until now."""
        if self.state != "matching":
            return ""
        if self._mode == "replay":
            self.state = "mismatch"
            return ""
        return self._cut()

    def _cut(self) -> str:
        self.state = "joined"
        rest = self._seen[overlap(self._delivered, self._seen) :]
        return rest.lstrip() if self._delivered[-1:].isspace() else rest


def overlap(delivered: str, new: str) -> int:
    """How many characters at the beginning of `new` repeat the end of `delivered`; white space may differ."""
    places = [place for place, character in enumerate(new) if not character.isspace()]
    squeezed = "".join(new[place] for place in places)
    end = "".join(delivered.split())[-ANCHOR_CHARACTERS:]
    for length in range(len(end), 0, -1):
        at = squeezed.find(end[-length:])
        if at < 0 or (length < _SHORTEST_OVERLAP and length < len(end)):
            continue
        before = new[: places[at]]
        if length >= ANCHOR_CHARACTERS // 2 or _IN_FRONT.match(before):
            return places[at + length - 1] + 1
    return 0


def request_to_go_on(delivered: str) -> str:
    """What the next model is asked for, as the last turn of the user."""
    end = delivered[-ANCHOR_CHARACTERS:]
    return (
        "Your previous answer was cut off by a technical problem. Continue it exactly where it stopped: begin by "
        "repeating its last characters, which are between the lines below, then go on. Write nothing else around it.\n"
        f"---\n{end}\n---"
    )
