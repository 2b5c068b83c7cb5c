"""The dialects plano speaks, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from plano.dialects.anthropic_messages import stream as messages_stream
from plano.dialects.anthropic_messages import write as messages_write
from plano.dialects.dialect import Dialect, ErrorFacts
from plano.dialects.openai_chat import stream as chat_stream
from plano.dialects.openai_chat import write as chat_write
from plano.dialects.openai_responses import stream as responses_stream
from plano.dialects.openai_responses import write as responses_write
from plano.dialects.usage import Usage
from plano.http.wire.sse import SseMarks


class ModuleDialect(Struct, frozen=True):
    """A dialect made of the functions of its folder's modules; satisfies `Dialect`."""

    name: str
    marks: SseMarks
    write_error: Callable[[ErrorFacts], bytes]
    write_stream_error: Callable[[ErrorFacts], bytes]
    read_usage: Callable[[Sequence[bytes]], Usage | None]
    read_finish: Callable[[bytes], str]


OPENAI_CHAT: Final = ModuleDialect(
    "openai_chat",
    chat_stream.MARKS,
    chat_write.write_error,
    chat_write.write_stream_error,
    chat_stream.read_usage,
    chat_stream.read_finish,
)
OPENAI_RESPONSES: Final = ModuleDialect(
    "openai_responses",
    responses_stream.MARKS,
    responses_write.write_error,
    responses_write.write_stream_error,
    responses_stream.read_usage,
    responses_stream.read_finish,
)
ANTHROPIC_MESSAGES: Final = ModuleDialect(
    "anthropic_messages",
    messages_stream.MARKS,
    messages_write.write_error,
    messages_write.write_stream_error,
    messages_stream.read_usage,
    messages_stream.read_finish,
)

DIALECTS: Final[dict[str, Dialect]] = {
    dialect.name: dialect for dialect in (OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES)
}
