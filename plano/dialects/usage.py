"""What an answer cost in tokens, in one arithmetic for all dialects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from plano.dialects.json_tail import last_object

T = TypeVar("T", bound=Struct)


class Usage(Struct, frozen=True):
    """Tokens as the provider counted them.

    `input_tokens` is all of the input, what was read from or written to a cache included (OpenAI's arithmetic;
    Anthropic counts those apart); `output_tokens` includes `reasoning_tokens`.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_creation_tokens: int = 0
    reasoning_tokens: int = 0


def usage_in(document: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """The last `usage` object of a JSON document, or of the end of one, as its dialect's Struct.

    None when there is none, or one that cannot be read: what an answer cost must never cost the answer.
    """
    found = last_object(document, b'"usage"')
    try:
        return decoder.decode(found) if found else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def summed(first: Usage | None, second: Usage | None) -> Usage | None:
    """What two attempts were billed, as far as they said."""
    if first is None or second is None:
        return first or second
    return Usage(
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        cached_input_tokens=first.cached_input_tokens + second.cached_input_tokens,
        cache_creation_tokens=first.cache_creation_tokens + second.cache_creation_tokens,
        reasoning_tokens=first.reasoning_tokens + second.reasoning_tokens,
    )


def raise_count(holder: Any, path: Sequence[str], more: int) -> None:
    """Add to a count within a decoded usage object, if it is there."""
    for name in path[:-1]:
        holder = holder.get(name) if isinstance(holder, dict) else None
    if more and isinstance(holder, dict) and isinstance(holder.get(path[-1]), int):
        holder[path[-1]] += more
