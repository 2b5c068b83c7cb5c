"""A value that fits a simple JSON Schema: what a scripted model puts into tool arguments and structured
answers.
"""

from __future__ import annotations

from typing import Any

_STRINGS = {
    "date": "2025-01-31",
    "date-time": "2025-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def sample(schema: dict[str, Any]) -> Any:
    """A value for `schema` (types, enum, const, default, properties, items, any/one/allOf, local `$ref`,
    bounds).
    """
    return _sample(schema, schema, 0)


def _sample(schema: Any, root: dict[str, Any], depth: int) -> Any:
    if not isinstance(schema, dict) or depth > 16:  # A schema may hold itself; sixteen floors are enough.
        return None
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    if "$ref" in schema:
        return _sample(_resolve(schema["$ref"], root), root, depth + 1)
    for name in ("anyOf", "oneOf"):
        if schema.get(name):
            return _sample(_not_null(schema[name]), root, depth + 1)
    if schema.get("allOf"):
        merged: dict[str, Any] = {}
        for part in schema["allOf"]:
            value = _sample(part, root, depth + 1)
            merged.update(value if isinstance(value, dict) else {})
        return merged
    return _of_type(schema, root, depth)


def _of_type(schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _sample(inner, root, depth + 1) for name, inner in properties.items()}
    if kind == "array":
        wanted = max(1, int(schema.get("minItems", 1)))
        return [_sample(schema.get("items", {"type": "string"}), root, depth + 1)] * wanted
    if kind in ("integer", "number"):
        return _number(schema)
    if kind == "boolean":
        return True
    return None if kind == "null" else _string(schema)


def _number(schema: dict[str, Any]) -> float:
    """One, moved into the bounds."""
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in schema else 1)
    high = schema.get("maximum", schema["exclusiveMaximum"] - 1 if "exclusiveMaximum" in schema else max(low, 1))
    value: float = min(max(low, 1), high)
    return value


def _string(schema: dict[str, Any]) -> str:
    text = _STRINGS.get(schema.get("format", ""), "scripted")
    text = text.ljust(int(schema.get("minLength", 0)), "x")
    return text[: int(schema["maxLength"])] if "maxLength" in schema else text


def _resolve(reference: str, root: dict[str, Any]) -> Any:
    found: Any = root
    for name in reference.removeprefix("#").strip("/").split("/") if reference.strip("#/") else []:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _not_null(options: list[Any]) -> Any:
    return next((one for one in options if not isinstance(one, dict) or one.get("type") != "null"), options[0])
