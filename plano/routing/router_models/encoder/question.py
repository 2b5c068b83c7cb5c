"""What of a conversation is judged: the user's newest turn, and the turns before where that says little by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from .asked_text import asked_text

if TYPE_CHECKING:
    from plano.dialects.said import Said

#: A newest turn of fewer words is judged together with what the user said before.
FEW_WORDS: Final = 8
#: Characters kept of the turns before, their last.
_MOST_EARLIER: Final = 600
#: Where Latin letters end, and begin and end once more.
_LATIN_END, _MORE_LATIN, _MORE_LATIN_END = "\u0250", "\u1e00", "\u1f00"
#: One letter in so many has to be a Latin one: the names of tools and things in another script's sentence, which tell
#: enough (7 of 10 such prompts found their route, 3 of 16 without).
_ONE_IN: Final = 20


class Question(NamedTuple):
    """`newest`: what is judged. `earlier`: what the user said before, only where it is judged too."""

    newest: str
    earlier: str = ""


def question(said: Sequence[Said]) -> Question | None:
    """What is judged of a conversation, oldest turn first; None where the user said nothing."""
    turns = [one.text for one in said if one.role == "user" and one.text.strip()]
    if not turns:
        return None
    newest = asked_text(turns[-1])
    if len(turns) == 1 or len(newest.split(None, FEW_WORDS)) >= FEW_WORDS:
        return Question(newest)
    return Question(newest, "\n".join(map(asked_text, turns))[-_MOST_EARLIER:])


def is_readable(text: str) -> bool:
    """Whether there are words in Latin letters, the only ones the encoder was taught."""
    beginning = text[:600]
    if beginning.isascii():
        return True
    letters = [letter for letter in beginning if letter.isalpha()]
    latin = sum(letter < _LATIN_END or _MORE_LATIN <= letter < _MORE_LATIN_END for letter in letters)
    return latin * _ONE_IN >= len(letters)
