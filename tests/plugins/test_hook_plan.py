from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from plano.errors import BadRequest, PlanoError, PluginFailed, RequestRefused
from plano.hook_markers import hookimpl
from plano.plugins.deciding import run_pre_route
from plano.plugins.hook_plan import Step
from plano.plugins.trial import trial_exchange
from tests.plugins.support import found, load


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


def test_an_implementation_gets_the_arguments_it_asks_for() -> None:
    class Plugin:
        count = 0

        @hookimpl
        def pre_route(self) -> None:
            self.count += 1

        @hookimpl
        def filter(self, exchange: object, mine: str = "default") -> None:
            self.seen = (exchange, mine)

    loaded = load(found("p", Plugin))
    plugin = loaded.manager.get_plugin("p")
    exchange = trial_exchange()
    asyncio.run(run_pre_route(loaded.plan.pre_route, exchange))
    asyncio.run(run_pre_route(loaded.plan.filter_request, exchange))
    assert (plugin.count, plugin.seen) == (1, (exchange, "default"))


def test_asking_for_everything_costs_no_adapter() -> None:
    class Plugin:
        @hookimpl
        def pre_route(self, exchange: object) -> None: ...

    loaded = load(found("p", Plugin))
    (compiled,) = loaded.plan.pre_route
    assert compiled.call == loaded.manager.get_plugin("p").pre_route


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
