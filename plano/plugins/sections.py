"""What the config says under `plugins:` and the turning of one plugin's settings into its own Struct.

`enabled` is plano's; every other key belongs to the plugin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from plano.config.values import dec_hook
from plano.plugins.inspection import did_you_mean


class PluginSection(Struct, frozen=True):
    """One entry under `plugins:`: whether the plugin is loaded, and what it is told."""

    enabled: bool = True
    settings: dict[str, Any] = {}


def guard_place(name: str) -> str:
    """Where a config asks for a built-in guard."""
    return f"prompt_guards.input_guards.{name}"


def guard_problem(name: str) -> str:
    """What to do about a guard whose plugin is not there."""
    return f"is the work of a plugin that is not installed: pip install plano-{name}"


def read_sections(
    configured: Mapping[str, Any], known: Iterable[str], guards: Mapping[str, Mapping[str, Any]] = {}
) -> tuple[dict[str, PluginSection], list[str]]:
    """Split every entry into switch and settings; also says what is wrong, one sentence each.

    A name no plugin has is an error even when switched off: a misspelt guard would silently not guard. `guards` are
    settings by plugin that `prompt_guards` brings; what stands under `plugins` comes before them.
    """
    sections: dict[str, PluginSection] = {}
    wrong: list[str] = []
    names = tuple(known)
    for name, entry in configured.items():
        settings = {} if entry is None else entry
        if name not in names:
            wrong.append(f"plugins.{name}: no such plugin is installed{did_you_mean(name, names)}")
        elif not isinstance(settings, Mapping):
            wrong.append(f"plugins.{name}: expected a mapping of settings, got {type(settings).__name__}")
        elif not isinstance(settings.get("enabled", True), bool):
            wrong.append(f"plugins.{name}.enabled: expected true or false")
        else:
            rest = {key: value for key, value in settings.items() if key != "enabled"}
            sections[name] = PluginSection(settings.get("enabled", True), rest)
    for name, settings in guards.items():
        section = sections.get(name, PluginSection())
        if name not in names:
            wrong.append(f"{guard_place(name)}: {guard_problem(name)}")
        elif not section.enabled:
            wrong.append(f"{guard_place(name)}: plugins.{name}.enabled switches it off: remove one of them")
        else:
            sections[name] = PluginSection(True, {**settings, **section.settings})
    return sections, wrong


def to_struct(name: str, settings: dict[str, Any], section_type: object) -> Struct | None:
    """Convert one plugin's settings; raises ValueError with the path of what does not fit.

    Conversion is lax (`"8080"` is a number): values that came from environment variables are text.
    """
    if section_type is None:
        if settings:
            raise ValueError(f"plugins.{name}: it takes no settings, got {', '.join(map(str, settings))}")
        return None
    if not (isinstance(section_type, type) and issubclass(section_type, Struct)):
        raise ValueError("config_section must return a msgspec Struct type or None")
    try:
        return msgspec.convert(settings, section_type, strict=False, dec_hook=dec_hook)
    except msgspec.ValidationError as error:
        raise ValueError(f"plugins.{name}: {error}") from error
