"""The encoder others borrow: real weights, read once, the router's where it has them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from plano.errors import RouterUnusable
from plano.intent import RouterTools
from plano.routing.router_models.encoder import lent
from plano.routing.router_models.encoder.lent import LentEncoder, can_lend
from plano.routing.router_models.encoder.router import EncoderRouter, EncoderSettings

T = TypeVar("T")


async def nobody(model: str, body: bytes, timeout_s: float) -> bytes:
    raise AssertionError("asked")


def router(folder: str | None = None) -> EncoderRouter:
    return EncoderRouter(EncoderSettings(folder=folder), RouterTools(nobody, time.monotonic))


def borrowing(work: Callable[[LentEncoder], Awaitable[T]]) -> T:
    async def run() -> T:
        encoder = LentEncoder(time.monotonic)
        try:
            return await work(encoder)
        finally:
            await encoder.stop()

    return asyncio.run(run())


def test_likeness_is_likeness_of_meaning() -> None:
    texts = ["the cat sat on the mat", "a kitten sits on a rug", "quarterly tax filings", "", "x" * 5000, "one more"]

    async def work(encoder: LentEncoder) -> object:
        return await encoder.encode(texts)

    vectors = borrowing(work)
    assert isinstance(vectors, list)
    assert [len(vector) for vector in vectors] == [384] * len(texts)

    def likeness(one: int, other: int) -> float:
        return sum(a * b for a, b in zip(vectors[one], vectors[other], strict=True))

    assert likeness(0, 0) == pytest.approx(1.0, abs=1e-4)
    assert likeness(0, 1) > likeness(0, 2) + 0.3


def test_it_is_here() -> None:
    assert can_lend()


@pytest.mark.parametrize("missing", ["ctranslate2", "tokenizers"])
def test_without_what_reads_the_weights_there_is_none(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setattr(lent, "find_spec", lambda name: None if name == missing else object())
    assert not can_lend()


def test_without_weights_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lent, "SHIPPED", tmp_path)
    assert not can_lend()


def test_a_router_of_the_same_weights_is_shared_and_loaded_once() -> None:
    async def work(encoder: LentEncoder) -> object:
        model = router()
        encoder.share(model)
        await asyncio.gather(encoder.encode(["a"]), encoder.encode(["b"]), model.start())
        judge = model._judge
        await encoder.encode(["c"])
        assert model._judge is judge
        own = encoder._own
        await model.stop()
        return own

    assert borrowing(work) is None


def test_a_router_of_other_weights_is_not(tmp_path: Path) -> None:
    async def work(encoder: LentEncoder) -> int:
        encoder.share(router(str(tmp_path)))
        return len((await encoder.encode(["a"]))[0])

    assert borrowing(work) == 384


def test_a_router_that_has_stopped_is_an_error_of_its_own() -> None:
    async def work(encoder: LentEncoder) -> None:
        model = router()
        encoder.share(model)
        await encoder.encode(["a"])
        await model.stop()
        with pytest.raises(RouterUnusable, match="the encoder cannot be used"):
            await encoder.encode(["a"])

    borrowing(work)
