"""What of a prompt is judged: the request in its author's words first, then a glimpse of what was pasted with it.

A pasted file, log or table says little about what is wanted and a lot about everything else. Its lines are told from
prose by how they look, and cut down to their beginning and end. Training and serving prepare texts by this module
alike; it is pure, and quick enough for the event loop.
"""

from __future__ import annotations

import re

#: Characters looked at, half of them the last; kept of the request; kept of what was pasted.
_LONGEST = 6_000
_REQUEST = 700
_GLIMPSE = 200
_FENCE = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_STARTS = re.compile(
    r"[ \t]{4,}\S|\t|[ \t]+at [\w.$<]|[ \t]*File \"|diff --git |index [0-9a-f]{6}|@@ |\+\+\+ |--- [\w./]"
    r"|[+-][^\s\d]|[+-][ \t]*[\w}\"'/<(]*[({=;\"_]"
    r"|\$ |>>> |\[?\d{4}[-/]\d\d[-/]\d\d[ T]|\[?\d\d:\d\d:\d\d|\[[\d .]+\]|npm ERR!|[ \t]*[{}\])]"
    r"|[ \t]*</?[a-zA-Z!][\w-]*[ >/]|\|.*\||#include\b|#!"
    r"|(?:import|from|export|package|using|def|class|func|fn|fun|public|private|protected|static|const|let|var|return|if|for"
    r"|while|switch|try|catch|SELECT|FROM|WHERE|INSERT|UPDATE|CREATE|ALTER|JOIN|GROUP BY|ORDER BY|Caused by|Traceback"
    r"|Exception|Error|ERROR|WARN|INFO|DEBUG|FATAL)\b.*(?:[(){}=;:<>\"*]|$)"
    r"|[ \t]*\"[^\"]+\"[ \t]*:|[\w.-]+\([^)]*\)[ \t]*[{;]?$|[\w.\"'-]+[ \t]*[:=][ \t]*[\w\"'{\[($/.-][^ ]*,?$"
)
_ENDS = re.compile(r"(?:[{};\\]|\)[ \t]*:|=>|,[ \t]*\"[^\"]*\"|\|)[ \t]*$")
_SIGNS = re.compile(r"[{}\[\]()<>=;|\\/#@$*+\"_:,&%^~\d]")
_WORDS = re.compile(r"[^\W\d_]{2,}")


def asked_text(text: str) -> str:
    """`text` with what was pasted moved behind the request and shortened; texts of one kind stay as they are."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}\n{text[-_LONGEST // 2 :]}"
    if "\n" not in text:
        return _ends(text, _REQUEST + _GLIMPSE)
    request, pasted = _parted(text)
    if not request or not pasted:
        request, pasted = _beside_prose(text)
    if not request or not pasted:
        return _ends(text.strip(), _REQUEST + _GLIMPSE)
    return f"{_ends(request, _REQUEST)}\n{_ends(pasted, _GLIMPSE)}"


def _parted(text: str) -> tuple[str, str]:
    """What looks like prose, what looks like code, logs or data."""
    fenced: list[str] = []

    def taken(found: re.Match[str]) -> str:
        fenced.append(found[2].strip("\n"))
        return "\n\n"

    said: list[str] = []
    pasted: list[str] = []
    for block in re.split(r"\n[ \t]*\n", _FENCE.sub(taken, text)):
        if not block or block.isspace():
            continue
        lines = [line for line in block.split("\n") if line.strip()]
        looks = [_looks_pasted(line) for line in lines]
        if len(lines) > 2 and sum(looks[1:-1]) > 0.6 * (len(lines) - 2):  # Its odd lines are its, but for the ends.
            looks[1:-1] = [True] * (len(lines) - 2)
        for place, line in enumerate(lines):
            near = (place > 0 and looks[place - 1]) or (place + 1 < len(lines) and looks[place + 1])
            (pasted if looks[place] and (near or not _is_sentence(line)) else said).append(line.strip())
    return "\n".join(said), "\n".join(fenced + pasted)


def _beside_prose(text: str) -> tuple[str, str]:
    """A short first or last paragraph beside a longer text is the request."""
    blocks = [block.strip() for block in re.split(r"\n[ \t]*\n", text) if block.strip()]
    if len(blocks) < 2:
        return text, ""
    first, last = blocks[0], blocks[-1]
    at = 0 if len(first) <= len(last) or first.endswith((":", "?")) else len(blocks) - 1
    rest = "\n".join(blocks[:at] + blocks[at + 1 :])
    if len(blocks[at]) > 300 or len(rest) < len(blocks[at]):
        return text, ""
    return blocks[at], rest


def _looks_pasted(line: str) -> bool:
    if _STARTS.match(line) or _ENDS.search(line):
        return True
    signs = len(_SIGNS.findall(line))
    if signs > 0.22 * len(line):
        return True
    return line.count(",") + line.count(";") + line.count("\t") >= 3 and not re.search(r"[,;] \w", line)


def _is_sentence(line: str) -> bool:
    return len(_WORDS.findall(line)) >= 4 and len(_SIGNS.findall(line)) < 0.15 * len(line)


def _ends(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} {text[-half:]}"
