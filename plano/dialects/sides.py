"""Who can be translated to whom: the dialects clients speak, and those providers do."""

from __future__ import annotations

from functools import cache
from typing import Final

from plano.dialects.anthropic_messages import read_answer as messages_answers
from plano.dialects.anthropic_messages import read_request as messages_requests
from plano.dialects.anthropic_messages import stream_reader as messages_reader
from plano.dialects.anthropic_messages import stream_writer as messages_writer
from plano.dialects.anthropic_messages import write_answer as messages_replies
from plano.dialects.anthropic_messages import write_request as messages_calls
from plano.dialects.bedrock_converse import read_answer as converse_answers
from plano.dialects.bedrock_converse import stream_reader as converse_reader
from plano.dialects.bedrock_converse import write_request as converse_calls
from plano.dialects.gemini_generate import read_answer as gemini_answers
from plano.dialects.gemini_generate import stream_reader as gemini_reader
from plano.dialects.gemini_generate import write_request as gemini_calls
from plano.dialects.openai_chat import read_answer as chat_answers
from plano.dialects.openai_chat import read_request as chat_requests
from plano.dialects.openai_chat import stream_reader as chat_reader
from plano.dialects.openai_chat import stream_writer as chat_writer
from plano.dialects.openai_chat import write_answer as chat_replies
from plano.dialects.openai_chat import write_request as chat_calls
from plano.dialects.openai_responses import read_answer as responses_answers
from plano.dialects.openai_responses import read_request as responses_requests
from plano.dialects.openai_responses import stream_reader as responses_reader
from plano.dialects.openai_responses import stream_writer as responses_writer
from plano.dialects.openai_responses import write_answer as responses_replies
from plano.dialects.openai_responses import write_request as responses_calls
from plano.dialects.operation import CHAT, CONVERSE, GENERATE, MESSAGES, RESPONSES, Operation
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
    MESSAGES.name: ClientSide(
        "anthropic_messages",
        messages_requests.read_request,
        messages_replies.write_answer,
        messages_writer.MessagesWriter,
        messages_replies.write_provider_error,
        messages_requests.MEMBER_NAMES,
        says_input_first=True,
    ),
    RESPONSES.name: ClientSide(
        "openai_responses",
        responses_requests.read_request,
        responses_replies.write_answer,
        responses_writer.StreamWriter,
        responses_replies.write_provider_error,
        responses_requests.MEMBER_NAMES,
        responses_requests.ECHOES,
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
    RESPONSES.name: ProviderSide(
        "openai_responses",
        responses_calls.write_request,
        responses_answers.read_answer,
        chat_answers.read_error,
        responses_reader.StreamReader,
        takes_custom_tools=True,
        takes_namespaces=True,
        longest_tool_name=128,
    ),
    MESSAGES.name: ProviderSide(
        "anthropic_messages",
        messages_calls.write_request,
        messages_answers.read_answer,
        messages_answers.read_error,
        messages_reader.MessagesReader,
        longest_tool_name=128,
    ),
    CONVERSE.name: ProviderSide(
        "bedrock_converse",
        converse_calls.write_request,
        converse_answers.read_answer,
        converse_answers.read_error,
        converse_reader.StreamReader,
        framing="aws_event_stream",
        names_model=False,
        says_stream=False,
    ),
    GENERATE.name: ProviderSide(
        "gemini",
        gemini_calls.write_request,
        gemini_answers.read_answer,
        gemini_answers.read_error,
        gemini_reader.StreamReader,
        names_model=False,
        says_stream=False,
    ),
}
#: What to ask a provider for that does not offer what the client asks for, the best first: a vendor's own dialect tells
#: more than one it imitates, and nearly everybody imitates Chat Completions.
BY_PREFERENCE: Final = (CONVERSE, GENERATE, CHAT, MESSAGES, RESPONSES)


@cache
def translation(asked: Operation, offered: Operation) -> Translation | None:
    """From a client's operation to a provider's; None where there is no way."""
    client, provider = CLIENT_SIDES.get(asked.name), PROVIDER_SIDES.get(offered.name)
    return None if client is None or provider is None else Translation(client, provider)
