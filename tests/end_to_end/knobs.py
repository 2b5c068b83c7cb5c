"""A plugin that does what the request's `x-do` header says; installed beside a worker by the tests of filters.

It imports only what a plugin may.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from plano.plugin_api import (
    AnswerCopy,
    AnswerFilter,
    Exchange,
    Passage,
    PieceFilter,
    Place,
    Refuse,
    TextFilter,
    WholeFilter,
    hookimpl,
)

#: What a text filter must not let through, and what stands for it.
WORD, MASK = "secret-7", "[MASKED]"


class Masking:
    """Replaces `WORD`, wherever it is cut."""

    def __init__(self) -> None:
        self.held = ""

    def feed(self, piece: str) -> str:
        text = (self.held + piece).replace(WORD, MASK)
        live = next((n for n in range(len(WORD) - 1, 0, -1) if text.endswith(WORD[:n])), 0)
        self.held = text[len(text) - live :]
        return text[: len(text) - live]

    def finish(self) -> str:
        return self.held


class Bad:
    """A text filter that does one thing wrong."""

    def __init__(self, how: str) -> None:
        self.how = how

    def feed(self, piece: str) -> Any:
        if "7" not in piece:
            return piece
        if self.how == "refuse-answer":
            raise Refuse("that is not for you", status=451, code="unspeakable")
        if self.how == "raise-answer":
            raise ValueError("inside of a filter")
        if self.how == "hang-answer":
            time.sleep(60)
        return 7

    def finish(self) -> str:
        return ""


class Pieces(PieceFilter):
    def __init__(self, how: str) -> None:
        self.how = how

    def open(self, place: Place) -> TextFilter | None:
        return Masking() if self.how == "pieces" else Bad(self.how)


class Whole(WholeFilter):
    def read(self, passages: Sequence[Passage]) -> None:
        for passage in passages:
            if "unspeakable" in passage.text:
                raise Refuse("that is not for you", status=451, code="unspeakable")
            passage.text = passage.text.replace(WORD, MASK)


class WholeLater(WholeFilter):
    async def read(self, passages: Sequence[Passage]) -> None:
        await asyncio.sleep(0.01)
        Whole().read(passages)


class Copy(AnswerCopy):
    kept: dict[str, tuple[bytes, str]] = {}
    #: How each copy has ended, whole or not.
    ends: list[bool] = []

    def __init__(self, key: str) -> None:
        self.key = key
        self.blocks: list[bytes] = []

    def write(self, block: bytes) -> None:
        self.blocks.append(block)

    def end(self, status: int, content_type: str, is_whole: bool) -> None:
        self.ends.append(is_whole)
        if is_whole and status == 200:
            self.kept[self.key] = (b"".join(self.blocks), content_type)


def shout(exchange: Exchange) -> None:
    for passage in exchange.texts():
        passage.text = passage.text.replace("please", "PLEASE")


def refuse(exchange: Exchange) -> None:
    raise Refuse("not like this", status=422, code="refused_here")


def fail(exchange: Exchange) -> None:
    raise ValueError("a secret-7 of the plugin's")


def hang(exchange: Exchange) -> None:
    time.sleep(60)


def again(exchange: Exchange) -> AnswerFilter | None:
    key = repr(exchange.envelope.get("messages"))
    if key in Copy.kept:
        body, content_type = Copy.kept[key]
        exchange.answer(body, content_type, headers=(("x-again", "yes"),))
        return None
    return Copy(key)


def ends(exchange: Exchange) -> None:
    exchange.answer(json.dumps(Copy.ends).encode())


ANSWERING = {"whole": Whole, "whole-later": WholeLater}
ACTING = {"shout": shout, "refuse": refuse, "raise": fail, "hang": hang, "again": again, "ends": ends}
ACTING["nonsense"] = lambda _: "yes"


@hookimpl(specname="filter")
def by_header(exchange: Exchange) -> Any:
    for what in (exchange.header("x-do") or "").split():
        if what in ACTING:
            return ACTING[what](exchange)
        if what in ANSWERING:
            return ANSWERING[what]()
        return Pieces(what)
    return None


@hookimpl
def filter_answer(exchange: Exchange) -> AnswerFilter | None:
    return Pieces("pieces") if exchange.header("x-guard") else None
