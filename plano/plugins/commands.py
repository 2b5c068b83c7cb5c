"""Commands that plugins add to `planoai`. Only the command line asks for them, and no settings are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from plano.plugins.alone import hook_steps
from plano.plugins.found import FoundPlugin
from plano.plugins.load_error import PluginLoadError, told


class Command(Protocol):
    """A click command, as far as this room knows it."""

    name: str | None


def commands_of(found: FoundPlugin) -> tuple[Command, ...]:
    """Imports one plugin and asks it. Raises `PluginLoadError` with all that is wrong."""
    steps = hook_steps(found, "commands")
    try:
        return tuple(command for step in steps for command in _listed(step.call()))
    except (Exception, SystemExit) as error:
        raise PluginLoadError((f"{found}: commands failed: {told(error)}",)) from error


def _listed(given: Iterable[Command] | None) -> Iterable[Command]:
    if given is None:
        return ()
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise TypeError(f"commands must return a list of click commands, not {type(given).__name__}")
    return given
