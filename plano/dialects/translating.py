"""What a dialect must offer so that clients of other dialects reach its providers, and its clients other providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from msgspec import Struct

from plano.dialects.conversation import Conversation
from plano.dialects.losses import Losses
from plano.dialects.reply import Answer, ProviderError, ReplyTo, StreamReader, StreamWriter


class ClientSide(Protocol):
    """A dialect clients speak."""

    @property
    def name(self) -> str: ...

    @property
    def member_names(self) -> Mapping[str, str]:
        """Neutral names of `Losses` -> what the client calls that member, where the two differ."""
        ...

    @property
    def echoes(self) -> tuple[str, ...]:
        """Members of a request that its answer repeats (`ReplyTo.request`)."""
        ...

    def read_request(self, members: Mapping[str, Any]) -> Conversation:
        """The conversation in a request; `members` are those of the body, decoded. Raises `BadRequest` with `param`."""
        ...

    def write_answer(self, answer: Answer, to: ReplyTo) -> bytes:
        """The JSON body of an answer."""
        ...

    def writer(self, to: ReplyTo) -> StreamWriter:
        """What writes one streamed answer."""
        ...

    def write_provider_error(self, error: ProviderError, request_id: str) -> bytes:
        """The JSON body of an error reply that tells a provider's error, the original under `error.metadata`."""
        ...


class ProviderSide(Struct, frozen=True):
    """A dialect providers speak.

    `write_request(conversation, losses)`: the members of the request, in the order they are to be sent, without
    `model` and `stream`; raises `BadRequest` for what no provider of this dialect can do and must not be left out.
    `read_answer(document)` and `reader(writer)` raise `ProviderProtocolError`. `framing` is how its streams are cut.
    `takes_custom_tools`, `takes_namespaces`: otherwise tools come as functions with flat names. `longest_tool_name` in
    characters of `[A-Za-z0-9_-]`. `names_model`: the body has a `model` member (else the path names it), and
    `says_stream`: a `stream` member.
    """

    name: str
    write_request: Callable[[Conversation, Losses], dict[str, Any]]
    read_answer: Callable[[bytes], Answer]
    read_error: Callable[[int, bytes], ProviderError]
    reader: Callable[[StreamWriter], StreamReader]
    framing: Literal["sse", "aws_event_stream"] = "sse"
    takes_custom_tools: bool = False
    takes_namespaces: bool = False
    longest_tool_name: int = 64
    names_model: bool = True
    says_stream: bool = True
