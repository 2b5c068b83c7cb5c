"""The JSON Schema of the config with the settings of plugins in it, each from the plugin's own Struct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import NODEFAULT, Struct, field
from msgspec.structs import FieldInfo, fields

from .json_schema import config_schema, with_variables, without_null_defaults
from .values import Duration, Secret, schema_hook

#: What plano itself reads of every plugin's entry.
OWN_KEYS: Final[dict[str, Any]] = {
    "enabled": {
        "description": "False: the plugin is not even imported.",
        "default": True,
        "anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/Variable"}],
    },
    "on_fault": {
        "description": "What happens to a request when a hook of the plugin fails: `closed` refuses it, `open` lets it "
        "pass.",
        "default": "closed",
        "enum": ["closed", "open"],
    },
    "timeout": {
        "description": "How long an asynchronous hook may take.",
        "default": "5s",
        **schema_hook(Duration),
    },
}


def config_schema_with(sections: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """`sections`: the settings' Struct of every plugin, None for one without settings.

    Also says which of them cannot be described, a sentence each; their entries may hold anything.
    """
    schema = config_schema()
    problems: list[str] = []
    entries: dict[str, Any] = {}
    for name, section in sections.items():
        try:
            entries[name], definitions = _entry(name, section)
            schema["$defs"].update(definitions)
        except (TypeError, ValueError) as error:
            problems.append(f"{name}: its settings cannot be described: {error}")
            entries[name] = {"type": ["object", "null"], "properties": OWN_KEYS}
    schema["properties"]["plugins"] |= {"properties": entries, "additionalProperties": False}
    return schema, problems


def _entry(name: str, section: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of one plugin's entry, and the definitions it refers to."""
    if section is None:
        return {"type": ["object", "null"], "properties": OWN_KEYS, "additionalProperties": False}, {}
    prefix = f"plugins.{name}."
    _, components = msgspec.json.schema_components(
        (_with_plain_defaults(section),), schema_hook=schema_hook, ref_template=f"#/$defs/{prefix}{{name}}"
    )
    ready = {known: with_variables(without_null_defaults(components[known])) for known in sorted(components)}
    entry = ready.pop(section.__name__)
    for key, default in _durations(section).items():
        entry["properties"][key]["default"] = default
    entry["properties"] = {**entry.get("properties", {}), **OWN_KEYS}
    if not entry.get("required"):
        entry["type"] = ["object", "null"]  # `NAME:` and nothing behind it.
    return entry, {f"{prefix}{known}": definition for known, definition in ready.items()}


def _with_plain_defaults(section: Any) -> Any:
    """The same Struct for msgspec, which can write no default of a type of ours."""
    if not (isinstance(section, type) and issubclass(section, Struct)):
        raise TypeError("config_section must return a msgspec Struct type or None")
    known = fields(section)
    if not any(isinstance(one.default, Duration | Secret) for one in known):
        return section
    return msgspec.defstruct(
        section.__name__,
        [(one.name, one.type, _plain(one)) for one in known],
        kw_only=True,
        forbid_unknown_fields=section.__struct_config__.forbid_unknown_fields,
        namespace={"__doc__": section.__doc__},
    )


def _plain(one: FieldInfo) -> Any:
    if isinstance(one.default, Duration | Secret):
        return field(default_factory=lambda: one.default, name=one.encode_name)
    if one.default_factory is not NODEFAULT:
        return field(default_factory=one.default_factory, name=one.encode_name)
    return field(name=one.encode_name) if one.required else field(default=one.default, name=one.encode_name)


def _durations(section: Any) -> dict[str, str]:
    """Defaults by key, in the form people write them."""
    return {one.encode_name: f"{one.default:g}s" for one in fields(section) if isinstance(one.default, Duration)}
