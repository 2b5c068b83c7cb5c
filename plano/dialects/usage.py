"""What an answer cost in tokens, in one arithmetic for all dialects."""

from __future__ import annotations

from typing import TypeVar

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
