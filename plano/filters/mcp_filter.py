"""An MCP filter: a tool of an MCP server, called with the body and the path of a request or an answer.

`arguments`: `body`, the client's JSON; `path`, that of its request; `direction: "response"` for answers, where the
tool's schema has such a property or says that it takes others. Events of a stream are `body: {"events": "data: ..."}`.
The tool gives back what is to take the body's place, or nothing; an error of the tool refuses.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.config.filters import Filter
from plano.errors import FilterFailed, PlanoError
from plano.filters.asked import Asked
from plano.filters.mcp_client import McpClient
from plano.filters.posting import Post, path_of
from plano.filters.rejections import rejection
from plano.filters.replies import checked_answer, decoded, is_event_stream, is_json_object, says, useless

_REFUSED: Final = 400
_EVENTS: Final = "events"
_encode: Final = msgspec.json.Encoder().encode


class McpFilter:
    """Speaks to the server of one row of `filters` with `type: mcp`, or of an agent in a chain."""

    def __init__(self, row: Filter, post: Post) -> None:
        self._id = row.id
        self._tool = row.tool or row.id
        self._client = McpClient(row.id, post, path_of(row.url).rstrip("/") or "/mcp", float(row.timeout))

    async def request(self, asked: Asked) -> bytes | None:
        value = await self._called(asked, b"request", {"body": msgspec.Raw(asked.body), "path": asked.path})
        if value is None or says(value, asked.body):
            return None
        if not isinstance(value, dict):
            raise useless(self._id, "put something that is no JSON object in the request's place")
        return _encode(value)

    async def answer(self, asked: Asked, content_type: str) -> bytes | None:
        is_stream = is_event_stream(content_type)
        body = _encode({_EVENTS: asked.body.decode("utf-8", "replace")}) if is_stream else asked.body
        if not is_json_object(body):
            raise useless(self._id, "takes JSON and events, and the answer is neither")
        arguments: dict[str, Any] = {"body": msgspec.Raw(body), "path": asked.path}
        if await self._takes_direction():
            arguments["direction"] = "response"
        value = await self._called(asked, b"response", arguments)
        if value is None or says(value, body):
            return None
        new = _events_of(value, self._id) if is_stream else _encode(value)
        return checked_answer(new, content_type, self._id)

    async def close(self) -> None:
        await self._client.close()

    async def _called(self, asked: Asked, direction: bytes, arguments: dict[str, Any]) -> Any:
        """What the tool gives back; None: nothing."""
        response = await self._client.call_tool(asked, direction, self._tool, arguments)
        if response.error is not None:
            raise await self._no_tool() or self._broken(f"error {response.error.get('code')}")
        result: dict[str, Any] = response.result or {}
        if result.get("isError"):
            text = _text_of(result)
            raise await self._no_tool() or self._refusal(text)
        return self._value(result)

    def _value(self, result: dict[str, Any]) -> Any:
        structured = result.get("structuredContent")
        if structured is not None:
            if isinstance(structured, dict) and structured.keys() == {"result"}:  # How what is no object is wrapped.
                structured = structured["result"]
            return self._parsed(structured) if isinstance(structured, str) else structured
        content = result.get("content")
        if not isinstance(content, list) or result.get("resultType", "complete") != "complete":
            raise useless(self._id, "answered with a result that is none of a tool")
        if not content:
            return None
        text = content[0].get("text") if isinstance(content[0], dict) else None
        if not isinstance(text, str):
            raise useless(self._id, "gave something that is no text")
        return self._parsed(text)

    def _parsed(self, text: str) -> Any:
        if not text.strip():
            return None
        try:
            return decoded(text)
        except ValueError:
            raise useless(self._id, "gave a text that is no JSON") from None

    def _refusal(self, text: str) -> PlanoError:
        """An error of the tool. One that is told in JSON may say its status."""
        text = text.removeprefix(f"Error executing tool {self._tool}: ")  # The SDK's own words before the tool's.
        status = _REFUSED
        try:
            told = decoded(text)
        except ValueError:
            told = None
        if isinstance(told, dict) and isinstance(told.get("status"), int):
            status = told["status"]
        if not 400 <= status < 500:
            return self._broken(f"status {status}")
        return rejection(self._id, status, text.encode())

    def _broken(self, told: str) -> FilterFailed:
        # Without the tool's words: they may quote what people wrote.
        detail = f"filter {self._id}: its tool {self._tool} failed: {told}"
        return FilterFailed(f"The filter `{self._id}` failed.", detail=detail)

    async def _no_tool(self) -> FilterFailed | None:
        """Whether it is no refusal: the server has no such tool."""
        try:
            tools = await self._client.tools()
        except PlanoError:
            return None
        if not tools or self._tool in tools:
            return None
        there = ", ".join(f"`{name}`" for name in sorted(tools)[:20])
        what = f"has no tool `{self._tool}`"
        return FilterFailed(f"The filter `{self._id}` {what}.", detail=f"filter {self._id} {what}: there is {there}")

    async def _takes_direction(self) -> bool:
        """By the tool's schema; a tool that does not say so may refuse what it does not know."""
        try:
            schema = (await self._client.tools()).get(self._tool, {})
        except FilterFailed:
            return False
        return "direction" in (schema.get("properties") or {}) or bool(schema.get("additionalProperties"))


def _text_of(result: dict[str, Any]) -> str:
    content = result.get("content")
    texts = [part["text"] for part in content or () if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return "\n".join(texts)


def _events_of(value: Any, filter_id: str) -> bytes:
    text = value.get(_EVENTS) if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise useless(filter_id, 'gave neither `{"events": "..."}` nor a text in the place of events')
    return text.encode()
