"""A plain HTTP filter: `POST` of the body; 2xx replaces it, 4xx refuses."""

from __future__ import annotations

from typing import Final

from plano.config.filters import Filter
from plano.errors import FilterFailed
from plano.filters.asked import Asked
from plano.filters.posting import Post, escaped, path_of
from plano.filters.rejections import rejection
from plano.filters.replies import (
    EVENT_STREAM,
    checked_answer,
    is_event_stream,
    json_object,
    useless,
)
from plano.http.client.document import Document

_JSON: Final = "application/json"
_NO_CONTENT: Final = 204


class HttpFilter:
    """Speaks to the server of one row of `filters` with `type: http`."""

    def __init__(self, row: Filter, post: Post) -> None:
        self._id = row.id
        self._post = post
        self._path = path_of(row.url)
        self._appends = row.append_path

    async def request(self, asked: Asked) -> bytes | None:
        """204, an empty body or the same body: unchanged."""
        reply = await self._asked(asked, b"request", _JSON, _JSON)
        if reply.head.status == _NO_CONTENT or not reply.body or reply.body == asked.body:
            return None
        return json_object(reply.body, self._id)

    async def answer(self, asked: Asked, content_type: str) -> bytes | None:
        """204 or the same body: unchanged. An empty body takes the events away: what was to go may not stay."""
        accept = f"{EVENT_STREAM}, */*;q=0.5" if is_event_stream(content_type) else f"{_JSON}, */*;q=0.5"
        reply = await self._asked(asked, b"response", content_type, accept)
        if reply.head.status == _NO_CONTENT or reply.body == asked.body:
            return None
        return checked_answer(reply.body, content_type, self._id)

    async def close(self) -> None:
        """It keeps no session."""

    async def _asked(self, asked: Asked, direction: bytes, content_type: str, accept: str) -> Document:
        path = self._path.rstrip("/") + escaped(asked.path) if self._appends else self._path
        lines = (
            b"content-type: " + content_type.encode("latin-1"),
            b"accept: " + accept.encode("ascii"),
        )
        reply = await self._post.about(asked, direction, path or "/", lines, asked.body)
        status = reply.head.status
        if 400 <= status < 500:
            raise rejection(
                self._id, status, reply.body, reply.head.get(b"retry-after") or b"", self._path_hint(status, path)
            )
        if not 200 <= status < 300:
            raise FilterFailed(
                f"The filter `{self._id}` failed with status {status}.",
                detail=f"filter {self._id} answered with status {status}" + _why(status),
            )
        if reply.head.content_encoding not in (b"", b"identity"):
            raise useless(self._id, "answered with a compressed body, which it was not to do")
        return reply

    def _path_hint(self, status: int, path: str) -> str:
        """A server that knows one path alone refuses every other: that is no opinion about the request."""
        if status not in (404, 405) or not self._appends:
            return ""
        return f" at {path}: if it only knows the path of its `url`, set `append_path: false`"


def _why(status: int) -> str:
    return ": redirects are not followed; check its `url` and `append_path`" if 300 <= status < 400 else ""
