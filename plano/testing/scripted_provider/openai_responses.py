"""`/responses` as OpenAI documents it (API reference, Responses and Streaming events)."""

from __future__ import annotations

from collections.abc import Iterator

from plano.testing.scripted_provider.ask import Json
from plano.testing.scripted_provider.openai_chat import error
from plano.testing.scripted_provider.reply import Reply
from plano.testing.scripted_provider.voice import CREATED, Voice, halves, named_event

# Members of a response that repeat what was asked, and their value where nothing was.
_ECHOED: Json = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}

#: Type of the item, what its id begins with, the member that holds what the tool is given.
_FUNCTION = ("function_call", "fc", "arguments")
_CUSTOM = ("custom_tool_call", "ctc", "input")


def response_id(number: int) -> str:
    """The id of the provider's `number`th answer."""
    return f"resp_scripted{number:06d}"


def usage(reply: Reply) -> Json:
    return {
        "input_tokens": reply.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": reply.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": reply.prompt_tokens + reply.completion_tokens,
    }


def _frame(reply: Reply, status: str, output: list[Json]) -> Json:
    is_over = status != "in_progress"
    cut = {"reason": "max_output_tokens"} if status == "incomplete" else None
    return {
        "id": response_id(reply.ask.number),
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": cut,
        "model": reply.ask.model,
        "output": output,
        **{name: reply.body.get(name, default) for name, default in _ECHOED.items()},
        "service_tier": "default",
        "usage": usage(reply) if is_over else None,
    }


def _text_part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _message(reply: Reply, status: str, parts: list[Json]) -> Json:
    item_id = f"msg_scripted{reply.ask.number:06d}"
    return {"type": "message", "id": item_id, "status": status, "role": "assistant", "content": parts}


def _call(reply: Reply, index: int, status: str, arguments: str) -> Json:
    suffix, call = f"scripted{reply.ask.number:06d}_{index}", reply.calls[index]
    kind, prefix, given = _CUSTOM if call.is_custom else _FUNCTION
    return {
        "type": kind,
        "id": f"{prefix}_{suffix}",
        "call_id": f"call_{suffix}",
        "status": status,
        "name": call.name,
        given: arguments,
        **({"namespace": call.namespace} if call.namespace else {}),
    }


def _items(reply: Reply) -> list[Json]:
    if reply.calls:
        return [_call(reply, index, "completed", call.arguments) for index, call in enumerate(reply.calls)]
    return [_message(reply, _status(reply), [_text_part(reply.text)])]


def _status(reply: Reply) -> str:
    return "incomplete" if reply.finish == "length" else "completed"


def body(reply: Reply) -> Json:
    """A `response` object."""
    return _frame(reply, _status(reply), _items(reply))


def events(reply: Reply) -> Iterator[bytes]:
    """`response.created` to `response.completed`, numbered from 0; no `[DONE]` in this dialect."""
    for number, event in enumerate(_events(reply)):
        yield named_event({"type": event.pop("type"), "sequence_number": number, **event})


def _events(reply: Reply) -> Iterator[Json]:
    started = _frame(reply, "in_progress", [])
    yield {"type": "response.created", "response": started}
    yield {"type": "response.in_progress", "response": started}
    if not reply.calls:
        yield from _message_events(reply)
    for index in range(len(reply.calls)):
        yield from _call_events(reply, index)
    yield {"type": f"response.{_status(reply)}", "response": body(reply)}


def _message_events(reply: Reply) -> Iterator[Json]:
    opened = _message(reply, "in_progress", [])
    item, part = {"item_id": opened["id"], "output_index": 0}, {"content_index": 0}
    yield {"type": "response.output_item.added", "output_index": 0, "item": opened}
    yield {"type": "response.content_part.added", **item, **part, "part": _text_part("")}
    for piece in reply.pieces:
        yield {"type": "response.output_text.delta", **item, **part, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **item, **part, "text": reply.text, "logprobs": []}
    yield {"type": "response.content_part.done", **item, **part, "part": _text_part(reply.text)}
    yield {"type": "response.output_item.done", "output_index": 0, "item": _items(reply)[0]}


def _call_events(reply: Reply, index: int) -> Iterator[Json]:
    call, opened = reply.calls[index], _call(reply, index, "in_progress", "")
    item = {"item_id": opened["id"], "output_index": index}
    yield {"type": "response.output_item.added", "output_index": index, "item": opened}
    event = "response.custom_tool_call_input" if call.is_custom else "response.function_call_arguments"
    for part in halves(call.arguments):
        yield {"type": f"{event}.delta", **item, "delta": part}
    done = {"input": call.arguments} if call.is_custom else {"name": call.name, "arguments": call.arguments}
    yield {"type": f"{event}.done", **item, **done}
    closed = _call(reply, index, "completed", call.arguments)
    yield {"type": "response.output_item.done", "output_index": index, "item": closed}


RESPONSES_VOICE = Voice(body, events, error)
