"""Commands that plugins add to `planoai`. Only the command line asks for them, and no settings are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import pluggy

from plano.hook_markers import PROJECT
from plano.plugins import hookspecs
from plano.plugins.found import FoundPlugin
from plano.plugins.hook_plan import steps_of
from plano.plugins.inspection import faults
from plano.plugins.load_error import PluginLoadError, told


class Command(Protocol):
    """A click command, as far as this room knows it."""

    name: str | None


def commands_of(found: FoundPlugin) -> tuple[Command, ...]:
    """Imports one plugin and asks it. Raises `PluginLoadError` with all that is wrong."""
    try:
        target = found.load()
        plugin = target() if isinstance(target, type) else target
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(hookspecs)
        if wrong := faults(manager, plugin):
            raise PluginLoadError(tuple(f"{found}: {fault}" for fault in wrong))
        manager.register(plugin, name=found.name)
        return tuple(command for step in steps_of(manager, "commands") for command in _listed(step.call()))
    except PluginLoadError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginLoadError((f"{found}: its commands could not be loaded: {told(error)}",)) from error


def _listed(given: Iterable[Command] | None) -> Iterable[Command]:
    if given is None:
        return ()
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise TypeError(f"commands must return a list of click commands, not {type(given).__name__}")
    return given
