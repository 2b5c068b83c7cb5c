"""The API formats that plugins register, and the names they may not take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from plano.config.vendor_names import INTERFACES
from plano.dialects.operation import OPERATIONS, PROVIDER_OPERATIONS
from plano.dialects.provider_dialect import ProviderDialect
from plano.plugins.found import FoundPlugin
from plano.plugins.hook_plan import Step
from plano.plugins.load_error import told

_OPERATIONS: Final = (*OPERATIONS, *PROVIDER_OPERATIONS)
TAKEN: Final = INTERFACES.union(*({operation.name, operation.dialect} for operation in _OPERATIONS))
"""Names of vendors, operations and dialects of plano's own."""


def registered_dialects(
    steps: Iterable[Step], found: Mapping[str, FoundPlugin]
) -> tuple[tuple[ProviderDialect, ...], list[str]]:
    """What the `dialects` hooks give, and what is wrong with it, one sentence each."""
    by_name: dict[str, tuple[ProviderDialect, FoundPlugin]] = {}
    problems: list[str] = []
    for step in steps:
        plugin = found[step.plugin]
        try:
            for dialect in _given(step):
                _, other = by_name.setdefault(dialect.name, (dialect, plugin))
                if dialect.name in TAKEN:
                    problems.append(f"{plugin}: the dialect {dialect.name!r} needs another name: plano has that one")
                elif by_name[dialect.name][0] is not dialect:
                    problems.append(f"{plugin}: the dialect {dialect.name!r} is already registered by {other}")
        except (Exception, SystemExit) as error:
            problems.append(f"{plugin}: dialects failed: {told(error)}")
    return tuple(dialect for dialect, _ in by_name.values()), problems


def _given(step: Step) -> Iterator[ProviderDialect]:
    given = step.call()
    if given is None:
        return
    if isinstance(given, ProviderDialect) or not isinstance(given, Iterable):
        raise TypeError(f"it must return a list of ProviderDialect, not {type(given).__name__}")
    for dialect in given:
        if not isinstance(dialect, ProviderDialect):
            raise TypeError(f"it must return a list of ProviderDialect, not one of {type(dialect).__name__}")
        yield dialect
