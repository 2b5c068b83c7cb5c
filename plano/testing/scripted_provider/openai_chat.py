"""`/chat/completions` and `/completions` as OpenAI documents them (API reference, Chat and Completions)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from plano.testing.scripted_provider.ask import Json
from plano.testing.scripted_provider.reply import Reply, ToolCall
from plano.testing.scripted_provider.voice import CREATED, Voice, data_event, halves

_FINISH = {"stop": "stop", "length": "length", "tools": "tool_calls"}
_ERROR_TYPES = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "forbidden"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}


def error(status: int, message: str) -> Json:
    """OpenAI's error envelope."""
    kind, code = _ERROR_TYPES.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def usage(reply: Reply) -> Json:
    """Token counts; several choices cost several times."""
    completion = reply.completion_tokens * _choices(reply)
    return {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": completion,
        "total_tokens": reply.prompt_tokens + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _choices(reply: Reply) -> int:
    asked = reply.body.get("n")
    return asked if isinstance(asked, int) and asked > 0 else 1


def _frame(reply: Reply, kind: str) -> Json:
    prefix = "cmpl" if kind == "text_completion" else "chatcmpl"
    return {
        "id": f"{prefix}-scripted{reply.ask.number:06d}",
        "object": kind,
        "created": CREATED,
        "model": reply.ask.model,
    }


def _tool_call(reply: Reply, index: int, call: ToolCall) -> Json:
    return {
        "id": f"call_scripted{reply.ask.number:06d}_{index}",
        "type": "custom" if call.is_custom else "function",
        **_given(call, call.arguments, name=call.name),
    }


def _given(call: ToolCall, arguments: str, **more: str) -> Json:
    if call.is_custom:
        return {"custom": {**more, "input": arguments}}
    return {"function": {**more, "arguments": arguments}}


def _token(piece: str) -> Json:
    told = {"token": piece, "logprob": -0.1, "bytes": list(piece.encode())}
    return {**told, "top_logprobs": [dict(told)]}


def _logprobs(reply: Reply, pieces: tuple[str, ...]) -> Json | None:
    if reply.body.get("logprobs") is not True:
        return None
    return {"content": [_token(piece) for piece in pieces], "refusal": None}


def chat_body(reply: Reply) -> Json:
    """A `chat.completion` object."""
    message: Json = {"role": "assistant", "content": reply.text or None, "refusal": None, "annotations": []}
    if reply.calls:
        message["tool_calls"] = [_tool_call(reply, index, call) for index, call in enumerate(reply.calls)]
    choice = {
        "message": message,
        "logprobs": _logprobs(reply, reply.pieces),
        "finish_reason": _FINISH[reply.finish],
    }
    choices = [{"index": index, **choice} for index in range(_choices(reply))]
    tail = {"service_tier": "default", "system_fingerprint": "fp_scripted"}
    return {**_frame(reply, "chat.completion"), "choices": choices, "usage": usage(reply), **tail}


def _asks_usage(reply: Reply) -> bool:
    options = reply.body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def chat_events(reply: Reply) -> Iterator[bytes]:
    """Role chunk, content chunks, finish chunk, usage chunk if asked for, `[DONE]`."""
    tail: Json = {"usage": None} if _asks_usage(reply) else {}
    frame = {
        **_frame(reply, "chat.completion.chunk"),
        "service_tier": "default",
        "system_fingerprint": "fp_scripted",
    }
    for delta, logprobs, finish in _deltas(reply):
        for index in range(_choices(reply)):
            choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
            yield data_event({**frame, "choices": [choice], **tail})
    if tail:
        yield data_event({**frame, "choices": [], "usage": usage(reply)})
    yield b"data: [DONE]\n\n"


def _deltas(reply: Reply) -> Iterator[tuple[Json, Json | None, str | None]]:
    content = "" if reply.pieces else None
    yield {"role": "assistant", "content": content, "refusal": None}, None, None
    for piece in reply.pieces:
        yield {"content": piece}, _logprobs(reply, (piece,)), None
    for index, call in enumerate(reply.calls):
        opened = _tool_call(reply, index, msgspec.structs.replace(call, arguments=""))
        yield {"tool_calls": [{"index": index, **opened}]}, None, None
        for part in halves(call.arguments):
            yield {"tool_calls": [{"index": index, **_given(call, part)}]}, None, None
    yield {}, None, _FINISH[reply.finish]


def _plain_usage(reply: Reply) -> Json:
    return {name: count for name, count in usage(reply).items() if name.endswith("_tokens")}


def text_body(reply: Reply) -> Json:
    """A `text_completion` object."""
    choice = {"text": reply.text, "logprobs": None, "finish_reason": _FINISH[reply.finish]}
    choices = [{"index": index, **choice} for index in range(_choices(reply))]
    return {**_frame(reply, "text_completion"), "choices": choices, "usage": _plain_usage(reply)}


def text_events(reply: Reply) -> Iterator[bytes]:
    """Chunks of the old completions API; they share the object's name with the whole answer."""
    tail: dict[str, Any] = {"usage": None} if _asks_usage(reply) else {}
    frame = _frame(reply, "text_completion")
    for number, piece in enumerate(reply.pieces, 1):
        finish = _FINISH[reply.finish] if number == len(reply.pieces) else None
        for index in range(_choices(reply)):
            choice = {"text": piece, "index": index, "logprobs": None, "finish_reason": finish}
            yield data_event({**frame, "choices": [choice], **tail})
    if tail:
        yield data_event({**frame, "choices": [], "usage": _plain_usage(reply)})
    yield b"data: [DONE]\n\n"


CHAT_VOICE = Voice(chat_body, chat_events, error)
TEXT_VOICE = Voice(text_body, text_events, error)
