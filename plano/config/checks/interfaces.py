"""Checks of `provider_interface`, whose values plugins may add to."""

from __future__ import annotations

from collections.abc import Callable

from ..document import Config
from ..findings import Findings, did_you_mean, join
from ..vendor_names import INTERFACES, LISTED, AddedNames

MoreInterfaces = Callable[[Config], AddedNames]


def no_more_interfaces(config: Config) -> AddedNames:
    """For those who know of no plugins."""
    return AddedNames()


def check_interfaces(config: Config, findings: Findings, more: Callable[[], AddedNames]) -> None:
    """`more` is asked only where somebody has written a name that is not plano's own: it may have to load plugins."""
    named = [(index, row.provider_interface) for index, row in enumerate(config.model_providers)]
    unknown = [(index, name) for index, name in named if name is not None and name not in INTERFACES]
    added = more().interfaces if unknown else ()
    for index, name in unknown:
        if name not in added:
            here = join(findings.at("model_providers", index), "provider_interface")
            hint = did_you_mean(name, INTERFACES.union(added)) or f"known are {', '.join((*LISTED, *added))}"
            findings.problem(here, f"{findings.shown(here, name)} is not known", hint)
