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
#: Where letters that the encoder was taught begin and end: Latin, more Latin, kana, Chinese characters. Alphabets that
#: its vocabulary has letter by letter are not among them: of such prompts two in three came to a wrong route, of those
#: in Chinese and Japanese one in four.
_TAUGHT: Final = (("\0", "\u0250"), ("\u1e00", "\u1f00"), ("\u3040", "\u3100"), ("\u3400", "\ua000"))
#: One letter in so many has to be such a one: the names of tools and things in another script's sentence, which tell
#: enough (7 of 10 such prompts found their route, 3 of 16 without).
_ONE_IN: Final = 20


class Question(NamedTuple):
    """`newest`: what is judged. `earlier`: what the user said before, only where it is judged too."""

    newest: str
    earlier: str = ""


def question(said: Sequence[Said]) -> Question | None:
    """What is judged of a conversation, oldest turn first; None where the user said nothing."""
    turns = [one.text for one in said if one.role == "user" and any(map(str.isalnum, one.text))]
    if not turns:
        return None
    newest = asked_text(turns[-1])
    if len(turns) == 1 or len(newest.split(None, FEW_WORDS)) >= FEW_WORDS:
        return Question(newest)
    return Question(newest, "\n".join(map(asked_text, turns))[-_MOST_EARLIER:])


def is_readable(text: str) -> bool:
    """Whether there are words in a script that the encoder was taught."""
    beginning = text[:600]
    if beginning.isascii():
        return True
    letters = [letter for letter in beginning if letter.isalpha()]
    taught = sum(any(first <= letter < end for first, end in _TAUGHT) for letter in letters)
    return taught * _ONE_IN >= len(letters)
