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
from plano.dialects.provider_vendor import ProviderVendor
from plano.hook_markers import PROJECT
from plano.intent import RouterModelKind
from plano.plugins import hookspecs
from plano.plugins.deciding import expect_none
from plano.plugins.exporter import Exporter
from plano.plugins.found import FoundPlugin, builtin_plugins, installed_plugins
from plano.plugins.hook_plan import FaultRule, HookPlan, Step, compile_plan, steps_of
from plano.plugins.inspection import faults, hooks_of
from plano.plugins.load_error import PluginLoadError, told
from plano.plugins.registrations import DIALECT_NAMES, ROUTER_NAMES, STORE_NAMES, N, registered, settle_vendors
from plano.plugins.sections import PluginSection, read_sections, to_struct
from plano.plugins.tools import PluginTools
from plano.plugins.watch import Watch
from plano.storing import StoreKind

log: Final = logging.getLogger("plano.plugins")


class PluginFacts(Struct, frozen=True):
    """One plugin as people see it; one that is switched off, or waits to be asked for (`waits`), shows no hooks."""

    name: str
    distribution: str
    version: str
    enabled: bool
    hooks: tuple[str, ...] = ()
    waits: bool = False


class Registered(Struct, frozen=True):
    """What plugins registered; an exporter with the name of its plugin."""

    dialects: tuple[ProviderDialect, ...]
    vendors: tuple[ProviderVendor, ...]
    router_models: tuple[RouterModelKind, ...]
    stores: tuple[StoreKind, ...]
    exporters: tuple[tuple[str, Exporter], ...]


class LoadedPlugins:
    """The plugins of one app: `plan` for requests, `facts` for people, `start()` before listeners open.

    `dialects`, `vendors`, `router_models`, `stores` and `exporters` (with their plugin's name) are what was registered.
    """

    __slots__ = (
        "_watch",
        "dialects",
        "exporters",
        "facts",
        "manager",
        "plan",
        "router_models",
        "sections",
        "stores",
        "vendors",
    )

    def __init__(
        self,
        manager: pluggy.PluginManager,
        facts: tuple[PluginFacts, ...],
        sections: dict[str, Struct | None],
        registered: Registered,
        rules: Mapping[str, FaultRule],
    ) -> None:
        self.manager = manager
        self.dialects = registered.dialects
        self.vendors = registered.vendors
        self.router_models = registered.router_models
        self.stores = registered.stores
        self.exporters = registered.exporters
        self.facts = facts
        self.sections = sections
        self._watch = Watch()
        self.plan: HookPlan = compile_plan(manager, rules, self._watch)

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
        if self.plan.decides:
            self._watch.start()

    def stop(self) -> None:
        """No hook that decides is called any more."""
        self._watch.stop()

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
            self._note(found, enabled=False, waits=True)
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
        everything = self._everything()
        if self._problems:
            raise PluginLoadError(tuple(self._problems))
        rules = {found.name: section.rule for found, _, section in self._made}
        return LoadedPlugins(self._manager, tuple(self._facts), sections, everything, rules)

    def _everything(self) -> Registered:
        """What the registration hooks give."""
        dialects = self._registered("dialects", ProviderDialect, "dialect", DIALECT_NAMES)
        vendors = self._registered("providers", ProviderVendor, "vendor", DIALECT_NAMES)
        self._problems += settle_vendors(vendors, dialects)
        router_models = self._registered("router_models", RouterModelKind, "router model", ROUTER_NAMES)
        stores = self._registered("stores", StoreKind, "store", STORE_NAMES)
        exporters = self._registered("exporters", Exporter, "exporter", frozenset())
        return Registered(
            dialects=tuple(one for one, _ in dialects.values()),
            vendors=tuple(one for one, _ in vendors.values()),
            router_models=tuple(one for one, _ in router_models.values()),
            stores=tuple(one for one, _ in stores.values()),
            exporters=tuple((found.name, one) for one, found in exporters.values()),
        )

    def _registered(
        self, hook: str, kind: type[N], noun: str, taken: frozenset[str]
    ) -> dict[str, tuple[N, FoundPlugin]]:
        origins = {found.name: found for found, _, _ in self._made}
        given, wrong = registered(steps_of(self._manager, hook), origins, kind, noun, taken)
        self._problems += wrong
        return given

    def _note(self, found: FoundPlugin, *, enabled: bool, hooks: tuple[str, ...] = (), waits: bool = False) -> None:
        self._facts.append(PluginFacts(found.name, found.distribution, found.version, enabled, hooks, waits))

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
