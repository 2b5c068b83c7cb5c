"""What plugins register by name (dialects, router models), and the names they may not take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol, TypeVar

from plano.config.router_choice import ROUTERS
from plano.config.vendor_names import INTERFACES
from plano.dialects.operation import OPERATIONS, PROVIDER_OPERATIONS
from plano.plugins.found import FoundPlugin
from plano.plugins.hook_plan import Step
from plano.plugins.load_error import told

_OPERATIONS: Final = (*OPERATIONS, *PROVIDER_OPERATIONS)
DIALECT_NAMES: Final = INTERFACES.union(*({operation.name, operation.dialect} for operation in _OPERATIONS))
"""Names of vendors, operations and dialects of plano's own."""
ROUTER_NAMES: Final = frozenset(ROUTERS)


class Named(Protocol):
    """Something with a name that a config uses."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def registered(
    steps: Iterable[Step], found: Mapping[str, FoundPlugin], kind: type[N], noun: str, taken: frozenset[str]
) -> tuple[tuple[N, ...], list[str]]:
    """What the hooks give, all of `kind`, and what is wrong with it, one sentence each.

    `noun` is what people call such a thing, `taken` are the names plano has itself.
    """
    by_name: dict[str, tuple[N, FoundPlugin]] = {}
    problems: list[str] = []
    for step in steps:
        plugin = found[step.plugin]
        try:
            for one in _given(step, kind):
                _, other = by_name.setdefault(one.name, (one, plugin))
                if one.name in taken:
                    problems.append(f"{plugin}: the {noun} {one.name!r} needs another name: plano has that one")
                elif by_name[one.name][0] is not one:
                    problems.append(f"{plugin}: the {noun} {one.name!r} is already registered by {other}")
        except (Exception, SystemExit) as error:
            problems.append(f"{plugin}: {step.hook} failed: {told(error)}")
    return tuple(one for one, _ in by_name.values()), problems


def _given(step: Step, kind: type[N]) -> Iterator[N]:
    given = step.call()
    if given is None:
        return
    if isinstance(given, kind) or not isinstance(given, Iterable):
        raise TypeError(f"it must return a list of {kind.__name__}, not {type(given).__name__}")
    for one in given:
        if not isinstance(one, kind):
            raise TypeError(f"it must return a list of {kind.__name__}, not one of {type(one).__name__}")
        yield one
