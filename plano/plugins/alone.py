"""One plugin by itself, for those who ask it something without a config: no settings are read, nothing is started."""

from __future__ import annotations

import pluggy

from plano.hook_markers import PROJECT
from plano.plugins import hookspecs
from plano.plugins.found import FoundPlugin
from plano.plugins.hook_plan import Step, steps_of
from plano.plugins.inspection import faults
from plano.plugins.load_error import PluginLoadError, told


def hook_steps(found: FoundPlugin, hook: str) -> tuple[Step, ...]:
    """Imports the plugin; its implementation of a hook, or nothing. Raises `PluginLoadError` with all that is wrong."""
    try:
        target = found.load()
        plugin = target() if isinstance(target, type) else target
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(hookspecs)
        wrong = faults(manager, plugin)
    except (Exception, SystemExit) as error:
        raise PluginLoadError((f"{found}: could not be loaded: {told(error)}",)) from error
    if wrong:
        raise PluginLoadError(tuple(f"{found}: {fault}" for fault in wrong))
    manager.register(plugin, name=found.name)
    return steps_of(manager, hook)
