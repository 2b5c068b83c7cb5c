"""What a client may ask a provider to do, and where each dialect puts it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Operation(Struct, frozen=True):
    """One JSON endpoint of a dialect.

    `suffix` is the path after the API prefix (`/v1` for most vendors); `streams` says whether the dialect defines a
    streamed answer for it; `is_routed`, whether its model may be chosen by what is said. `decides` is the operation a
    request is decided about without being carried out, "" for those that are.
    """

    name: str
    dialect: str
    suffix: str
    streams: bool = False
    is_routed: bool = False
    decides: str = ""


CHAT: Final = Operation("chat", "openai_chat", "/chat/completions", streams=True, is_routed=True)
COMPLETIONS: Final = Operation("completions", "openai_chat", "/completions", streams=True)
EMBEDDINGS: Final = Operation("embeddings", "openai_chat", "/embeddings")
MODERATIONS: Final = Operation("moderations", "openai_chat", "/moderations")
IMAGES: Final = Operation("images", "openai_chat", "/images/generations", streams=True)
SPEECH: Final = Operation("speech", "openai_chat", "/audio/speech", streams=True)
RERANK: Final = Operation("rerank", "openai_chat", "/rerank")
RESPONSES: Final = Operation("responses", "openai_responses", "/responses", streams=True, is_routed=True)
MESSAGES: Final = Operation("messages", "anthropic_messages", "/messages", streams=True, is_routed=True)
#: Routed as well: the tokens are those of the model that would answer.
COUNT_TOKENS: Final = Operation("count_tokens", "anthropic_messages", "/messages/count_tokens", is_routed=True)
CONVERSE: Final = Operation("converse", "bedrock_converse", "/converse", streams=True)
GENERATE: Final = Operation("generate_content", "gemini", ":generateContent", streams=True)

#: What no client asks for, and what requests of other dialects are translated to.
PROVIDER_OPERATIONS: Final = (CONVERSE, GENERATE)

#: What is asked of plano alone: whom it would ask, and why.
DECISIONS: Final = tuple(
    Operation(f"{one.name}_decision", one.dialect, one.suffix, is_routed=True, decides=one.name)
    for one in (CHAT, RESPONSES, MESSAGES)
)
EXPLAIN: Final = Operation("explain", "openai_chat", "/explain", is_routed=True, decides="any")

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
