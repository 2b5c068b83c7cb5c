"""What a whole message and a streamed one have in common when a client is told an answer."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.anthropic_messages.wire_types import DIALECT
from plano.dialects.event_document import Json
from plano.dialects.proofs import opened, sealed
from plano.dialects.reply import ReplyTo, StopReason
from plano.dialects.usage import Usage

#: What the API's own guide calls arguments that are no JSON object.
_INVALID: Final = "INVALID_JSON"
_STOP_WORDS: Final = {
    "end": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
    "filtered": "refusal",
    "paused": "pause_turn",
}
#: Letters that ids of tool calls may have.
_ID_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_decode: Final = msgspec.json.Decoder().decode


def message_id(id: str, to: ReplyTo) -> str:
    """The provider's if it is of this API's kind, else one made from the request's."""
    if id.startswith("msg_"):
        return id
    return to.id if to.id.startswith("msg_") else f"msg_{to.id}"


def clean_id(id: str) -> str:
    """Of a tool call, in the letters the API allows: a client may bring it to a provider that checks them."""
    if not id or _ID_LETTERS.issuperset(id):
        return id
    return "".join(letter if letter in _ID_LETTERS else "_" for letter in id)


def input_of(arguments: str) -> Json:
    """The object a call's arguments are; one around them if they are none, so that nothing is lost."""
    if not arguments or arguments.isspace():
        return {}
    found = _decoded(arguments)
    if isinstance(found, str):
        # Some vendors encode twice.
        found = _decoded(found)
    if isinstance(found, dict):
        return found
    return {} if found is None and arguments.strip() == "null" else {_INVALID: arguments}


def _decoded(text: str) -> Any:
    try:
        return _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def client_name(name: str, to: ReplyTo) -> str:
    """What the client calls a tool the provider was told of as `name`."""
    tool = to.tools.get(name)
    return name if tool is None else str(tool.name)


def proof_of(word: str) -> str:
    """A proof as the client keeps it: our own bare, anybody else's under its seal."""
    proof = opened(word, DIALECT)
    return proof.proof if proof.dialect == DIALECT else word


def call_proof(word: str, id: str) -> str:
    """The proof of a tool call as the data of a redacted thinking block before it: calls here have no place for one."""
    proof = opened(word, DIALECT)
    return sealed(proof.dialect, proof.proof, id)


def stop_word(stop: StopReason, has_calls: bool, has_refused: bool) -> str:
    """Many providers say `stop` after tool calls, and clients run tools only when told to; nor wait for none."""
    if stop == "end":
        return "tool_use" if has_calls else "refusal" if has_refused else "end_turn"
    if stop == "tool_calls" and not has_calls:
        return "end_turn"
    return _STOP_WORDS.get(stop, "end_turn")


def usage_members(usage: Usage | None, input_tokens: int, output_tokens: int) -> Json:
    """In this API's arithmetic, where cached tokens are counted apart; the counts given where nobody counted."""
    if usage is None:
        usage = Usage(input_tokens, output_tokens)
    cached, created = usage.cached_input_tokens, usage.cache_creation_tokens
    members: Json = {
        "input_tokens": max(usage.input_tokens - cached - created, 0),
        "cache_creation_input_tokens": created,
        "cache_read_input_tokens": cached,
        "output_tokens": usage.output_tokens,
    }
    if usage.reasoning_tokens:
        members["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return members
