"""What an answer cost in tokens, in one arithmetic for all dialects."""

from __future__ import annotations

from msgspec import Struct


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
