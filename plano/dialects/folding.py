"""Characters as they are compared: without case, accents, width, and what cannot be seen."""

from __future__ import annotations

import unicodedata
from typing import Final

#: Longer foldings (a whole Arabic sentence in one sign) are not worth a match.
MOST_UNITS: Final = 7
_UNSEEN: Final = frozenset("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\ufeff\uffa0")


def folded(character: str) -> bytes:
    """One character as at most `MOST_UNITS` bytes of UTF-8; empty for marks and for what cannot be seen."""
    if character in _UNSEEN or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return b""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
    seen = "".join(one for one in plain if unicodedata.category(one) not in ("Mn", "Me"))
    found = seen.encode("utf-8", "surrogatepass")
    return found if 0 < len(found) <= MOST_UNITS else character.encode("utf-8", "surrogatepass")


def unfolded(character: str) -> bytes:
    """One character as it is."""
    return character.encode("utf-8", "surrogatepass")


def joins(character: str) -> bool:
    """Whether words consist of it, in a script that puts something between words."""
    if not character.isalnum():
        return False
    code = ord(character)
    return not (0x0E00 <= code < 0x0F00 or 0x2E80 <= code < 0xE000 or 0xF900 <= code < 0xFB00 or code >= 0x1F000)
