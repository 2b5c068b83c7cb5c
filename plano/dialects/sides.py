"""Who can be translated to whom: the dialects clients speak, and those providers do."""

from __future__ import annotations

from functools import cache
from typing import Final

from plano.dialects.openai_chat import read_answer as chat_answers
from plano.dialects.openai_chat import read_request as chat_requests
from plano.dialects.openai_chat import stream_reader as chat_reader
from plano.dialects.openai_chat import stream_writer as chat_writer
from plano.dialects.openai_chat import write_answer as chat_replies
from plano.dialects.openai_chat import write_request as chat_calls
from plano.dialects.operation import CHAT, CONVERSE, MESSAGES, RESPONSES, Operation
from plano.dialects.translating import ClientSide, ProviderSide
from plano.dialects.translation import Translation

#: By the operation a client asks for.
CLIENT_SIDES: Final[dict[str, ClientSide]] = {
    CHAT.name: ClientSide(
        "openai_chat",
        chat_requests.read_request,
        chat_replies.write_answer,
        chat_writer.StreamWriter,
        chat_replies.write_provider_error,
        chat_requests.MEMBER_NAMES,
    ),
}
#: By the operation a provider is asked for.
PROVIDER_SIDES: Final[dict[str, ProviderSide]] = {
    CHAT.name: ProviderSide(
        "openai_chat",
        chat_calls.write_request,
        chat_answers.read_answer,
        chat_answers.read_error,
        chat_reader.StreamReader,
    ),
}
#: What to ask a provider for that does not offer what the client asks for, the best first: a vendor's own dialect tells
#: more than one it imitates, and nearly everybody imitates Chat Completions.
BY_PREFERENCE: Final = (CONVERSE, CHAT, MESSAGES, RESPONSES)


@cache
def translation(asked: Operation, offered: Operation) -> Translation | None:
    """From a client's operation to a provider's; None where there is no way."""
    client, provider = CLIENT_SIDES.get(asked.name), PROVIDER_SIDES.get(offered.name)
    return None if client is None or provider is None else Translation(client, provider)
