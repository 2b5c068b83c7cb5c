"""Commands that plugins add. Plugins are imported for them only when one may be meant, or for `--help`."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import click

from plano.cli.terminal import warn

_SECTION = b"[plano]"


def any_plugins() -> bool:
    """Whether a distribution with an entry point for plano is installed.

    Looks at the files that pip has written: `importlib.metadata` would cost `--help` its fast start.
    """
    return any(_declares(file) for folder in dict.fromkeys(sys.path) for file in _entry_points(Path(folder or ".")))


def plugin_command(name: str) -> click.Command | None:
    """The command a plugin has added; None when nobody has."""
    return plugin_commands().get(name)


@cache
def plugin_commands() -> dict[str, click.Command]:
    """All of them by name. What is wrong with a plugin is a warning; its commands are not there then."""
    from plano.cli.main import COMMANDS
    from plano.plugins.commands import commands_of
    from plano.plugins.found import installed_plugins
    from plano.plugins.load_error import PluginLoadError

    added: dict[str, click.Command] = {}
    for found in installed_plugins():
        try:
            given = commands_of(found)
        except PluginLoadError as error:
            for problem in error.problems:
                warn(problem)
            continue
        for command in given:
            if not isinstance(command, click.Command) or not command.name:
                warn(f"{found}: a command must be a click command with a name, not {type(command).__name__}")
            elif command.name in COMMANDS or command.name in added:
                owner = "plano" if command.name in COMMANDS else "another plugin"
                warn(f"{found}: the command {command.name!r} needs another name: {owner} has that one")
            else:
                added[command.name] = command
    return added


def _entry_points(folder: Path) -> list[Path]:
    return [*folder.glob("*.dist-info/entry_points.txt"), *folder.glob("*.egg-info/entry_points.txt")]


def _declares(file: Path) -> bool:
    try:
        return _SECTION in file.read_bytes()
    except OSError:
        return False
