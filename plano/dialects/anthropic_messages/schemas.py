"""JSON schemas as the API takes them (API reference: structured outputs, tool definitions)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.event_document import Json

_FORMATS: Final = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
)
#: What a schema that is kept to may say beside the members that hold other schemas.
_KEPT: Final = frozenset(
    ("type", "description", "title", "enum", "const", "required", "$ref", "default", "additionalProperties")
)
_BRANCHES: Final = ("anyOf", "oneOf", "allOf")
_encode: Final = msgspec.json.Encoder().encode


def strict_schema(schema: Any) -> Any:
    """One that the API can keep to: objects are closed, and what it cannot enforce is told in the description.

    `oneOf` becomes `anyOf`, which is all the API knows of choices.
    """
    if not isinstance(schema, dict):
        return schema
    strict: Json = {}
    told: Json = {}
    for name, value in schema.items():
        if name in ("properties", "$defs", "definitions") and isinstance(value, dict):
            strict[name] = {key: strict_schema(inner) for key, inner in value.items()}
        elif name in _BRANCHES and isinstance(value, list):
            branches = [strict_schema(inner) for inner in value]
            strict["anyOf" if name == "oneOf" else name] = branches
        elif name == "items":
            strict[name] = strict_schema(value)
        elif name == "format" and not isinstance(value, str):
            told[name] = value
        elif name in _KEPT or (name == "format" and value in _FORMATS) or (name == "minItems" and value in (0, 1)):
            strict[name] = value
        elif not name.startswith("$"):
            told[name] = value
    if strict.get("type") == "object" or "properties" in strict:
        strict["additionalProperties"] = False
    elif strict.get("additionalProperties") is not None:
        told["additionalProperties"] = strict.pop("additionalProperties")
    if told:
        said = strict.get("description")
        rest = _encode(told).decode()
        strict["description"] = f"{said}\n\n{rest}" if said else rest
    return strict


def tool_schema(parameters: Json | None) -> Json:
    """Of a tool's input, which must be an object, and must not be a choice between several at its top."""
    if not parameters:
        return {"type": "object", "properties": {}}
    if any(name in parameters for name in _BRANCHES):
        return _merged(parameters)
    return parameters if parameters.get("type") == "object" else {**parameters, "type": "object"}


def _merged(parameters: Json) -> Json:
    """One object with the properties of all branches; required is what all of them require."""
    whole = {name: value for name, value in parameters.items() if name not in _BRANCHES}
    properties = dict(whole.get("properties") or {})
    required = list(whole.get("required") or [])
    for name in _BRANCHES:
        branches = [branch for branch in parameters.get(name) or [] if isinstance(branch, dict)]
        for branch in branches:
            for key, value in (branch.get("properties") or {}).items():
                properties.setdefault(key, value)
        wanted = [set(branch.get("required") or []) for branch in branches]
        if wanted:
            required += set.union(*wanted) if name == "allOf" else set.intersection(*wanted)
    whole["type"] = "object"
    whole["properties"] = properties
    if required:
        whole["required"] = sorted(set(required))
    return whole
