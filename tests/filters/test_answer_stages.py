"""Stages of answers, on documents and streams of Chat Completions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from plano.errors import PlanoError, PluginFailed, RequestRefused
from plano.exchange import Exchange
from plano.filtering import AnswerCopy, AnswerFilter, PieceFilter, WholeFilter
from plano.filters.plugin_answers import PluginAnswer
from plano.filters.stages import AnswerKind, stages_of
from plano.plugin_api import Passage, Place, TextFilter
from plano.plugins.hook_plan import FaultRule, Step
from plano.plugins.trial import trial_exchange

DOCUMENT = AnswerKind("chat", False, "application/json")
STREAM = AnswerKind("chat", True, "text/event-stream")


def chunk(content: str | None, finish: str | None = None) -> bytes:
    delta = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: %b\n\n" % json.dumps({"id": "c1", "model": "m", "choices": [choice]}).encode()


EVENTS = [chunk("one"), chunk(" tw"), chunk("o three"), chunk(None, "stop"), b"data: [DONE]\n\n"]
BODY = json.dumps({"id": "c1", "choices": [{"index": 0, "message": {"content": "one two three"}}]}).encode()


class Replacing(PieceFilter):
    """`old` -> `new`, holding back what may be the beginning of `old`."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def open(self, place: Place) -> TextFilter:
        return ReplacingText(self.old, self.new)


class ReplacingText:
    def __init__(self, old: str, new: str) -> None:
        self.old, self.new, self.held = old, new, ""

    def feed(self, piece: str) -> str:
        text = (self.held + piece).replace(self.old, self.new)
        live = next((n for n in range(len(self.old) - 1, 0, -1) if text.endswith(self.old[:n])), 0)
        self.held = text[len(text) - live :]
        return text[: len(text) - live]

    def finish(self) -> str:
        return self.held


class Failing(PieceFilter):
    def __init__(self, error: BaseException | None = None, returned: Any = None) -> None:
        self.error, self.returned = error, returned

    def open(self, place: Place) -> Any:
        return self

    def feed(self, piece: str) -> Any:
        if self.error is not None:
            raise self.error
        return self.returned

    def finish(self) -> str:
        return ""


class Upper(WholeFilter):
    def read(self, passages: Sequence[Passage]) -> None:
        for passage in passages:
            passage.text = passage.text.upper()


class UpperLater(WholeFilter):
    async def read(self, passages: Sequence[Passage]) -> None:
        await asyncio.sleep(0)
        Upper().read(passages)


def answer_of(filter: AnswerFilter, on_fault: Any = "closed") -> PluginAnswer:
    return PluginAnswer(Step("guard", "filter", print, False, FaultRule(on_fault, 0.05)), filter)


def streamed(exchange: Exchange, *answers: PluginAnswer, events: list[bytes] = EVENTS) -> bytes:
    """What these make of a stream that comes event by event."""

    async def scene() -> bytes:
        stages = stages_of(answers, STREAM, exchange)
        given = b""
        for number, block in enumerate(events, 1):
            for stage in stages:
                result = stage.events(block, number == len(events))
                block = result if isinstance(result, bytes) else await result
            given += block
        for stage in stages:
            stage.close(True, 200)
        return given

    return asyncio.run(scene())


def whole(*answers: PluginAnswer) -> bytes:
    async def scene() -> bytes:
        body = BODY
        for stage in stages_of(answers, DOCUMENT, trial_exchange()):
            result = stage.document(body)
            body = result if isinstance(result, bytes) else await result
        return body

    return asyncio.run(scene())


def text_of(events: bytes) -> str:
    lines = [line[6:] for line in events.decode().splitlines() if line.startswith("data: {")]
    return "".join(json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines)


BOTH = [
    ((Replacing("two", "2"),), "one 2 three"),
    ((Replacing("two", "2"), Replacing("2 t", "2-t")), "one 2-three"),
    ((Replacing("two", "2"), Upper()), "ONE 2 THREE"),
    ((UpperLater(), Replacing("TWO", "2")), "ONE 2 THREE"),
]


@pytest.mark.parametrize(("filters", "expected"), BOTH)
def test_filters_see_what_those_before_them_made_streamed_and_whole(
    filters: tuple[AnswerFilter, ...], expected: str
) -> None:
    answers = [answer_of(one) for one in filters]
    events = streamed(trial_exchange(), *answers)
    assert text_of(events) == expected
    assert events.endswith(b"data: [DONE]\n\n")
    assert json.loads(whole(*answers))["choices"][0]["message"]["content"] == expected


@pytest.mark.parametrize("filter", [PieceFilter(), WholeFilter(), Replacing("zero", "0")])
def test_what_nobody_changes_stays_as_it_is(filter: AnswerFilter) -> None:
    assert streamed(trial_exchange(), answer_of(filter)) == b"".join(EVENTS)
    assert whole(answer_of(filter)) == BODY


class NoText(WholeFilter):
    def read(self, passages: Sequence[Passage]) -> None:
        passages[0].text = 7  # type: ignore[assignment]


class TooSlow(WholeFilter):
    async def read(self, passages: Sequence[Passage]) -> None:
        await asyncio.Event().wait()


class Stubborn(WholeFilter):
    async def read(self, passages: Sequence[Passage]) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()


class Ending(WholeFilter):
    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def read(self, passages: Sequence[Passage]) -> None:
        raise self.error


class Saying(WholeFilter):
    def read(self, passages: Sequence[Passage]) -> Any:
        return "fine"


FAULTY = [Failing(ValueError("x")), Failing(returned=7), Failing(SystemExit()), NoText(), TooSlow(), Saying()]
FAULTY += [Failing(asyncio.CancelledError()), Failing(KeyboardInterrupt()), Stubborn()]
FAULTY += [Ending(asyncio.CancelledError()), Ending(SystemExit()), Ending(KeyboardInterrupt())]


@pytest.mark.parametrize("filter", FAULTY)
def test_a_filter_that_fails_lets_nothing_pass_and_names_its_plugin(filter: AnswerFilter) -> None:
    faulty = answer_of(filter)
    for make in (lambda: streamed(trial_exchange(), faulty), lambda: whole(faulty)):
        with pytest.raises(PluginFailed, match="plugin guard failed"):
            make()
    assert faulty.step.cost.failures == 2


@pytest.mark.parametrize("filter", FAULTY)
def test_a_filter_that_may_fail_open_is_left_out(filter: AnswerFilter) -> None:
    assert streamed(trial_exchange(), answer_of(filter, "open")) == b"".join(EVENTS)
    assert whole(answer_of(filter, "open")) == BODY


def test_a_refusal_is_the_filters_own() -> None:
    refusing = answer_of(Failing(RequestRefused("not this", status=451, code="unlawful")), "open")
    with pytest.raises(RequestRefused, match="not this") as caught:
        streamed(trial_exchange(), refusing)
    assert (caught.value.status, caught.value.detail) == (451, "refused by plugin guard in filter")


class Copy(AnswerCopy):
    def __init__(self) -> None:
        self.written = b""
        self.ends: list[tuple[int, str, bool]] = []

    def write(self, block: bytes) -> None:
        self.written += block

    def end(self, status: int, content_type: str, is_whole: bool) -> None:
        self.ends.append((status, content_type, is_whole))


def test_a_copy_is_of_what_the_filters_before_it_made_and_changes_nothing() -> None:
    copy = Copy()
    events = streamed(trial_exchange(), answer_of(Replacing("two", "2")), answer_of(copy))
    assert copy.written == events
    assert copy.ends == [(200, "text/event-stream", True)]


def test_an_answer_that_breaks_off_is_not_copied() -> None:
    copy = Copy()
    (stage,) = stages_of([answer_of(copy)], STREAM, trial_exchange())
    stage.events(EVENTS[0], False)
    stage.close(False, 200)
    assert (copy.written, copy.ends) == (b"", [(200, "text/event-stream", False)])


def test_a_copy_that_fails_does_the_answer_no_harm() -> None:
    class Full(AnswerCopy):
        def write(self, block: bytes) -> None:
            raise OSError("no space")

    full = answer_of(Full())
    try:
        events = streamed(trial_exchange(), full)
    except PlanoError:
        pytest.fail("the client has its answer already")
    assert events == b"".join(EVENTS)
    assert full.step.cost.failures == 1
