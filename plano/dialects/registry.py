"""The dialects plano speaks, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec import Struct

from plano.dialects.anthropic_messages import splice as messages_splice
from plano.dialects.anthropic_messages import stream as messages_stream
from plano.dialects.anthropic_messages import write as messages_write
from plano.dialects.dialect import Dialect, ErrorFacts
from plano.dialects.openai_chat import splice as chat_splice
from plano.dialects.openai_chat import stream as chat_stream
from plano.dialects.openai_chat import write as chat_write
from plano.dialects.openai_responses import splice as responses_splice
from plano.dialects.openai_responses import stream as responses_stream
from plano.dialects.openai_responses import write as responses_write
from plano.dialects.splicing import Delivered, Splice
from plano.dialects.text_join import Mode
from plano.dialects.usage import Usage
from plano.errors import ProviderStreamFailed
from plano.http.wire.json_envelope import Envelope
from plano.http.wire.sse import SseMarks


class ModuleDialect(Struct, frozen=True):
    """A dialect made of the functions of its folder's modules; satisfies `Dialect`."""

    name: str
    marks: SseMarks
    write_error: Callable[[ErrorFacts], bytes]
    write_stream_error: Callable[[ErrorFacts], bytes]
    read_usage: Callable[[Sequence[bytes]], Usage | None]
    read_finish: Callable[[bytes], str]
    ping: bytes
    last_frame: bytes
    failure_in: Callable[[bytes], ProviderStreamFailed | None]
    has_content: Callable[[bytes], bool]
    delivered: Callable[[], Delivered]
    splice: Callable[[Any, Mode], Splice]
    continuation: Callable[[Envelope, str], bool]


OPENAI_CHAT: Final = ModuleDialect(
    "openai_chat",
    chat_stream.MARKS,
    chat_write.write_error,
    chat_write.write_stream_error,
    chat_stream.read_usage,
    chat_stream.read_finish,
    chat_splice.PING,
    chat_splice.LAST_FRAME,
    chat_splice.failure_in,
    chat_splice.has_content,
    chat_splice.Delivered,
    chat_splice.Splice,
    chat_splice.continuation,
)
OPENAI_RESPONSES: Final = ModuleDialect(
    "openai_responses",
    responses_stream.MARKS,
    responses_write.write_error,
    responses_write.write_stream_error,
    responses_stream.read_usage,
    responses_stream.read_finish,
    responses_splice.PING,
    responses_splice.LAST_FRAME,
    responses_splice.failure_in,
    responses_splice.has_content,
    responses_splice.Delivered,
    responses_splice.Splice,
    responses_splice.continuation,
)
ANTHROPIC_MESSAGES: Final = ModuleDialect(
    "anthropic_messages",
    messages_stream.MARKS,
    messages_write.write_error,
    messages_write.write_stream_error,
    messages_stream.read_usage,
    messages_stream.read_finish,
    messages_splice.PING,
    messages_splice.LAST_FRAME,
    messages_splice.failure_in,
    messages_splice.has_content,
    messages_splice.Delivered,
    messages_splice.Splice,
    messages_splice.continuation,
)

DIALECTS: Final[dict[str, Dialect]] = {
    dialect.name: dialect for dialect in (OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES)
}
