"""The JSON Schema of the config file: `python -m plano.config.json_schema` writes config.schema.json.

Made from the Structs. It accepts the old shapes too, as deprecated, so that an editor flags only mistakes.
"""

from __future__ import annotations

import sys
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import msgspec

from .document import Config
from .values import schema_hook

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_LISTENERS: Final = ("AgentListener", "ModelListener", "PromptListener")
_VARIABLE: Final = {
    "title": "Variable",
    "description": "A value from the environment: $NAME, ${NAME} or ${NAME:-default}.",
    "type": "string",
    "pattern": r"\$",
}


def config_schema() -> dict[str, Any]:
    """The schema (draft 2020-12). The same for the same Structs, to the order of its keys."""
    _, components = msgspec.json.schema_components((Config,), schema_hook=schema_hook, ref_template="#/$defs/{name}")
    definitions = {name: with_variables(without_null_defaults(components[name])) for name in sorted(components)}
    _add_old_shapes(definitions)
    document = definitions.pop("Config")
    definitions["Variable"] = dict(_VARIABLE)
    return {"$schema": _DIALECT, **document, "title": "plano config", "$defs": definitions}


def schema_text(schema: dict[str, Any] | None = None) -> str:
    """The schema as the file holds it, or another one in the same form."""
    told = config_schema() if schema is None else schema
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"


def without_null_defaults(schema: Any) -> Any:
    """Editors offer defaults as completions, and `null` is no help."""
    if isinstance(schema, dict):
        return {
            key: without_null_defaults(value)
            for key, value in schema.items()
            if not (key == "default" and value is None)
        }
    return [without_null_defaults(item) for item in schema] if isinstance(schema, list) else schema


def with_variables(schema: Any) -> Any:
    """Wherever a number or a truth value may stand, a variable may, too."""
    if isinstance(schema, list):
        return [with_variables(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") in ("integer", "number", "boolean"):
        about = {key: value for key, value in schema.items() if key in ("description", "default", "title")}
        rule = {key: value for key, value in schema.items() if key not in about}
        return {**about, "anyOf": [rule, {"$ref": "#/$defs/Variable"}]}
    return {key: value if key in ("default", "enum") else with_variables(value) for key, value in schema.items()}


def _add_old_shapes(definitions: dict[str, Any]) -> None:
    properties = definitions["Config"]["properties"]
    properties["llm_providers"] = _deprecated(properties["model_providers"], "model_providers")
    for name in ("ListenerAgent", *_LISTENERS):
        keys = definitions[name]["properties"]
        keys["filter_chain"] = _deprecated(keys["input_filters"], "input_filters")
    definitions["ModelProvider"]["properties"]["routing_preferences"]["deprecated"] = True
    for old, kind in (("ingress_traffic", "PromptListener"), ("egress_traffic", "ModelListener")):
        definitions[f"Legacy_{old}"] = _legacy_listener(definitions[kind])
    listeners = properties["listeners"]
    description = listeners.pop("description")
    properties["listeners"] = {"description": description, "anyOf": [listeners, _LEGACY_LISTENERS]}


_LEGACY_LISTENERS: Final = {
    "description": "Deprecated: write a list.",
    "deprecated": True,
    "type": "object",
    "properties": {
        "ingress_traffic": {"$ref": "#/$defs/Legacy_ingress_traffic"},
        "egress_traffic": {"$ref": "#/$defs/Legacy_egress_traffic"},
    },
    "additionalProperties": False,
}


def _deprecated(schema: dict[str, Any], successor: str) -> dict[str, Any]:
    return {**deepcopy(schema), "description": f"Deprecated: call it `{successor}`.", "deprecated": True}


def _legacy_listener(schema: dict[str, Any]) -> dict[str, Any]:
    listener = deepcopy(schema)
    del listener["required"], listener["properties"]["type"]
    listener["title"] = "Legacy listener"
    listener["properties"]["message_format"] = {"description": "Only `openai`.", "enum": ["openai"]}
    return listener


def main(arguments: list[str]) -> None:
    root = Path(__file__).resolve().parents[2]
    target = Path(arguments[0]) if arguments else root / "config.schema.json"
    target.write_text(schema_text(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
