"""The remote router model asks a model for the best route, once per question, and never fails a request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from typing import Any

import msgspec
import pytest

from plano.config.values import dec_hook
from plano.dialects.said import Said
from plano.errors import Overloaded, PlanoError, ProviderTimeout, ProviderUnreachable, RetriesExhausted, UnknownModel
from plano.intent import FAILED, MATCHED, NO_MATCH, NONSENSE, NOTHING_SAID, SHED, TOO_LATE, RouterTools, RouteSet
from plano.routing.router_models.remote import REMOTE, RemoteRouterModel, RemoteSettings
from plano.testing import FakeClock
from plano.testing.scripted_provider import Script, ScriptedProvider
from plano.testing.scripted_provider.answer import json_answer
from tests.routing.router_models.route_sets import SEED

ASKED = (Said("user", "Write a Python function that implements binary search"),)
Ask = Callable[[str, bytes, float], Awaitable[bytes]]


def answered(content: Any, **more: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content, **more}, "finish_reason": "stop"}]}).encode()


class Answering:
    """An `ask` that gives one answer after the other, at once, and remembers what it was asked."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any], float]] = []

    async def __call__(self, model: str, body: bytes, timeout_s: float) -> bytes:
        self.asked.append((model, json.loads(body), timeout_s))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def remote(ask: Ask, clock: FakeClock | None = None, **settings: Any) -> RemoteRouterModel:
    read = msgspec.convert({"model": "arch-router", **settings}, RemoteSettings, dec_hook=dec_hook)
    return RemoteRouterModel(read, RouterTools(ask=ask, monotonic_s=(clock or FakeClock()).monotonic_s))


def at_once(coroutine: Any) -> Any:
    """The result of a coroutine that waits for nothing: neither a loop nor a task is there."""
    with pytest.raises(StopIteration) as stopped:
        coroutine.send(None)
    return stopped.value.value


def test_the_model_is_asked_as_documented() -> None:
    ask = Answering(answered('{"route": "code_generation"}'))
    judged = at_once(remote(ask).judge(ASKED, SEED))
    assert (judged.route, judged.reason, judged.score, judged.scores) == ("code_generation", MATCHED, None, ())
    ((model, body, timeout_s),) = ask.asked
    assert (model, timeout_s) == ("arch-router", 5.0)
    assert set(body) == {"model", "messages", "temperature", "max_tokens"}
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("arch-router", 0.01, 1024)
    ((message),) = body["messages"]
    assert message["role"] == "user"
    assert ASKED[0].text in message["content"]
    assert "code_generation" in message["content"]


def test_settings_say_how_it_is_asked() -> None:
    ask = Answering(answered("other"))
    router = remote(
        ask, timeout="500ms", max_tokens=64, context_length=512, extra_body={"temperature": None, "think": False}
    )
    at_once(router.judge((Said("user", "long " * 10_000),), SEED))
    ((_, body, timeout_s),) = ask.asked
    assert timeout_s == 0.5
    assert "temperature" not in body
    assert (body["max_tokens"], body["think"]) == (64, False)
    assert len(body["messages"][0]["content"]) < 512 * 4


@pytest.mark.parametrize(
    "settings",
    [
        {"model": ""},
        {"timeout": 0},
        {"max_tokens": 0},
        {"context_length": 10},
        {"extra_body": {"stream": True}},
        {"extra_body": {"model": "x"}},
        {"what": 1},
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        remote(Answering(), **settings)


def test_an_equal_question_is_recalled() -> None:
    ask = Answering(answered('{"route": "code_generation"}'))
    router = remote(ask)
    assert router.recall(ASKED, SEED) is None
    assert not at_once(router.judge(ASKED, SEED)).is_remembered
    in_a_tool_loop = (*ASKED, Said("assistant", "Let me look at the files"))
    again = router.recall(in_a_tool_loop, SEED)
    assert again is not None
    assert (again.route, again.is_remembered) == ("code_generation", True)
    assert router.recall((*in_a_tool_loop, Said("user", "thanks")), SEED) is None
    assert router.recall(ASKED, RouteSet(SEED.routes[:1])) is None
    assert router.recall((), SEED) is None


def test_what_went_wrong_is_asked_again() -> None:
    ask = Answering(ProviderTimeout("late", phase="head"), answered("what?"), answered("other"))
    router = remote(ask)
    for reason in (TOO_LATE, NONSENSE, NO_MATCH):
        assert router.recall(ASKED, SEED) is None
        assert at_once(router.judge(ASKED, SEED)).reason == reason
    assert router.recall(ASKED, SEED) is not None


def questions() -> Iterator[tuple[Said, ...]]:
    """A new one each time."""
    return ((Said("user", f"question {number}"),) for number in count())


def test_a_model_that_keeps_failing_is_left_alone_for_a_while() -> None:
    late = ProviderTimeout("late", phase="head")
    ask, clock, said = Answering(*[late] * 6, answered("other"), answered("other")), FakeClock(), questions()
    router = remote(ask, clock)
    for _ in range(5):
        assert at_once(router.judge(next(said), SEED)).reason == TOO_LATE
    for _ in range(3):
        judged = at_once(router.judge(next(said), SEED))
        assert (judged.reason, judged.detail) == (SHED, "arch-router keeps failing and is left alone for 5 s")
    assert len(ask.asked) == 5
    clock.advance(5.0)
    assert at_once(router.judge(next(said), SEED)).reason == TOO_LATE
    assert at_once(router.judge(next(said), SEED)).reason == SHED
    clock.advance(10.0)
    assert [at_once(router.judge(next(said), SEED)).reason for _ in range(2)] == [NO_MATCH] * 2


def test_a_client_who_leaves_says_nothing_about_the_model() -> None:
    async def never(model: str, body: bytes, timeout_s: float) -> bytes:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def story() -> None:
        router = remote(never)
        for said, _ in zip(questions(), range(20), strict=False):
            task = asyncio.ensure_future(router.judge(said, SEED))
            await asyncio.sleep(0)
            assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(story())


def test_a_timeout_of_asyncio_is_too_late() -> None:
    judged = at_once(remote(Answering(TimeoutError())).judge(ASKED, SEED))
    assert (judged.reason, judged.detail) == (TOO_LATE, "arch-router: no answer in 5 s")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ProviderTimeout("no answer in 5 s", phase="total"), TOO_LATE),
        (RetriesExhausted("everybody was late", status=504), TOO_LATE),
        (RetriesExhausted("everybody failed", status=502), FAILED),
        (ProviderUnreachable("connection refused"), FAILED),
        (UnknownModel("the model 'arch-router' is not configured"), FAILED),
        (Overloaded("no room"), SHED),
    ],
)
def test_an_error_is_no_match_and_tells_why(error: PlanoError, reason: str) -> None:
    judged = at_once(remote(Answering(error)).judge(ASKED, SEED))
    assert (judged.route, judged.reason) == (None, reason)
    assert judged.detail == f"arch-router: {error.message}"


@pytest.mark.parametrize(
    ("answer", "route", "reason", "detail"),
    [
        (answered([{"type": "text", "text": '{"route": "code_generation"}'}]), "code_generation", MATCHED, ""),
        (answered(None, reasoning_content='{"route": "code_generation"}'), "code_generation", MATCHED, ""),
        (answered('{"route": "other"}'), None, NO_MATCH, ""),
        (answered('{"route": "poetry"}'), None, NO_MATCH, "unknown route"),
        (answered("def search(): ..."), None, NONSENSE, "names no route"),
        (answered(None), None, NONSENSE, "empty"),
        (b"<html>", None, FAILED, "not JSON"),
        (b'{"error": {"message": "model is loading"}}', None, FAILED, "model is loading"),
    ],
)
def test_any_answer_is_a_judgement(answer: bytes, route: str | None, reason: str, detail: str) -> None:
    judged = at_once(remote(Answering(answer)).judge(ASKED, SEED))
    assert (judged.route, judged.reason) == (route, reason)
    assert detail in judged.detail
    assert bool(detail) == bool(judged.detail)


@pytest.mark.parametrize("said", [(), (Said("assistant", "How may I help?"),)])
def test_nobody_is_asked_when_no_user_spoke(said: tuple[Said, ...]) -> None:
    ask = Answering()
    assert at_once(remote(ask).judge(said, SEED)).reason == NOTHING_SAID
    assert ask.asked == []


def test_half_a_letter_does_not_keep_it_from_asking() -> None:
    ask = Answering(answered('{"route": "code_generation"}'))
    assert at_once(remote(ask).judge((Said("user", "write \ud83d"),), SEED)).route == "code_generation"


def to(provider: ScriptedProvider) -> Ask:
    """An `ask` over a socket, a connection each."""

    async def ask(model: str, body: bytes, timeout_s: float) -> bytes:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(provider.host, provider.port)
            head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len(body)}"
            writer.write(head.encode() + b"\r\ncontent-type: application/json\r\n\r\n" + body)
            head_came, _, answer = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
            await writer.wait_closed()
        if b" 200 " not in head_came:
            raise RetriesExhausted(f"{model} failed", status=int(head_came.split()[1]))
        return answer

    return ask


def test_a_provider_gives_the_route() -> None:
    answers = [answered('{"route": ["complex_reasoning"]}'), answered("<think>\n\n</think>\n\ncode_generation")]

    async def story() -> None:
        script = Script().then(*map(json_answer, answers), json_answer({"error": "gone"}, status=503))
        async with ScriptedProvider(script) as provider:
            kind = msgspec.convert({"model": "arch-router"}, REMOTE.settings, dec_hook=dec_hook)
            router = REMOTE.build(kind, RouterTools(ask=to(provider), monotonic_s=asyncio.get_running_loop().time))
            await router.start()
            await router.prepare(SEED)
            for number, expected in enumerate(["complex_reasoning", "code_generation", None]):
                judged = await router.judge((Said("user", f"question {number}"),), SEED)
                assert judged.route == expected
            assert judged.reason == FAILED
            assert [request.path for request in provider.requests] == ["/v1/chat/completions"] * 3
            await router.stop()

    asyncio.run(story())
