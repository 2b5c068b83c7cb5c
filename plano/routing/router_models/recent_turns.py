"""Which turns of a conversation a generative router model reads, and how much of each.

Up to the newest user turn and no further: what an assistant did since is no new wish, and a tool loop, which only adds
to it, keeps asking the same question. That turn is kept whatever happens, cut in the middle if it must be; the turns
before it follow, newest first, as long as there is room.
"""

from __future__ import annotations

from typing import Final

from plano.dialects.said import Said

#: Turns that are read at most.
MOST_TURNS: Final = 16
#: Bytes of UTF-8 to a token: of English prose, and near enough for the rest, since a letter of another alphabet has
#: two to four bytes and costs up to a token.
BYTES_PER_TOKEN: Final = 4
#: What stands around a turn, in bytes: its role, quotes, commas.
_AROUND: Final = 40
#: A beginning and an end of an older turn in fewer bytes than this say nothing.
_FEWEST: Final = 64
_CUT: Final = "…"
_HEAD_SHARE: Final = 0.6


def recent_turns(said: tuple[Said, ...], room: int) -> tuple[Said, ...]:
    """The turns to read, oldest first, in some `room` bytes of UTF-8; empty when no user spoke."""
    newest = max((place for place, turn in enumerate(said) if turn.role == "user"), default=None)
    if newest is None:
        return ()
    chosen = [Said("user", cut_middle(said[newest].text, max(room - _AROUND, _FEWEST)))]
    room -= _size(chosen[0])
    for turn in reversed(said[max(0, newest + 1 - MOST_TURNS) : newest]):
        if _size(turn) > room:
            if turn.role == "user" and room - _AROUND >= _FEWEST:
                chosen.append(Said("user", cut_middle(turn.text, room - _AROUND)))
            break
        chosen.append(turn)
        room -= _size(turn)
    return tuple(reversed(chosen))


def cut_middle(text: str, most_bytes: int) -> str:
    """`text` in at most `most_bytes` of UTF-8: whole, or its beginning, `…` and its end; no letter is cut apart."""
    if len(text) * 4 <= most_bytes:
        return text
    raw = text.encode("utf-8", "replace")
    if len(raw) <= most_bytes:
        return text
    room = most_bytes - len(_CUT.encode())
    if room <= 0:
        return raw[: max(most_bytes, 0)].decode("utf-8", "ignore")
    head = int(room * _HEAD_SHARE)
    end = raw[len(raw) - (room - head) :]
    return raw[:head].decode("utf-8", "ignore") + _CUT + end.decode("utf-8", "ignore")


def _size(turn: Said) -> int:
    return len(turn.text.encode("utf-8", "replace")) + _AROUND
