"""Every installed plugin by itself: what it is, and why it cannot be loaded if it cannot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from plano.plugins.alone import hook_steps
from plano.plugins.found import FoundPlugin, installed_plugins
from plano.plugins.load_error import PluginLoadError, told
from plano.plugins.loader import LoadedPlugins, load_plugins


class ListedPlugin(Struct, frozen=True, kw_only=True):
    """`loaded` is the plugin alone; None for one that is switched off, `waits`, or has `trouble` (a sentence each)."""

    name: str
    distribution: str
    version: str
    enabled: bool
    waits: bool = False
    hooks: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()
    loaded: LoadedPlugins | None = None


def list_plugins(
    configured: Mapping[str, Any],
    installed: Iterable[FoundPlugin] | None = None,
    *,
    guards: Mapping[str, Mapping[str, Any]] = {},
    asked: Collection[str] = (),
) -> tuple[ListedPlugin, ...]:
    """All that are installed, by name; a faulty one stops nobody else.

    `configured` is the config's `plugins` mapping; `guards` and `asked` are as with `load_plugins`.
    """
    found = tuple(installed_plugins() if installed is None else installed)
    return tuple(_listed(found, configured, guards, asked))


def described_sections(installed: Iterable[FoundPlugin] | None = None) -> dict[str, tuple[object, str]]:
    """By plugin: the type of its settings, None for one that takes none; and what is wrong, "" if nothing is."""
    sections: dict[str, tuple[object, str]] = {}
    for found in installed_plugins() if installed is None else installed:
        try:
            described = [step.call() for step in hook_steps(found, "config_section")]
        except PluginLoadError as error:
            sections.setdefault(found.name, (None, error.message))
        except (Exception, SystemExit) as error:
            sections.setdefault(found.name, (None, f"{found}: config_section failed: {told(error)}"))
        else:
            sections.setdefault(found.name, (described[0] if described else None, ""))
    return sections


def _listed(
    installed: tuple[FoundPlugin, ...],
    configured: Mapping[str, Any],
    guards: Mapping[str, Mapping[str, Any]],
    asked: Collection[str],
) -> Iterator[ListedPlugin]:
    first: dict[str, FoundPlugin] = {}
    for found in installed:
        other = first.setdefault(found.name, found)
        if other is not found:
            trouble = f"the name is already taken by {other.distribution} {other.version}; uninstall one of them"
            yield _in_trouble(found, (trouble,))
            continue
        own = {name: entry for name, entry in configured.items() if name == found.name}
        named = {name: entry for name, entry in guards.items() if name == found.name}
        try:
            loaded = load_plugins(own, guards=named, asked=asked, installed=(found,), builtin=())
        except PluginLoadError as error:
            yield _in_trouble(found, tuple(problem.removeprefix(f"{found}: ") for problem in error.problems))
        else:
            (facts,) = loaded.facts
            yield ListedPlugin(
                name=facts.name,
                distribution=facts.distribution,
                version=facts.version,
                enabled=facts.enabled,
                waits=facts.waits,
                hooks=facts.hooks,
                loaded=loaded if facts.enabled else None,
            )


def _in_trouble(found: FoundPlugin, trouble: tuple[str, ...]) -> ListedPlugin:
    return ListedPlugin(
        name=found.name, distribution=found.distribution, version=found.version, enabled=True, trouble=trouble
    )
