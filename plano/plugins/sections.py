"""What the config says under `plugins:` and the turning of one plugin's settings into its own Struct.

`enabled`, `on_fault` and `timeout` are plano's; every other key belongs to the plugin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct, structs

from plano.config.values import Duration, dec_hook
from plano.plugins.hook_plan import FAIL_CLOSED, FaultRule
from plano.plugins.inspection import did_you_mean

#: Keys of every plugin's entry that are plano's.
OWN_KEYS: Final = ("enabled", "on_fault", "timeout")


class PluginSection(Struct, frozen=True):
    """One entry under `plugins:`: whether the plugin is loaded, what happens when it fails, and what it is told."""

    enabled: bool = True
    rule: FaultRule = FAIL_CLOSED
    settings: dict[str, Any] = {}


class _OwnKeys(Struct, frozen=True):
    """plano's part of an entry."""

    enabled: bool = True
    on_fault: Literal["closed", "open"] = FAIL_CLOSED.on_fault
    timeout: Duration = Duration(FAIL_CLOSED.timeout_s)


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
        else:
            rest = {key: value for key, value in settings.items() if key not in OWN_KEYS}
            try:
                own = msgspec.convert(settings, _OwnKeys, dec_hook=dec_hook)
            except msgspec.ValidationError as error:
                wrong.append(_told(name, error))
            else:
                rule = FaultRule(own.on_fault, float(own.timeout))
                sections[name] = PluginSection(own.enabled, rule, rest)
    for name, settings in guards.items():
        section = sections.get(name, PluginSection())
        if name not in names:
            wrong.append(f"{guard_place(name)}: {guard_problem(name)}")
        elif not section.enabled:
            wrong.append(f"{guard_place(name)}: plugins.{name}.enabled switches it off: remove one of them")
        else:
            sections[name] = structs.replace(section, settings={**settings, **section.settings})
    return sections, wrong


def _told(name: str, error: msgspec.ValidationError) -> str:
    """msgspec's sentence with the key in front: `plugins.pii.enabled: Expected ...`."""
    message, _, path = str(error).partition(" - at `$")
    return f"plugins.{name}{path.rstrip('`')}: {message}"


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
