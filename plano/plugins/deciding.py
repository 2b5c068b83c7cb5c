"""The calling of hooks that decide about a request, and what their faults become.

A hook that raises, hangs or returns nonsense lets no request pass, unless its plugin's `on_fault` is `open`; the client
is told the plugin's name and nothing else.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from plano.errors import BadRequest, PlanoError, PluginFailed, RequestRefused
from plano.plugins.async_hook import AsyncHook
from plano.plugins.hook_plan import Step
from plano.plugins.watch import HookHangs

if TYPE_CHECKING:
    from plano.exchange import Exchange

log: Final = logging.getLogger("plano.plugins")


async def run_pre_route(steps: tuple[Step, ...], exchange: Exchange) -> None:
    """Run `pre_route` hooks one after the other; the first that raises or answers ends it.

    Raises RequestRefused when a plugin refuses, BadRequest for one that makes no sense, PluginFailed for anything else.
    """
    for step in steps:
        await decision_of(step, exchange, type(None))
        if exchange.given_answer is not None:
            return


async def decision_of(step: Step, exchange: Exchange, accepted: type | tuple[type, ...]) -> Any:
    """What one hook returns, of the types `accepted` or None. Raises as `run_pre_route` does.

    Changes it made to `exchange.texts()` are in the request when this returns.
    """
    began = perf_counter()
    try:
        if step.awaits:
            result = await AsyncHook(step.watch, step.call(exchange), step.rule.timeout_s)
        else:
            result = step.watch.call(step.call, exchange)
        expect(result, accepted)
        if exchange.request_texts is not None:
            exchange.request_texts.write_back()
    except RequestRefused as refusal:
        raise checked_refusal(step, refusal, exchange) from None
    except BadRequest:
        raise  # The exchange says so of a request that makes no sense: the client's fault.
    except (Exception, SystemExit, HookHangs) as error:
        exchange.request_texts = None  # Half of its changes are none, and its answer is none.
        exchange.given_answer = None
        failed(step, exchange, error)
        if exchange.record.filters:
            exchange.record.filters[-1].outcome = "failed"  # And passed by: a chain has noted it last.
        return None
    finally:
        step.cost.note(perf_counter() - began)
    return result


def checked_refusal(step: Step, refusal: RequestRefused, exchange: Exchange) -> PlanoError:
    """The refusal with the plugin's name for the log; a status of 200 would tell the client all is well."""
    status = refusal.status
    if not isinstance(status, int) or not 400 <= status <= 599:
        wrong = ValueError(f"a refusal needs a status from 400 to 599, not {status!r}")
        return failure(step, exchange, wrong)
    refusal.detail = refusal.detail or f"refused by plugin {step.plugin} in {step.hook}"
    return refusal


def failed(step: Step, exchange: Exchange, error: BaseException) -> None:
    """Raise `PluginFailed`, or go on where that is the plugin's rule."""
    told = failure(step, exchange, error)
    if step.rule.on_fault == "closed":
        raise told from error


def failure(step: Step, exchange: Exchange, error: BaseException) -> PluginFailed:
    """The error for the client, which names the plugin; what really happened goes to the log only."""
    step.cost.failures += 1
    request_id = exchange.record.request_id
    log.error("plugin %s failed in %s, request %s", step.plugin, step.hook, request_id, exc_info=error)
    return PluginFailed(f"plugin {step.plugin} failed", detail=f"{type(error).__name__} in {step.hook}")


def expect(result: object, accepted: type | tuple[type, ...]) -> None:
    """Raise TypeError for a result of any other type but None: whoever returns False to refuse must not be ignored."""
    if result is None or isinstance(result, accepted):
        return
    refuse_coroutine(result)
    names = accepted if isinstance(accepted, tuple) else (accepted,)
    wanted = " or ".join(dict.fromkeys(("None", *(one.__name__ for one in names if one is not type(None)))))
    raise TypeError(f"the hook must return {wanted}, not {type(result).__name__}")


def expect_none(result: object) -> None:
    """The same where nothing but None is accepted."""
    expect(result, type(None))


def refuse_coroutine(result: object) -> None:
    """Raise TypeError for a coroutine out of a plain function: nobody would ever await it."""
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError("a plain function returned a coroutine; declare the hook as async def")


def cancelled_from_outside() -> bool:
    """Whether the current task itself was cancelled, as opposed to something a plugin awaited."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
