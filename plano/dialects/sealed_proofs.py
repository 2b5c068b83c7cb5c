"""Requests that bring back another dialect's proofs to a provider that would refuse them.

A conversation may move from one provider to another. What a model of another dialect thought was handed to the client
under a seal (`proofs.py`); where the next provider speaks the client's own dialect the request is passed on as it is,
and the sealed thoughts have to be taken out first: nobody but their own dialect can check them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plano.dialects.proofs import SEAL
from plano.http.wire.json_envelope import Envelope

#: What a body with a seal in it holds; looked for before anything is decoded.
MARK: Final = b'"%b' % SEAL.encode()


def take_out(envelope: Envelope, operation: str) -> None:
    """Leave sealed thoughts out of a request. Raises `BadRequest` for JSON that cannot be decoded."""
    found = _MEMBERS.get(operation)
    if found is None:
        return
    member, without = found
    told = envelope.get(member)
    if isinstance(told, list):
        envelope.set(member, without(told))
        if operation == "messages" and "thinking" in envelope.members and not _may_think(told):
            envelope.delete("thinking")


def _is_sealed(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(SEAL)


def _without_in_messages(messages: list[Any]) -> list[Any]:
    left: list[Any] = []
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list) and any(map(_is_sealed_thought, content)):
            message["content"] = [block for block in content if not _is_sealed_thought(block)]
            if not message["content"]:
                continue  # The API takes no empty message.
        left.append(message)
    return left


def _is_sealed_thought(block: Any) -> bool:
    return isinstance(block, dict) and (_is_sealed(block.get("signature")) or _is_sealed(block.get("data")))


def _may_think(messages: list[Any]) -> bool:
    """Within a round of tools Anthropic's models think only if the round began with thoughts of theirs."""
    for message in reversed(messages):
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, list):
            return True
        kinds = [block.get("type") for block in content if isinstance(block, dict)]
        if message.get("role") == "assistant":
            return "tool_use" not in kinds or kinds[0] in ("thinking", "redacted_thinking")
        if "tool_result" not in kinds:
            return True
    return True


def _without_in_input(items: list[Any]) -> list[Any]:
    return [item for item in items if not (isinstance(item, dict) and _is_sealed(item.get("encrypted_content")))]


def _without_in_chat(messages: list[Any]) -> list[Any]:
    for message in messages:
        if not isinstance(message, dict):
            continue
        details = message.get("reasoning_details")
        if isinstance(details, list) and any(map(_is_sealed_thought, details)):
            del message["reasoning_details"]
        for call in message.get("tool_calls") or ():
            extra = call.get("extra_content") if isinstance(call, dict) else None
            google = extra.get("google") if isinstance(extra, dict) else None
            if isinstance(google, dict) and _is_sealed(google.get("thought_signature")):
                del call["extra_content"]
    return messages


#: By operation: the member that holds the conversation, and what goes through it.
_MEMBERS: Final[dict[str, tuple[str, Callable[[list[Any]], list[Any]]]]] = {
    "messages": ("messages", _without_in_messages),
    "responses": ("input", _without_in_input),
    "chat": ("messages", _without_in_chat),
}
