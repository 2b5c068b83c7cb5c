"""What of a conversation is judged: the words of the user's newest turn, with pasted code, logs and tables put last.

People paste more than they say, before their question or behind it, and the paste tells of a topic where the question
tells of a task. Training and serving prepare texts by this module alike. Pure, and quick enough for the event loop:
it looks at a few thousand characters at most.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from plano.dialects.said import Said

#: A newest turn of fewer words is judged together with what the user said before.
FEW_WORDS: Final = 8
#: Characters looked at: beginning and end of longer texts, half each.
_MOST_CHARACTERS: Final = 8192
#: Characters kept of everything that was pasted, and of the turns before.
_MOST_PASTED: Final = 300
_MOST_EARLIER: Final = 1200

_FENCE: Final = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*\n(.*?)(?:^[ \t]*(?:```|~~~)[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
#: Marks that sentences have few of.
_CODE_MARK: Final = re.compile(r"[{}\[\]<>;=|\\/_*+$@#&%^~`]|\d|\w\.\w|\w\(|\"\s*:|::")
#: What a line of a program, a log, a diff, a quotation or a table begins with.
_CODE_START: Final = re.compile(
    r"\s*(?:[>|}\])$#+@]|--- |-\S|//|/\*|\*/|<[/!?\w]|\d{1,4}[-:/.]\d{1,2}|\[\d|"
    r"(?:def|class|import|from|return|const|let|var|func|fn|public|private|static|void|int|async|await|export|"
    r"if|for|while|else|elif|try|except|catch|switch|case|package|use|using|namespace|struct|enum|impl|SELECT|INSERT|"
    r"UPDATE|DELETE|CREATE|ALTER|WHERE|JOIN|GROUP BY|ORDER BY|Traceback|at|File|Caused by|ERROR|WARN|INFO|DEBUG|FATAL)"
    r"\b[^.?!]*[({\[:;=\d/])"
)
_ENDS_LIKE_CODE: Final = re.compile(r"[{}();,=>\]]\s*$")


class Asked(NamedTuple):
    """`newest`: what is judged. `earlier`: the user's turns before, only where `newest` says little by itself."""

    newest: str
    earlier: str


def asked(said: Sequence[Said]) -> Asked | None:
    """What is judged of a conversation, oldest turn first; None where the user said nothing."""
    turns = [one.text for one in said if one.role == "user" and one.text.strip()]
    if not turns:
        return None
    newest = judged(turns[-1])
    if len(turns) == 1 or len(newest.split()) >= FEW_WORDS:
        return Asked(newest, "")
    return Asked(newest, judged("\n".join(map(judged, turns)))[-_MOST_EARLIER:])


def judged(text: str) -> str:
    """One turn as the encoder reads it: the sentences, then the beginning of what was pasted."""
    if len(text) > _MOST_CHARACTERS:
        text = f"{text[: _MOST_CHARACTERS // 2]}\n{text[-_MOST_CHARACTERS // 2 :]}"
    said, pasted = parts(text)
    if len(_WORD.findall(said)) < 3:
        return text.strip()
    return f"{said}\n{pasted[:_MOST_PASTED]}".strip()


def is_readable(text: str) -> bool:
    """Whether most of what is said is written in Latin letters, the only ones the encoder was taught.

    A letter of Chinese, Japanese or Korean says as much as three others.
    """
    beginning = text[:600]
    if beginning.isascii():
        return True
    latin = other = 0
    for letter in beginning:
        if letter.isalpha():
            if letter < "\u0250" or "\u1e00" <= letter < "\u1f00":
                latin += 1
            else:
                other += 3 if letter >= "\u3040" else 1
    return latin >= other


def parts(text: str) -> tuple[str, str]:
    """(what the user says, what the user pasted): the fenced, and lines that are no sentences."""
    pasted: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        pasted.append(found[1].strip("\n"))
        return "\n"

    rest = _FENCE.sub(put_away, text)
    said: list[str] = []
    for line in rest.splitlines():
        (pasted if _is_pasted(line) else said).append(line.strip())
    return "\n".join(filter(None, said)), "\n".join(filter(None, pasted))


def _is_pasted(line: str) -> bool:
    if not line.strip():
        return False
    words = len(_WORD.findall(line))
    marks = len(_CODE_MARK.findall(line))
    if line[0] in " \t" and marks:
        return True
    if _CODE_START.match(line) and (marks > words / 3 or _ENDS_LIKE_CODE.search(line)):
        return True
    return marks > max(1, words) / 2 or (line.count(",") > max(3, words * 0.7))
