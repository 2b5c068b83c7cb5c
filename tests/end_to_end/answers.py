"""What an answer says, in any dialect, streamed or whole."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.end_to_end.wire import Reply, events, request

#: The dialects by the paths they are spoken at.
PATHS: dict[str, str] = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}


class Told(NamedTuple):
    """`model`: the last one named. `is_complete`: the dialect's own end is there. `error`: its `code` or `type`."""

    text: str
    model: str
    output_tokens: int | None
    is_complete: bool
    error: str | None


def asking(dialect: str, model: str, *headers: str, stream: bool = False, **members: Any) -> bytes:
    """A request for `model`; a stream of chat asks for its usage."""
    body: dict[str, Any] = {"model": model, "stream": stream, **members}
    turns = [{"role": "user", "content": "hi"}]
    if dialect == "responses":
        return request({"input": "hi", **body}, PATHS[dialect], *headers)
    if dialect == "messages":
        body = {"messages": turns, "max_tokens": 99, **body}
        return request(body, PATHS[dialect], "anthropic-version: 2023-06-01", *headers)
    if stream:
        body["stream_options"] = {"include_usage": True}
    return request({"messages": turns, **body}, PATHS[dialect], *headers)


def told_by(dialect: str, answer: Reply) -> Told:
    """What a client of `dialect` makes of `answer`."""
    is_stream = (answer.header("content-type") or "").startswith("text/event-stream")
    return _READERS[dialect, is_stream](answer)


def _chat(answer: Reply) -> Told:
    body = answer.json()
    if "error" in body:
        return _refused(body)
    (choice,) = body["choices"]
    text = choice["message"]["content"]
    return Told(text, body["model"], body["usage"]["completion_tokens"], choice["finish_reason"] == "stop", None)


def _chat_stream(answer: Reply) -> Told:
    text, model, tokens, error, finish = "", "", None, None, None
    told = [data for _, data in events(answer.body)]
    for chunk in (json.loads(data) for data in told if data != "[DONE]"):
        if "error" in chunk:
            error = chunk["error"]["code"] or chunk["error"]["type"]
            continue
        model = chunk["model"]
        tokens = chunk["usage"]["completion_tokens"] if chunk.get("usage") else tokens
        for choice in chunk["choices"]:
            text += choice["delta"].get("content") or ""
            finish = choice["finish_reason"] or finish
    return Told(text, model, tokens, finish == "stop" and told[-1:] == ["[DONE]"], error)


def _responses(answer: Reply) -> Told:
    body = answer.json()
    return _refused(body) if body.get("error") else _response(body)


def _response(body: Any) -> Told:
    text = "".join(part["text"] for item in body["output"] for part in item["content"])
    return Told(text, body["model"], body["usage"]["output_tokens"], body["status"] == "completed", None)


def _responses_stream(answer: Reply) -> Told:
    text, error, final = "", None, None
    for event in (json.loads(data) for _, data in events(answer.body)):
        match event["type"]:
            case "response.output_text.delta":
                text += event["delta"]
            case "response.completed":
                final = _response(event["response"])
            case "error":
                error = event["code"]
    if final is None:
        return Told(text, "", None, False, error)
    assert final.text == text, (final.text, text)
    return final


def _messages(answer: Reply) -> Told:
    body = answer.json()
    if "error" in body:
        return _refused(body)
    text = "".join(block["text"] for block in body["content"])
    return Told(text, body["model"], body["usage"]["output_tokens"], body["stop_reason"] == "end_turn", None)


def _messages_stream(answer: Reply) -> Told:
    text, model, tokens, error, stop, is_over = "", "", None, None, None, False
    for event in (json.loads(data) for _, data in events(answer.body)):
        match event:
            case {"type": "message_start", "message": message}:
                assert not model, "a second message was begun"
                model = message["model"]
            case {"type": "content_block_delta", "delta": {"text": str(piece)}}:
                text += piece
            case {"type": "message_delta", "delta": delta, "usage": usage}:
                stop, tokens = delta["stop_reason"], usage["output_tokens"]
            case {"type": "message_stop"}:
                is_over = True
            case {"type": "error", "error": told}:
                error = told.get("code") or told["type"]
    return Told(text, model, tokens, is_over and stop == "end_turn", error)


def _refused(body: Any) -> Told:
    return Told("", "", None, False, body["error"].get("code") or body["error"]["type"])


_READERS = {
    ("chat", False): _chat,
    ("chat", True): _chat_stream,
    ("responses", False): _responses,
    ("responses", True): _responses_stream,
    ("messages", False): _messages,
    ("messages", True): _messages_stream,
}
