"""`/model/{id}/converse` and `/converse-stream` as Amazon documents them (Bedrock runtime API reference).

Streams are AWS event streams, and requests are refused for what Bedrock itself refuses about the order of a
conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plano.testing.event_stream import event_stream_frame
from plano.testing.scripted_provider.answer import Headers
from plano.testing.scripted_provider.ask import Json
from plano.testing.scripted_provider.reply import Reply, ToolCall
from plano.testing.scripted_provider.voice import Voice, decode, encode, halves

_STOP = {"stop": "end_turn", "length": "max_tokens", "tools": "tool_use"}
_SIGNATURE = "c2NyaXB0ZWQtcHJvdmlkZXItc2lnbmF0dXJl"
_EXCEPTIONS = {
    400: "validationException",
    401: "unrecognizedClientException",
    403: "accessDeniedException",
    404: "resourceNotFoundException",
    408: "modelTimeoutException",
    424: "modelErrorException",
    429: "throttlingException",
    503: "serviceUnavailableException",
}

STREAM_HEAD: Headers = (("content-type", "application/vnd.amazon.eventstream"),)


def exception_name(status: int) -> str:
    """As streams write it; in headers it begins with a capital."""
    return _EXCEPTIONS.get(status, "internalServerException" if status >= 500 else "validationException")


def error(status: int, message: str) -> Json:
    """The body; what kind of error it is stands in the header `x-amzn-errortype`."""
    return {"message": message}


def error_headers(status: int) -> Headers:
    name = exception_name(status)
    return (("x-amzn-errortype", name[:1].upper() + name[1:]),)


def error_frame(status: int, message: str) -> bytes:
    """An exception within a stream."""
    return event_stream_frame(exception_name(status), encode({"message": message}), kind="exception")


def _usage(reply: Reply) -> Json:
    counts = {"inputTokens": reply.prompt_tokens, "outputTokens": reply.completion_tokens}
    return {
        **counts,
        "totalTokens": sum(counts.values()),
        "cacheReadInputTokens": 0,
        "cacheWriteInputTokens": 0,
    }


def _tool_use(reply: Reply, index: int, call: ToolCall) -> Json:
    return {"toolUseId": f"tooluse_scripted{reply.ask.number:06d}_{index}", "name": call.name}


def body(reply: Reply) -> Json:
    """An answer of Converse."""
    content: list[Json] = []
    if reply.thoughts:
        thought = {"text": "".join(reply.thoughts), "signature": _SIGNATURE}
        content.append({"reasoningContent": {"reasoningText": thought}})
    if reply.pieces:
        content.append({"text": reply.text})
    for index, call in enumerate(reply.calls):
        content.append({"toolUse": {**_tool_use(reply, index, call), "input": decode(call.arguments)}})
    return {
        "metrics": {"latencyMs": 7},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": _STOP[reply.finish],
        "usage": _usage(reply),
    }


def events(reply: Reply) -> Iterator[bytes]:
    """`messageStart` to `metadata`."""
    yield _frame("messageStart", {"role": "assistant"})
    for index, (start, deltas) in enumerate(_blocks(reply)):
        if start:
            yield _frame("contentBlockStart", {"contentBlockIndex": index, "start": start})
        for delta in deltas:
            yield _frame("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})
        yield _frame("contentBlockStop", {"contentBlockIndex": index})
    yield _frame("messageStop", {"stopReason": _STOP[reply.finish]})
    yield _frame("metadata", {"metrics": {"latencyMs": 7}, "usage": _usage(reply)})


def _blocks(reply: Reply) -> Iterator[tuple[Json, list[Json]]]:
    """Every block as (how it opens, its deltas)."""
    if reply.thoughts:
        deltas: list[Json] = [{"reasoningContent": {"text": thought}} for thought in reply.thoughts]
        yield {}, [*deltas, {"reasoningContent": {"signature": _SIGNATURE}}]
    if reply.pieces:
        yield {}, [{"text": piece} for piece in reply.pieces]
    for index, call in enumerate(reply.calls):
        parts = ["", *halves(call.arguments)]
        yield {"toolUse": _tool_use(reply, index, call)}, [{"toolUse": {"input": part}} for part in parts]


def _frame(name: str, told: Json) -> bytes:
    """Bedrock pads its events, so that their length tells nothing."""
    return event_stream_frame(name, encode({**told, "p": "abcdefghijkl"}))


def fault_in(told: Json) -> str:
    """What Bedrock would refuse about a request, in its words; "" for nothing."""
    messages = told.get("messages")
    if not isinstance(messages, list) or not messages:
        return "The messages field is required."
    if messages[0].get("role") != "user":
        return "A conversation must start with a user message."
    called: set[str] = set()
    for number, message in enumerate(messages):
        content = message.get("content")
        if not isinstance(content, list) or not content:
            return f"The content field in the Message object at messages.{number} is empty."
        if number and message.get("role") == messages[number - 1].get("role"):
            return "A conversation must alternate between user and assistant roles."
        fault = _fault_of(content, called, number)
        if fault:
            return fault
        called = {block["toolUse"]["toolUseId"] for block in content if "toolUse" in block}
    if called:
        return "Expected toolResult blocks after the last message."
    if any("toolUse" in block for message in messages for block in message["content"]) and not told.get("toolConfig"):
        return "The toolConfig field must be defined when using toolUse and toolResult content blocks."
    return ""


def _fault_of(content: list[Any], called: set[str], number: int) -> str:
    results = [block["toolResult"]["toolUseId"] for block in content if "toolResult" in block]
    if set(results) - called or len(results) > len(called):
        return (
            f"The number of toolResult blocks at messages.{number}.content exceeds the number of toolUse blocks of "
            "previous turn."
        )
    if called - set(results):
        return f"Expected toolResult blocks at messages.{number}.content for the following Ids: {sorted(called)}"
    if results and "toolResult" not in content[0]:
        return f"messages.{number}.content: toolResult blocks must come first"
    if any("text" in block and not str(block["text"]).strip() for block in content):
        return f"The text field in the ContentBlock object at messages.{number}.content is blank."
    return ""


CONVERSE_VOICE = Voice(body, events, error)
