"""Hook implementations as tuples that are called positionally.

pluggy orders and checks at start-up; its own call loop costs several times as much and is not used on
the way of a request. An empty tuple is a skipped line in the pipeline.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec import Struct, field

from plano.plugins import hookspecs
from plano.plugins.hook_cost import HookCost
from plano.plugins.watch import Watch

if TYPE_CHECKING:
    from pluggy import HookImpl, PluginManager

Call = Callable[..., Any]


class FaultRule(Struct, frozen=True):
    """What happens when a deciding hook fails: `closed` lets nothing pass, `open` goes on as if it were not there.

    `timeout_s`: how long an `async def` may take; neither it nor a plain function may block for `LONGEST_BLOCK_S`.
    """

    on_fault: Literal["closed", "open"] = "closed"
    timeout_s: float = 5.0


FAIL_CLOSED: Final = FaultRule()


class Step(Struct, frozen=True, eq=False):
    """One implementation: `call` takes the hook's arguments by position; `awaits` if it is `async def`.

    `watch` runs what is plain, `cost` counts.
    """

    plugin: str
    hook: str
    call: Call
    awaits: bool
    rule: FaultRule = FAIL_CLOSED
    watch: Watch = field(default_factory=Watch)
    cost: HookCost = field(default_factory=HookCost)


class HookPlan(Struct, frozen=True):
    """The request-time hooks of one app in the order they run."""

    pre_route: tuple[Step, ...] = ()
    filter_request: tuple[Step, ...] = ()
    filter_answer: tuple[Step, ...] = ()
    post_response: tuple[Step, ...] = ()


    @property
    def decides(self) -> bool:
        """Whether there are hooks that requests wait for."""
        return bool(self.pre_route or self.filter_request or self.filter_answer)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of them."""
        return (*self.pre_route, *self.filter_request, *self.filter_answer, *self.post_response)


def compile_plan(manager: PluginManager, rules: Mapping[str, FaultRule], watch: Watch) -> HookPlan:
    """Read the implementations out of the manager, once. `rules` are by plugin."""

    def steps(hook: str) -> tuple[Step, ...]:
        return steps_of(manager, hook, rules, watch)

    return HookPlan(steps("pre_route"), steps("filter"), steps("filter_answer"), steps("post_response"))


def steps_of(
    manager: PluginManager, hook: str, rules: Mapping[str, FaultRule] | None = None, watch: Watch | None = None
) -> tuple[Step, ...]:
    """Implementations of one hook in pluggy's calling order (which is its list read backwards)."""
    offered = tuple(inspect.signature(getattr(hookspecs, hook)).parameters)
    implementations: list[HookImpl] = getattr(manager.hook, hook).get_hookimpls()
    rules, watch = rules or {}, watch or Watch()
    return tuple(_step_of(hook, one, offered, rules, watch) for one in reversed(implementations))


def _step_of(
    hook: str, impl: HookImpl, offered: tuple[str, ...], rules: Mapping[str, FaultRule], watch: Watch
) -> Step:
    """Adapt one implementation to the full argument list `offered`."""
    return Step(
        plugin=impl.plugin_name,
        hook=hook,
        call=_taking_all(impl.function, tuple(impl.argnames), offered),
        awaits=inspect.iscoroutinefunction(impl.function),
        rule=rules.get(impl.plugin_name, FAIL_CLOSED),
        watch=watch,
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
