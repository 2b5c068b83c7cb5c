"""What could be loaded: installed distributions with an entry point in the group `plano`, and the built-ins.

Finding imports nothing of a plugin; a broken one can therefore still be switched off by name.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from importlib.metadata import entry_points

from msgspec import Struct

import plano
from plano.hook_markers import PROJECT
from plano.plugins.builtin import BUILTINS


class FoundPlugin(Struct, frozen=True):
    """A plugin by name and origin; `load()` imports it and returns a module, a class or an instance."""

    name: str
    distribution: str
    version: str
    load: Callable[[], object]

    def __str__(self) -> str:
        return f"plugin {self.name!r} of {self.distribution} {self.version}"


def builtin_plugins(modules: tuple[str, ...] = BUILTINS) -> tuple[FoundPlugin, ...]:
    """The parts of plano that use the plugin door, in declared order."""
    return tuple(
        FoundPlugin(
            name=module.rpartition(".")[2],
            distribution="planoai",
            version=plano.__version__,
            load=partial(importlib.import_module, module),
        )
        for module in modules
    )


def installed_plugins() -> tuple[FoundPlugin, ...]:
    """What pip put beside plano, ordered by name: the order of `sys.path` must not decide who runs first."""
    found = []
    for entry in entry_points(group=PROJECT):
        origin = ("unknown", "0") if entry.dist is None else (entry.dist.name, entry.dist.version)
        found.append(FoundPlugin(entry.name, *origin, entry.load))
    return tuple(sorted(found, key=lambda plugin: (plugin.name, plugin.distribution)))
