"""Entry points and config sections in, a checked set of plugins out.

All problems are collected and raised together. The manager belongs to the result, so two apps fit in one
process; a plugin given as a class gets an instance per app for the same reason.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pluggy
from msgspec import Struct

from plano.dialects.provider_dialect import ProviderDialect
from plano.hook_markers import PROJECT
from plano.intent import RouterModelKind
from plano.plugins import hookspecs
from plano.plugins.found import FoundPlugin, builtin_plugins, installed_plugins
from plano.plugins.hook_plan import HookPlan, Step, compile_plan, expect_none, steps_of
from plano.plugins.inspection import faults, hooks_of
from plano.plugins.load_error import PluginLoadError, told
from plano.plugins.registrations import DIALECT_NAMES, ROUTER_NAMES, registered
from plano.plugins.sections import PluginSection, read_sections, to_struct
from plano.plugins.tools import PluginTools

log: Final = logging.getLogger("plano.plugins")


class PluginFacts(Struct, frozen=True):
    """One plugin as people see it; one that is switched off, or waits to be asked for, shows no hooks."""

    name: str
    distribution: str
    version: str
    enabled: bool
    hooks: tuple[str, ...] = ()


class LoadedPlugins:
    """The plugins of one app: `plan` for requests, `facts` for people, `start()` before listeners open.

    `dialects` and `router_models` are what they registered.
    """

    __slots__ = ("dialects", "facts", "manager", "plan", "router_models", "sections")

    def __init__(
        self,
        manager: pluggy.PluginManager,
        facts: tuple[PluginFacts, ...],
        sections: dict[str, Struct | None],
        dialects: tuple[ProviderDialect, ...],
        router_models: tuple[RouterModelKind, ...],
    ) -> None:
        self.manager = manager
        self.dialects = dialects
        self.router_models = router_models
        self.facts = facts
        self.sections = sections
        self.plan: HookPlan = compile_plan(manager)

    async def start(self, tools: PluginTools | None = None) -> None:
        """Call every `started` hook with its plugin's settings; raises PluginLoadError if one fails."""
        tools = PluginTools() if tools is None else tools
        for step in steps_of(self.manager, "started"):
            try:
                result = step.call(self.sections[step.plugin], tools)
                if step.awaits:
                    result = await result
                expect_none(result)
            except (Exception, SystemExit) as error:
                raise self._not_started(step, error) from error

    def _not_started(self, step: Step, error: BaseException) -> PluginLoadError:
        facts = next(facts for facts in self.facts if facts.name == step.plugin)
        origin = f"plugin {facts.name!r} of {facts.distribution} {facts.version}"
        return PluginLoadError((f"{origin}: started failed: {told(error)}",))


def load_plugins(
    configured: Mapping[str, Any],
    *,
    guards: Mapping[str, Mapping[str, Any]] = {},
    asked: Iterable[str] = (),
    installed: Iterable[FoundPlugin] | None = None,
    builtin: Iterable[FoundPlugin] | None = None,
) -> LoadedPlugins:
    """Import, check and register every plugin that is not switched off.

    `configured` is the config's `plugins` mapping. Raises PluginLoadError with all that is wrong. Within one
    hook: first tryfirst, then as listed under `plugins:`, then by name, then built-ins, last trylast.

    A plugin with `opt_in = True` does nothing unless it is configured, one of the `guards` (settings by plugin, out of
    `prompt_guards`), or `asked` for by name.
    """
    outside = tuple(installed_plugins() if installed is None else installed)
    own = tuple(builtin_plugins() if builtin is None else builtin)
    found, problems = _unique((*_as_listed(outside, configured), *own))
    sections, wrong = read_sections(configured, found, guards)
    loading = _Loading(problems + wrong, frozenset((*sections, *asked)))
    for plugin in found.values():
        loading.add(plugin, sections.get(plugin.name, PluginSection()))
    return loading.finish()


def _as_listed(found: tuple[FoundPlugin, ...], configured: Mapping[str, Any]) -> list[FoundPlugin]:
    """Plugins the config lists first, in its order; the others keep theirs."""
    places = {name: place for place, name in enumerate(configured)}
    return sorted(found, key=lambda plugin: places.get(plugin.name, len(places)))


def _unique(found: Iterable[FoundPlugin]) -> tuple[dict[str, FoundPlugin], list[str]]:
    """Plugins by name, and a problem for each name that is taken twice."""
    by_name: dict[str, FoundPlugin] = {}
    problems = []
    for plugin in found:
        first = by_name.setdefault(plugin.name, plugin)
        if first is not plugin:
            other = f"{first.distribution} {first.version}"
            problems.append(f"{plugin}: the name is already taken by {other}; uninstall one of them")
    return by_name, problems


class _Loading:
    """A load in progress: imports one by one, registers all, then settles the settings."""

    def __init__(self, problems: list[str], asked: frozenset[str]) -> None:
        self._problems = problems
        self._asked = asked
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._facts: list[PluginFacts] = []
        self._made: list[tuple[FoundPlugin, object, PluginSection]] = []
        self._targets: dict[int, tuple[FoundPlugin, object]] = {}

    def add(self, found: FoundPlugin, section: PluginSection) -> None:
        """Import one plugin and look it over; one that is switched off is not touched."""
        if not section.enabled:
            self._note(found, enabled=False)
            return
        try:
            plugin = self._object_of(found)
        except (Exception, SystemExit) as error:
            log.error("%s could not be loaded", found, exc_info=error)
            self._problems.append(f"{found}: could not be loaded: {told(error)}")
            return
        if found.name not in self._asked and getattr(plugin, "opt_in", False):
            self._note(found, enabled=False)
            return
        wrong = faults(self._manager, plugin)
        self._problems += (f"{found}: {fault}" for fault in wrong)
        if not wrong:
            self._note(found, enabled=True, hooks=hooks_of(self._manager, plugin))
            self._made.append((found, plugin, section))

    def finish(self) -> LoadedPlugins:
        """Register in reverse, because pluggy calls what was registered last first."""
        for found, plugin, _ in reversed(self._made):
            self._manager.register(plugin, name=found.name)
        sections = self._settled()
        origins = {found.name: found for found, _, _ in self._made}
        steps = steps_of(self._manager, "dialects")
        dialects, wrong = registered(steps, origins, ProviderDialect, "dialect", DIALECT_NAMES)
        steps = steps_of(self._manager, "router_models")
        router_models, more_wrong = registered(steps, origins, RouterModelKind, "router model", ROUTER_NAMES)
        self._problems += wrong + more_wrong
        if self._problems:
            raise PluginLoadError(tuple(self._problems))
        return LoadedPlugins(self._manager, tuple(self._facts), sections, dialects, router_models)

    def _note(self, found: FoundPlugin, *, enabled: bool, hooks: tuple[str, ...] = ()) -> None:
        self._facts.append(PluginFacts(found.name, found.distribution, found.version, enabled, hooks))

    def _object_of(self, found: FoundPlugin) -> object:
        """The plugin object; two names for one module or class would run its hooks twice."""
        target = found.load()
        first, _ = self._targets.setdefault(id(target), (found, target))
        if first is not found:
            raise ValueError(f"it is already loaded as {first}")
        return target() if isinstance(target, type) else target

    def _settled(self) -> dict[str, Struct | None]:
        """Every plugin's settings as the Struct it asked for."""
        describe = {step.plugin: step.call for step in steps_of(self._manager, "config_section")}
        sections: dict[str, Struct | None] = {}
        for found, _, section in self._made:
            try:
                section_type = describe[found.name]() if found.name in describe else None
                sections[found.name] = to_struct(found.name, section.settings, section_type)
            except (Exception, SystemExit) as error:
                self._problems.append(f"{found}: {told(error)}")
        return sections
