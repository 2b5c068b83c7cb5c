"""JSON schemas as Gemini takes them (API reference: FunctionDeclaration.parametersJsonSchema, responseJsonSchema).

These members take plain JSON schema, where `parameters` takes a part of OpenAPI's and refuses every other word. What is
still refused: a `$ref` with others beside it. `const` is read as an `enum` of one.
"""

from __future__ import annotations

from typing import Any, Final

#: Says which JSON schema it is; of no use here, and not in the list of what is known.
_IGNORED: Final = ("$schema",)
#: Members that hold schemas by name.
_BY_NAME: Final = ("properties", "$defs", "definitions", "patternProperties")
_ONE: Final = ("items", "additionalProperties", "not")
_SEVERAL: Final = ("anyOf", "oneOf", "allOf", "prefixItems")


def fitted_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The same object where nothing has to change; otherwise as much of a copy as is needed."""
    if "$ref" in schema and any(name[:1] != "$" for name in schema):
        return {name: value for name, value in schema.items() if name[:1] == "$"}
    changed: dict[str, Any] = {}
    for name in _BY_NAME:
        held = schema.get(name)
        if isinstance(held, dict):
            new = {key: fitted_schema(one) for key, one in held.items() if isinstance(one, dict) and _is_unfit(one)}
            if new:
                changed[name] = {**held, **new}
    for name in _ONE:
        held = schema.get(name)
        if isinstance(held, dict) and _is_unfit(held):
            changed[name] = fitted_schema(held)
    for name in _SEVERAL:
        held = schema.get(name)
        if isinstance(held, list) and any(isinstance(one, dict) and _is_unfit(one) for one in held):
            changed[name] = [fitted_schema(one) if isinstance(one, dict) else one for one in held]
    if "const" in schema and "enum" not in schema:
        changed["enum"] = [schema["const"]]
    if not changed and not any(name in schema for name in (*_IGNORED, "const")):
        return schema
    return {name: value for name, value in {**schema, **changed}.items() if name not in _IGNORED and name != "const"}


def _is_unfit(schema: dict[str, Any]) -> bool:
    """Whether it may need a change: most are of a type and a description, and hold no others."""
    return not _PLAIN.issuperset(schema)


_PLAIN: Final = frozenset(
    (
        "type",
        "description",
        "title",
        "enum",
        "format",
        "default",
        "required",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "pattern",
        "nullable",
        "examples",
    )
)
