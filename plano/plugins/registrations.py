"""What plugins register by name (dialects, vendors, stores ...), and the names they may not take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol, TypeVar

from plano.config.router_choice import ROUTERS
from plano.config.vendor_names import INTERFACES
from plano.dialects.operation import OPERATIONS, PROVIDER_OPERATIONS
from plano.dialects.provider_dialect import ProviderDialect
from plano.dialects.provider_vendor import ProviderVendor
from plano.plugins.found import FoundPlugin
from plano.plugins.hook_plan import Step
from plano.plugins.load_error import told

_OPERATIONS: Final = (*OPERATIONS, *PROVIDER_OPERATIONS)
DIALECT_NAMES: Final = INTERFACES.union(*({operation.name, operation.dialect} for operation in _OPERATIONS))
"""Names of vendors, operations and dialects of plano's own."""
ROUTER_NAMES: Final = frozenset(ROUTERS)
#: Schemes of the stores that come with plano; the room that has them stands beside this one.
STORE_NAMES: Final = frozenset({"memory", "redis", "rediss", "unix"})


class Named(Protocol):
    """Something with a name that a config uses."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def registered(
    steps: Iterable[Step], found: Mapping[str, FoundPlugin], kind: type[N], noun: str, taken: frozenset[str]
) -> tuple[dict[str, tuple[N, FoundPlugin]], list[str]]:
    """What the hooks give, all of `kind`, by name and with its plugin; and what is wrong with it, one sentence each.

    `noun` is what people call such a thing, `taken` are the names plano has itself. What has further names (`names`)
    is there by its first one only, and keeps all of them from others.
    """
    by_name: dict[str, tuple[N, FoundPlugin]] = {}
    problems: list[str] = []
    for step in steps:
        plugin = found[step.plugin]
        try:
            for one in _given(step, kind):
                for name in getattr(one, "names", (one.name,)):
                    first, other = by_name.setdefault(name, (one, plugin))
                    if name in taken:
                        problems.append(f"{plugin}: the {noun} {name!r} needs another name: plano has that one")
                    elif first is not one:
                        problems.append(f"{plugin}: the {noun} {name!r} is already registered by {other}")
        except (Exception, SystemExit) as error:
            problems.append(f"{plugin}: {step.hook} failed: {told(error)}")
    return {name: entry for name, entry in by_name.items() if entry[0].name == name}, problems


def settle_vendors(
    vendors: Mapping[str, tuple[ProviderVendor, FoundPlugin]],
    dialects: dict[str, tuple[ProviderDialect, FoundPlugin]],
) -> list[str]:
    """Adds the dialects that only vendors name; says which of their names mean two things.

    A vendor is a value of `provider_interface` as well, and may be called like the dialect it speaks.
    """
    problems: list[str] = []
    for vendor, plugin in vendors.values():
        if vendor.dialect is not None:
            name = vendor.dialect.name
            if name in DIALECT_NAMES:
                problems.append(f"{plugin}: the dialect {name!r} needs another name: plano has that one")
            first, other = dialects.setdefault(name, (vendor.dialect, plugin))
            if first is not vendor.dialect:
                problems.append(f"{plugin}: the dialect {name!r} is already registered by {other}")
    for vendor, plugin in vendors.values():
        for name in vendor.names:
            if name in dialects and dialects[name][0] is not vendor.dialect:
                other = dialects[name][1]
                problems.append(f"{plugin}: the vendor {name!r} is already registered as a dialect by {other}")
    return problems


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
