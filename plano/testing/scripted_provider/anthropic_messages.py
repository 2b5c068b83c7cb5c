"""`/messages` and `/messages/count_tokens` as Anthropic documents them (API reference, Messages and
Streaming).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from plano.testing.scripted_provider.ask import Json
from plano.testing.scripted_provider.reply import Reply
from plano.testing.scripted_provider.voice import Voice, halves, named_event

_STOP = {"stop": "end_turn", "length": "max_tokens", "tools": "tool_use"}
_SIGNATURE = "c2NyaXB0ZWQtcHJvdmlkZXItc2lnbmF0dXJl"
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def error(status: int, message: str) -> Json:
    """Anthropic's error envelope."""
    kind = _ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    told = {"type": kind, "message": message}
    return {"type": "error", "error": told, "request_id": "req_scripted"}


def _usage(reply: Reply, output_tokens: int) -> Json:
    return {
        "input_tokens": reply.prompt_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def _frame(reply: Reply, content: list[Json], stop: str | None, output_tokens: int) -> Json:
    return {
        "id": f"msg_scripted{reply.ask.number:06d}",
        "type": "message",
        "role": "assistant",
        "model": reply.ask.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": _usage(reply, output_tokens),
    }


def _blocks(reply: Reply) -> Iterator[tuple[Json, list[Json], Json]]:
    """Every block as (how it opens, its deltas, what it is in the end)."""
    if reply.thoughts:
        opened = {"type": "thinking", "thinking": "", "signature": ""}
        deltas: list[Json] = [{"type": "thinking_delta", "thinking": thought} for thought in reply.thoughts]
        deltas.append({"type": "signature_delta", "signature": _SIGNATURE})
        yield opened, deltas, {**opened, "thinking": "".join(reply.thoughts), "signature": _SIGNATURE}
    if reply.pieces:
        deltas = [{"type": "text_delta", "text": piece} for piece in reply.pieces]
        yield {"type": "text", "text": ""}, deltas, {"type": "text", "text": reply.text}
    for index, call in enumerate(reply.calls):
        opened = {
            "type": "tool_use",
            "id": f"toolu_scripted{reply.ask.number:06d}_{index}",
            "name": call.name,
        }
        parts = ["", *halves(call.arguments)]
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
        yield {**opened, "input": {}}, deltas, {**opened, "input": msgspec.json.decode(call.arguments)}


def body(reply: Reply) -> Json:
    """A `message` object."""
    blocks = [whole for _, _, whole in _blocks(reply)]
    return _frame(reply, blocks, _STOP[reply.finish], reply.completion_tokens)


def events(reply: Reply) -> Iterator[bytes]:
    """`message_start` to `message_stop`."""
    yield named_event({"type": "message_start", "message": _frame(reply, [], None, 1)})
    for index, (opened, deltas, _) in enumerate(_blocks(reply)):
        yield named_event({"type": "content_block_start", "index": index, "content_block": opened})
        if index == 0:
            yield named_event({"type": "ping"})
        for delta in deltas:
            yield named_event({"type": "content_block_delta", "index": index, "delta": delta})
        yield named_event({"type": "content_block_stop", "index": index})
    stop = {"stop_reason": _STOP[reply.finish], "stop_sequence": None}
    yield named_event({"type": "message_delta", "delta": stop, "usage": {"output_tokens": reply.completion_tokens}})
    yield named_event({"type": "message_stop"})


def count_body(reply: Reply) -> Json:
    """What counting tokens answers."""
    return {"input_tokens": reply.prompt_tokens}


MESSAGES_VOICE = Voice(body, events, error)
COUNT_VOICE = Voice(count_body, None, error)
