"""The content of a message in OpenAI's dialects: a text, or a list of typed parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plano.dialects.conversation import Foreign, Part, Text
from plano.errors import BadRequest

#: Reads one kind of part; None for one that says nothing. A `KeyError`, `TypeError` or `AttributeError` means that the
#: part is malformed.
PartReader = Callable[[dict[str, Any]], Part | None]


def read_parts(content: Any, path: str, dialect: str, readers: Mapping[str, PartReader]) -> list[Part]:
    """`readers` by type; parts of other types are `Foreign`. Raises `BadRequest` with the path of a malformed part."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [Text(content)]
    if not isinstance(content, list):
        raise BadRequest("`content` must be a string or a list of parts", param=path)
    parts: list[Part] = []
    for index, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(kind, str):
            raise BadRequest("a content part must be an object with a `type`", param=f"{path}[{index}]")
        read = readers.get(kind)
        if read is None:
            parts.append(Foreign(dialect, kind, part))
            continue
        try:
            found = read(part)
        except (KeyError, TypeError, AttributeError):
            raise BadRequest(f"a part of type {kind!r} lacks what it should hold", param=f"{path}[{index}]") from None
        if found is not None:
            parts.append(found)
    return parts
