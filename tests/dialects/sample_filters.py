"""Filters for tests of streams: one that replaces a mark, one that holds words, one that does nothing."""

from __future__ import annotations

from collections.abc import Callable

from plano.dialects.passages import Place

MARK, NAME = "[X_1]", 'a "longer"\nname \U0001f600'


class Same:
    def feed(self, piece: str) -> str:
        return piece

    def finish(self) -> str:
        return ""


class Restoring:
    """Replaces `MARK` by `NAME`; holds what may become a mark."""

    def __init__(self) -> None:
        self.held = ""

    def feed(self, piece: str) -> str:
        assert piece
        text = (self.held + piece).replace(MARK, NAME)
        size = next((n for n in range(len(MARK) - 1, 0, -1) if text.endswith(MARK[:n])), 0)
        self.held = text[len(text) - size :]
        return text[: len(text) - size]

    def finish(self) -> str:
        held, self.held = self.held, ""
        return held


class Words:
    """Says words backwards; holds each until it is complete."""

    def __init__(self) -> None:
        self.held = ""

    def feed(self, piece: str) -> str:
        out = ""
        for one in piece:
            if one == " ":
                out += self.held[::-1] + one
                self.held = ""
            else:
                self.held += one
        return out

    def finish(self) -> str:
        return self.feed(" ")[:-1]


def same(place: Place) -> Same:
    return Same()


def none(place: Place) -> None:
    return None


def restoring(place: Place) -> Restoring:
    return Restoring()


def words(place: Place) -> Words:
    return Words()


def seeing(texts: list[str]) -> Callable[[Place], Same]:
    """A filter that notes in `texts` what it is told, text by text."""

    class Seeing(Same):
        def __init__(self) -> None:
            self.number = len(texts)
            texts.append("")

        def feed(self, piece: str) -> str:
            texts[self.number] += piece
            return piece

    return lambda place: Seeing()
