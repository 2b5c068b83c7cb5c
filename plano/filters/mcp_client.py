"""A lean MCP client for tools: one server, one session, over streamable HTTP.

Theory of operation: the session is opened by the first call and kept; calls that come meanwhile wait for the same
opening. A server that no longer knows the session is greeted again, once per call. Servers without sessions are greeted
once. Requests of the server's own (sampling, roots) are passed over: plano has offered nothing of the kind.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from msgspec import Struct

from plano.errors import FilterFailed, PlanoError
from plano.filters import mcp_messages
from plano.filters.asked import Asked
from plano.filters.mcp_messages import Response, ResponseReader
from plano.filters.posting import Post
from plano.filters.rejections import message_in
from plano.filters.replies import decoded
from plano.http.client.document import Document

_JSON: Final = b"content-type: application/json"
_ACCEPT: Final = b"accept: application/json, text/event-stream"
#: How long a server may take to be told that a session is over, in seconds.
_FAREWELL_S: Final = 1.0
#: Nobody offers so many pages of tools.
_MOST_PAGES: Final = 20
_WAYS_TO_FORGET: Final = (400, 404)
#: RFC 9110 section 15.5.20: not a name this server answers to.
_MISDIRECTED: Final = 421


class Session(Struct, eq=False):
    """What was agreed upon. `lines` are the header lines of every later request; `tools` is None until asked for."""

    lines: tuple[bytes, ...]
    has_id: bool
    tools: dict[str, dict[str, Any]] | None = None


class _SessionLost(Exception):
    """The server does not know it any more."""


class McpClient:
    """`timeout_s`: how long opening a session may take; calls have the limits of whoever makes them."""

    def __init__(self, filter_id: str, post: Post, path: str, timeout_s: float) -> None:
        self._filter_id = filter_id
        self._post = post
        self._path = path
        self._timeout_s = timeout_s
        self._ids = itertools.count(1)
        self._session: Session | None = None
        self._opening: asyncio.Task[Session] | None = None

    async def call_tool(self, asked: Asked, direction: bytes, name: str, arguments: dict[str, Any]) -> Response:
        """`tools/call` with the headers of the client's request. Raises `PlanoError`."""
        params = {"name": name, "arguments": arguments}
        return await self._request("tools/call", params, (asked, direction))

    async def tools(self) -> dict[str, dict[str, Any]]:
        """The input schemas of the server's tools, by name; asked for once per session. Raises `PlanoError`."""
        session = await self._opened()
        if session.tools is None:
            tools: dict[str, dict[str, Any]] = {}
            params: dict[str, Any] = {}
            for _ in range(_MOST_PAGES):
                result = self._result(await self._request("tools/list", params), "tools/list")
                for tool in result.get("tools") or ():
                    tools[tool["name"]] = tool.get("inputSchema") or {}
                if not (cursor := result.get("nextCursor")):
                    break
                params = {"cursor": cursor}
            session.tools = tools
        return session.tools

    async def close(self) -> None:
        """Tell the server that the session is over; whether it hears that is of no matter."""
        if self._opening is not None:
            self._opening.cancel()
        session, self._session = self._session, None
        if session is not None and session.has_id:
            with suppress(PlanoError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await self._post.send(b"DELETE", self._path, session.lines, b"")

    async def _request(
        self, method: str, params: dict[str, Any], about: tuple[Asked, bytes] | None = None
    ) -> Response:
        """One request in the session, and once more in a new one when the server has lost it."""
        session = await self._opened()
        try:
            return await self._exchanged(session.lines, method, params, about)
        except _SessionLost:
            if self._session is session:
                self._session = None
        session = await self._opened()
        try:
            return await self._exchanged(session.lines, method, params, about)
        except _SessionLost:
            raise self._failed("does not know the MCP session it has just opened") from None

    async def _opened(self) -> Session:
        if self._session is not None:
            return self._session
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open())
            self._opening.add_done_callback(self._has_opened)
        return await asyncio.shield(self._opening)  # Others wait for it, too.

    def _has_opened(self, opening: asyncio.Task[Session]) -> None:
        self._opening = None
        if not opening.cancelled() and opening.exception() is None:
            self._session = opening.result()

    async def _open(self) -> Session:
        """initialize, and the notification that follows it. Raises `PlanoError`."""
        id = next(self._ids)
        reader = ResponseReader(id)
        body = mcp_messages.request(id, "initialize", mcp_messages.initialization())
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._post.send(b"POST", self._path, (_JSON, _ACCEPT), body, enough=reader.feed)
                self._check_status(reply, "initialize")
                version = self._result(reader.finish(reply.body), "initialize").get("protocolVersion")
                if version not in mcp_messages.SPOKEN:
                    raise self._failed(f"speaks MCP {str(version)[:20]!r}, which plano does not")
                lines: tuple[bytes, ...] = (b"mcp-protocol-version: " + version.encode("ascii"),)
                session_id = reply.head.get(b"mcp-session-id")
                if session_id:
                    lines = (*lines, b"mcp-session-id: " + session_id)
                told = mcp_messages.notification("notifications/initialized")
                self._check_status(
                    await self._post.send(b"POST", self._path, (_JSON, _ACCEPT, *lines), told),
                    "notifications/initialized",
                )
        except TimeoutError:
            raise self._failed("did not answer in time", "while an MCP session was opened") from None
        return Session(lines, bool(session_id))

    async def _exchanged(
        self, lines: Iterable[bytes], method: str, params: dict[str, Any], about: tuple[Asked, bytes] | None
    ) -> Response:
        id = next(self._ids)
        reader = ResponseReader(id)
        body = mcp_messages.request(id, method, params)
        own = (_JSON, _ACCEPT, *lines)
        if about is None:
            reply = await self._post.send(b"POST", self._path, own, body, enough=reader.feed)
        else:
            reply = await self._post.about(*about, self._path, own, body, enough=reader.feed)
        if reply.head.status in _WAYS_TO_FORGET and _is_about_sessions(reply):
            raise _SessionLost
        self._check_status(reply, method)
        return reader.finish(reply.body)

    def _check_status(self, reply: Document, method: str) -> None:
        status = reply.head.status
        if not 200 <= status < 300:
            hint = f"; is there an MCP server at {self._path}?" if status in (404, 405) else ""
            if status == _MISDIRECTED:
                hint = "; does the server allow the host in `url` (`transport_security` in the SDK)?"
            # What is said about a call may quote what people wrote.
            told = _told(reply.body) if method == "initialize" else ""
            raise self._failed(f"answered {method} with status {status}", told + hint)

    def _result(self, response: Response, method: str) -> dict[str, Any]:
        if response.result is None:
            raise self._failed(f"answered {method} with an error", message_in(response.error))
        return response.result

    def _failed(self, what: str, more: str = "") -> FilterFailed:
        detail = f"filter {self._filter_id} {what}" + (f": {more}" if more else "")
        return FilterFailed(f"The filter `{self._filter_id}` {what}.", detail=detail)


def _is_about_sessions(reply: Document) -> bool:
    """404 is the specification's word for a lost session; some servers say 400, and what it is about."""
    return reply.head.status == 404 or b"session" in reply.body.lower()


def _told(body: bytes) -> str:
    try:
        return message_in(decoded(body))[:200]
    except ValueError:
        return ""
