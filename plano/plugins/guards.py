"""`prompt_guards`: built-in guards are the work of plugins of the same names, which get the message as a setting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plano.config.chain_names import names_in_chains
from plano.config.document import Config
from plano.config.problems import ConfigProblems, Problem
from plano.plugins.found import installed_plugins
from plano.plugins.loader import LoadedPlugins, load_plugins
from plano.plugins.sections import guard_place, guard_problem


def guards_of(config: Config) -> dict[str, dict[str, Any]]:
    """The plugins `prompt_guards` asks for, each with the settings that follow from it."""
    guards = None if config.prompt_guards is None else config.prompt_guards.input_guards
    if guards is None or guards.jailbreak is None:
        return {}
    told = guards.jailbreak.on_exception
    return {"jailbreak": {} if told is None else {"message": told.message}}


def load_configured(config: Config) -> LoadedPlugins:
    """The plugins of a config. Raises `PluginLoadError`."""
    return load_plugins(config.plugins, guards=guards_of(config), asked=names_in_chains(config))


def same_plugins(one: Config, other: Config) -> bool:
    """Whether two configs load the same plugins with the same settings."""
    return (
        one.plugins == other.plugins
        and guards_of(one) == guards_of(other)
        and names_in_chains(one) == names_in_chains(other)
    )


def check_guards(config: Config, installed: Iterable[str] | None = None) -> None:
    """For those who check a config: raises `ConfigProblems` for a guard whose plugin is not installed. Imports none."""
    guards: Mapping[str, Any] = guards_of(config)
    if not guards:
        return
    names = {plugin.name for plugin in installed_plugins()} if installed is None else set(installed)
    missing = [name for name in guards if name not in names]
    if missing:
        raise ConfigProblems(
            tuple(Problem(path=guard_place(name), message=guard_problem(name), file="") for name in missing)
        )
