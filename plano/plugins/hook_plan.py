"""Hook implementations as tuples that are called positionally, and the calling of those that decide.

pluggy orders and checks at start-up; its own call loop costs several times as much and is not used on
the way of a request. An empty tuple is a skipped line in the pipeline.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plano.errors import BadRequest, PlanoError, PluginFailed, RequestRefused
from plano.plugins import hookspecs

if TYPE_CHECKING:
    from pluggy import HookImpl, PluginManager

    from plano.exchange import Exchange

Call = Callable[..., Any]

log: Final = logging.getLogger("plano.plugins")


class Step(Struct, frozen=True):
    """One implementation: `call` takes the hook's arguments by position; `awaits` if it is `async def`."""

    plugin: str
    hook: str
    call: Call
    awaits: bool


class HookPlan(Struct, frozen=True):
    """The request-time hooks of one app in the order they run."""

    pre_route: tuple[Step, ...] = ()
    filter_request: tuple[Step, ...] = ()
    filter_answer: tuple[Step, ...] = ()
    post_response: tuple[Step, ...] = ()


def compile_plan(manager: PluginManager) -> HookPlan:
    """Read the implementations out of the manager, once."""
    return HookPlan(
        pre_route=steps_of(manager, "pre_route"),
        filter_request=steps_of(manager, "filter"),
        filter_answer=steps_of(manager, "filter_answer"),
        post_response=steps_of(manager, "post_response"),
    )


def steps_of(manager: PluginManager, hook: str) -> tuple[Step, ...]:
    """Implementations of one hook in pluggy's calling order (which is its list read backwards)."""
    offered = tuple(inspect.signature(getattr(hookspecs, hook)).parameters)
    implementations: list[HookImpl] = getattr(manager.hook, hook).get_hookimpls()
    return tuple(step_of(hook, implementation, offered) for implementation in reversed(implementations))


def step_of(hook: str, impl: HookImpl, offered: tuple[str, ...]) -> Step:
    """Adapt one implementation to the full argument list `offered`."""
    return Step(
        plugin=impl.plugin_name,
        hook=hook,
        call=_taking_all(impl.function, tuple(impl.argnames), offered),
        awaits=inspect.iscoroutinefunction(impl.function),
    )


def _taking_all(function: Call, asked: tuple[str, ...], offered: tuple[str, ...]) -> Call:
    """A callable for all `offered` arguments that hands over the `asked` ones; `function` itself if all.

    This keeps pluggy's promise that hooks may gain arguments without breaking older plugins.
    """
    if asked == offered:
        return function
    places = tuple(offered.index(name) for name in asked)

    def adapted(*given: Any) -> Any:
        return function(*[given[place] for place in places])

    return adapted


async def run_deciding(steps: tuple[Step, ...], exchange: Exchange) -> None:
    """Run hooks that may change or refuse the request, one after the other; the first that raises ends it.

    Raises RequestRefused when a plugin refuses, BadRequest for one that makes no sense, PluginFailed for
    anything else: a broken guard lets no request pass.
    """
    for step in steps:
        try:
            result = step.call(exchange)
            if step.awaits:
                result = await result
            if result is not None:
                expect_none(result)
        except RequestRefused as refusal:
            raise _checked_refusal(step, refusal, exchange) from None
        except BadRequest:
            raise  # The exchange says so of a request that makes no sense: the client's fault.
        except (Exception, SystemExit) as error:
            raise _failure(step, exchange, error) from error
        except asyncio.CancelledError as error:
            if cancelled_from_outside():
                raise
            raise _failure(step, exchange, error) from error


run_pre_route: Final = run_deciding
run_filter: Final = run_deciding


def cancelled_from_outside() -> bool:
    """Whether the current task itself was cancelled, as opposed to something a plugin awaited."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _checked_refusal(step: Step, refusal: RequestRefused, exchange: Exchange) -> PlanoError:
    """The refusal with the plugin's name for the log; a status of 200 would tell the client all is well."""
    status = refusal.status
    if not isinstance(status, int) or not 400 <= status <= 599:
        wrong = ValueError(f"a refusal needs a status from 400 to 599, not {status!r}")
        return _failure(step, exchange, wrong)
    refusal.detail = refusal.detail or f"refused by plugin {step.plugin} in {step.hook}"
    return refusal


def refuse_coroutine(result: object) -> None:
    """Raise TypeError for a coroutine out of a plain function: nobody would ever await it."""
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError("a plain function returned a coroutine; declare the hook as async def")


def expect_none(result: object) -> None:
    """Raise TypeError for any result: whoever returns False to refuse must not be taken for content."""
    if result is not None:
        refuse_coroutine(result)
        raise TypeError(f"the hook must return None, not {type(result).__name__}")


def _failure(step: Step, exchange: Exchange, error: BaseException) -> PluginFailed:
    """The error for the client, which names the plugin; what really happened goes to the log only."""
    request_id = exchange.record.request_id
    log.error("plugin %s failed in %s, request %s", step.plugin, step.hook, request_id, exc_info=error)
    return PluginFailed(f"plugin {step.plugin} failed", detail=f"{type(error).__name__} in {step.hook}")
