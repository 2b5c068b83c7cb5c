"""What filters read and change: the texts of a request and of a whole answer."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import msgspec

from bench.micro.builds import Build
from bench.micro.cases import OPERATIONS, bench
from bench.micro.test_bench_translation import REQUEST

_WORDS = 'All the words that somebody says in a turn of a talk, with "quotes"\nand lines. '
_ROLES = ("system", *("user", "assistant") * 5)
#: A talk of ten turns, 4 kB.
CHAT = msgspec.json.encode(
    {"model": "m", "stream": True, "messages": [{"role": role, "content": _WORDS * 5} for role in _ROLES[:10]]}
)
_CODE = msgspec.json.encode({"path": "/a/b/c", "content": 'a line of "code"\n' * 50}).decode()
_CALL = {"id": "call_1", "type": "function", "function": {"name": "write", "arguments": _CODE}}
CALLS = msgspec.json.encode({"model": "m", "messages": [{"role": "assistant", "tool_calls": [_CALL]}] * 8})
ANSWER = msgspec.json.encode({"id": "a", "choices": [{"message": {"role": "assistant", "content": _WORDS}}]})


def _reading(build: Build, operation: str, body: bytes, passages: int) -> Callable[[], object]:
    envelope = build("http.wire.json_envelope").Envelope.open(body)
    texts_class = build("dialects.request_texts").RequestTexts

    def run() -> object:
        for _ in range(OPERATIONS):
            texts = texts_class(operation, envelope)
        return texts.passages

    assert len(run()) == passages  # type: ignore[arg-type]
    return run


@bench("texts of a 4 kB chat of ten messages")
def test_bench_chat(build: Build) -> Callable[[], object]:
    return _reading(build, "chat", CHAT, 10)


@bench("texts of a 25 kB request of a coding agent, Messages")
def test_bench_agent(build: Build) -> Callable[[], object]:
    return _reading(build, "messages", REQUEST, 34)


@bench("texts of eight calls with a kilobyte of code each")
def test_bench_calls(build: Build) -> Callable[[], object]:
    return _reading(build, "chat", CALLS, 32)


@bench("nothing was changed in a 4 kB chat")
def test_bench_nothing_changed(build: Build) -> Callable[[], object]:
    envelope = build("http.wire.json_envelope").Envelope.open(CHAT)
    texts = build("dialects.request_texts").RequestTexts("chat", envelope)

    def run() -> None:
        for _ in range(OPERATIONS):
            assert texts.is_of(envelope)
            texts.write_back()

    run()
    assert not envelope.is_changed
    return run


@bench("one message of a 4 kB chat was changed")
def test_bench_one_changed(build: Build) -> Callable[[], object]:
    envelope = build("http.wire.json_envelope").Envelope.open(CHAT)
    texts = build("dialects.request_texts").RequestTexts("chat", envelope)
    words = cycle((_WORDS * 4, _WORDS * 6))

    def run() -> None:
        for _ in range(OPERATIONS):
            texts.passages[5].text = next(words)
            texts.write_back()

    run()
    assert envelope.is_changed
    return run


@bench("texts of a short answer")
def test_bench_answer(build: Build) -> Callable[[], object]:
    texts_class = build("dialects.answer_texts").AnswerTexts

    def run() -> object:
        for _ in range(OPERATIONS):
            texts = texts_class("chat", ANSWER)
        return texts.encoded()

    assert run() is ANSWER
    return run
