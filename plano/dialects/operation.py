"""What a client may ask a provider to do, and where each dialect puts it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Operation(Struct, frozen=True):
    """One JSON endpoint of a dialect.

    `suffix` is the path after the API prefix (`/v1` for most vendors); `streams` says whether the dialect defines a
    streamed answer for it.
    """

    name: str
    dialect: str
    suffix: str
    streams: bool = False


CHAT: Final = Operation("chat", "openai_chat", "/chat/completions", streams=True)
COMPLETIONS: Final = Operation("completions", "openai_chat", "/completions", streams=True)
EMBEDDINGS: Final = Operation("embeddings", "openai_chat", "/embeddings")
MODERATIONS: Final = Operation("moderations", "openai_chat", "/moderations")
IMAGES: Final = Operation("images", "openai_chat", "/images/generations", streams=True)
SPEECH: Final = Operation("speech", "openai_chat", "/audio/speech", streams=True)
RERANK: Final = Operation("rerank", "openai_chat", "/rerank")
RESPONSES: Final = Operation("responses", "openai_responses", "/responses", streams=True)
MESSAGES: Final = Operation("messages", "anthropic_messages", "/messages", streams=True)
COUNT_TOKENS: Final = Operation("count_tokens", "anthropic_messages", "/messages/count_tokens")
CONVERSE: Final = Operation("converse", "bedrock_converse", "/converse", streams=True)
GENERATE: Final = Operation("generate_content", "gemini", ":generateContent", streams=True)

#: What no client asks for, and what requests of other dialects are translated to.
PROVIDER_OPERATIONS: Final = (CONVERSE, GENERATE)

#: The operations whose streams are made of tokens, and end with an event that says so.
TOKENS: Final = frozenset(operation.name for operation in (CHAT, COMPLETIONS, RESPONSES, MESSAGES))

#: What a client may ask for.
OPERATIONS: Final = (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    MODERATIONS,
    IMAGES,
    SPEECH,
    RERANK,
    RESPONSES,
    MESSAGES,
    COUNT_TOKENS,
)
