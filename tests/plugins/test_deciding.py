from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from plano.errors import BadRequest, PlanoError, PluginFailed, RequestRefused
from plano.plugins.deciding import decision_of, run_pre_route
from plano.plugins.hook_plan import FaultRule, Step
from plano.plugins.trial import trial_exchange
from plano.plugins.watch import Watch


def step(call: Callable[..., Any]) -> Step:
    return Step("guard", "pre_route", call, asyncio.iscoroutinefunction(call))


def outcome_of(*calls: Callable[..., Any]) -> BaseException:
    """What the client's request ends with when these run as `pre_route`."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011  # The tests look at it closely.
        asyncio.run(run_pre_route(tuple(map(step, calls)), trial_exchange()))
    return caught.value


def raising(error: BaseException) -> Callable[..., Any]:
    def call(exchange: object) -> None:
        raise error

    return call


def test_hooks_run_one_after_the_other_on_the_same_exchange_plain_or_async() -> None:
    trail: list[tuple[str, object]] = []

    async def first(exchange: object) -> None:
        await asyncio.sleep(0)
        trail.append(("first", exchange))

    def second(exchange: object) -> None:
        trail.append(("second", exchange))

    exchange = trial_exchange()
    asyncio.run(run_pre_route((step(first), step(second)), exchange))
    assert trail == [("first", exchange), ("second", exchange)]


def test_a_refusal_is_the_plugins_own_and_ends_the_run() -> None:
    refusal = RequestRefused("not for you", status=451, code="unlawful")
    reached: list[object] = []
    outcome = outcome_of(raising(refusal), reached.append)
    assert outcome is refusal
    assert refusal.detail == "refused by plugin guard in pre_route"
    assert reached == []


@pytest.mark.parametrize("status", [200, 302, 399, 600, "403"])
def test_a_refusal_that_is_no_error_status_fails_closed(status: Any) -> None:
    assert isinstance(outcome_of(raising(RequestRefused("no", status=status))), PluginFailed)


@pytest.mark.parametrize(
    "error", [ValueError("key sk-123"), PlanoError("sk-123"), SystemExit("sk-123"), StopIteration("sk-123")]
)
def test_anything_else_fails_closed_and_only_the_log_tells_what(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    reached: list[object] = []
    outcome = outcome_of(raising(error), reached.append)
    assert isinstance(outcome, PluginFailed)
    assert (outcome.status, outcome.message) == (500, "plugin guard failed")
    assert "sk-123" not in outcome.message + outcome.detail
    assert reached == []
    (line,) = caplog.records
    assert line.getMessage() == "plugin guard failed in pre_route, request req-1"
    assert line.exc_info is not None
    assert line.exc_info[1] is error


@pytest.mark.parametrize("error", [SystemExit("x"), KeyboardInterrupt(), asyncio.CancelledError()])
@pytest.mark.parametrize("awaits", [False, True])
def test_what_would_end_the_loop_or_the_exchange_is_the_plugins_failure(error: BaseException, awaits: bool) -> None:
    async def call(exchange: object) -> None:
        raise error

    assert isinstance(outcome_of(call if awaits else raising(error)), PluginFailed)


def test_a_request_that_makes_no_sense_is_the_clients_fault_not_the_plugins() -> None:
    with pytest.raises(BadRequest, match="`model` must be a string"):
        asyncio.run(
            run_pre_route((step(lambda exchange: exchange.requested_model),), trial_exchange({"model": 3}))
        )


@pytest.mark.parametrize("result", [False, True, 0, "no"])
def test_a_result_fails_closed_because_it_would_be_ignored(result: object) -> None:
    assert isinstance(outcome_of(lambda exchange: result), PluginFailed)


def test_a_coroutine_out_of_a_plain_function_fails_closed(caplog: pytest.LogCaptureFixture) -> None:
    async def guard(exchange: object) -> None: ...

    assert isinstance(outcome_of(lambda exchange: guard(exchange)), PluginFailed)
    assert "declare the hook as async def" in caplog.text


def test_cancelling_the_exchange_passes_through_a_hook() -> None:
    async def scene() -> None:
        waiting = asyncio.Event()

        async def slow(exchange: object) -> None:
            waiting.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(run_pre_route((step(slow),), trial_exchange()))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scene())


def test_something_cancelled_inside_a_plugin_is_the_plugins_failure() -> None:
    async def cancelled_inside(exchange: object) -> None:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    assert isinstance(outcome_of(cancelled_inside), PluginFailed)


def open_step(call: Callable[..., Any]) -> Step:
    return Step("guard", "filter", call, asyncio.iscoroutinefunction(call), FaultRule("open", 5.0))


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit("x"), TypeError("x")])
def test_a_plugin_that_fails_open_is_passed_over_and_counted(error: BaseException) -> None:
    reached: list[object] = []
    failing = open_step(raising(error))
    asyncio.run(run_pre_route((failing, step(reached.append)), trial_exchange()))
    assert len(reached) == 1
    assert (failing.cost.calls, failing.cost.failures) == (1, 1)


def test_a_refusal_is_no_fault_and_ends_the_run_whatever_the_rule() -> None:
    with pytest.raises(RequestRefused):
        asyncio.run(run_pre_route((open_step(raising(RequestRefused("no"))),), trial_exchange()))


def test_half_of_the_changes_of_a_plugin_that_fails_open_are_none() -> None:
    def changes_and_fails(exchange: Any) -> None:
        exchange.texts()[0].text = "changed"
        raise ValueError

    exchange = trial_exchange()
    asyncio.run(run_pre_route((open_step(changes_and_fails),), exchange))
    assert exchange.texts()[0].text == "hello"
    assert not exchange.envelope.is_changed


def test_the_answer_of_a_plugin_that_fails_open_is_none() -> None:
    def answers_and_fails(exchange: Any) -> None:
        exchange.answer(b"{}")
        raise ValueError

    exchange = trial_exchange()
    asyncio.run(run_pre_route((open_step(answers_and_fails),), exchange))
    assert exchange.given_answer is None


def test_an_async_hook_has_its_time_and_no_more_even_if_it_will_not_be_cancelled() -> None:
    async def scene() -> None:
        gone_on = asyncio.Event()

        async def stubborn(exchange: object) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                gone_on.set()
                await asyncio.sleep(0)

        slow = Step("guard", "filter", stubborn, True, FaultRule("closed", 0.01))
        with pytest.raises(PluginFailed) as caught:
            await run_pre_route((slow,), trial_exchange())
        assert caught.value.detail == "HookTimeout in filter"
        await gone_on.wait()

    asyncio.run(scene())


@pytest.mark.parametrize("hang", [lambda: time.sleep(60), lambda: [None for _ in iter(int, 1)]], ids=["sleep", "loop"])
def test_a_plain_hook_that_does_not_return_is_interrupted(
    hang: Callable[[], object], caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch(limit_s=0.05)
    watch.start()
    try:
        hanging = Step("guard", "filter", lambda exchange: hang(), False, watch=watch)
        with pytest.raises(PluginFailed) as caught:
            asyncio.run(run_pre_route((hanging,), trial_exchange()))
    finally:
        watch.stop()
    assert caught.value.detail == "HookHangs in filter"
    assert "it took longer than 0.05 s, while every client waited" in caplog.text


def test_whoever_answers_is_the_last_to_be_asked() -> None:
    reached: list[object] = []
    exchange = trial_exchange()
    asyncio.run(run_pre_route((step(lambda exchange: exchange.answer(b"{}")), step(reached.append)), exchange))
    assert exchange.given_answer.body == b"{}"
    assert reached == []


def test_what_a_hook_returns_is_of_the_types_accepted() -> None:
    answering = step(lambda exchange: "text")
    assert asyncio.run(decision_of(answering, trial_exchange(), str)) == "text"
    with pytest.raises(PluginFailed):
        asyncio.run(decision_of(answering, trial_exchange(), (int, float)))
