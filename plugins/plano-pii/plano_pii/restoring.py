"""Puts originals back into an answer, whatever pieces it comes in."""

from __future__ import annotations

from plano.plugin_api import PieceFilter, Place, TextFilter
from plano_pii.placeholders import Originals


class Restoring:
    """One text. Only what may become a placeholder is held: `[EM` waits, everything else flows.

    Placeholders are known in any case, with the backslashes Markdown asks for and in full-width brackets; without
    brackets they are words like others. Others than those of this exchange stay as they are.
    """

    __slots__ = ("_held", "_originals")

    def __init__(self, originals: Originals) -> None:
        self._originals = originals
        self._held = ""

    def feed(self, piece: str) -> str:
        originals = self._originals
        if not self._held and originals.template.opening.search(piece) is None:
            return piece
        text = self._held + piece
        self._held = ""
        template = originals.template
        done: list[str] = []
        start = at = 0
        while opening := template.opening.search(text, at):
            at = opening.start()
            whole = template.any.match(text, at)
            value = originals.get(whole[0]) if whole else None
            if whole and value is not None:
                done.append(text[start:at])
                done.append(value)
                start = at = whole.end()
            elif whole is None and originals.is_alive(text[at:]):
                done.append(text[start:at])
                self._held = text[at:]
                return "".join(done)
            else:
                at += 1
        done.append(text[start:])
        return "".join(done)

    def finish(self) -> str:
        held, self._held = self._held, ""
        return held


class Restorer(PieceFilter):
    """Of one answer. `masks`: what looks for private things the model says of itself, before originals come back."""

    def __init__(self, originals: Originals) -> None:
        self._originals = originals
        self.masks: PieceFilter | None = None

    def __repr__(self) -> str:
        return f"Restorer({self._originals!r})"

    def open(self, place: Place) -> TextFilter | None:
        restoring = Restoring(self._originals)
        masking = self.masks.open(place) if self.masks else None
        return Chained(masking, restoring) if masking else restoring


class Chained:
    """One text through two filters."""

    __slots__ = ("_first", "_second")

    def __init__(self, first: TextFilter, second: TextFilter) -> None:
        self._first = first
        self._second = second

    def feed(self, piece: str) -> str:
        piece = self._first.feed(piece)
        return self._second.feed(piece) if piece else ""

    def finish(self) -> str:
        return self._second.feed(self._first.finish()) + self._second.finish()
