"""What a dialect must offer so that clients of other dialects reach its providers, and its clients other providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct

from plano.dialects.conversation import Conversation
from plano.dialects.losses import Losses
from plano.dialects.reply import Answer, ProviderError, ReplyTo, StreamReader, StreamWriter


class ClientSide(Struct, frozen=True):
    """A dialect clients speak.

    `read_request(members)`: the conversation in a request, whose members come decoded; raises `BadRequest` with
    `param`. `write_answer(answer, to)`: the JSON body of an answer. `writer(to)` writes one streamed answer.
    `write_provider_error(error, request_id)`: the JSON body of an error reply, the original under `error.metadata`.
    `member_names`: neutral names of `Losses` -> what the client calls that member, where the two differ. `echoes`:
    members of a request that its answer repeats (`ReplyTo.request`). `says_input_first`: a stream begins with the
    number of input tokens, which has to be estimated.
    """

    name: str
    read_request: Callable[[Mapping[str, Any]], Conversation]
    write_answer: Callable[[Answer, ReplyTo], bytes]
    writer: Callable[[ReplyTo], StreamWriter]
    write_provider_error: Callable[[ProviderError, str], bytes]
    member_names: Mapping[str, str] = {}
    echoes: tuple[str, ...] = ()
    says_input_first: bool = False


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
