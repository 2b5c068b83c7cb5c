"""`POST` to one filter server: headers, framing, and the connection of the filters' own pool."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urlsplit

from msgspec.structs import replace

from plano.config.filters import Filter
from plano.errors import FilterFailed
from plano.filters.asked import Asked
from plano.filters.client_headers import DROPPED_PREFIXES, dropped
from plano.filters.replies import MOST_BYTES
from plano.http.client.document import Document, Enough, call_for_document
from plano.http.client.pool import Pool
from plano.http.client.resolver import DOCKER_HOST
from plano.http.wire.head_writer import join_fields
from plano.http.wire.origin import Origin

#: What stands in a path as it is; most paths are escaped already.
_IN_A_PATH: Final = "/%:@!$&'()*+,;=~-._"
_AGENT: Final = (b"user-agent", b"plano")
#: What a server on the machine itself is called there: the SDK's MCP servers refuse requests for any other name.
_LOCALHOST: Final = "localhost"


def escaped(path: str) -> str:
    """A path in ASCII, without spaces."""
    return quote(path, safe=_IN_A_PATH)


def path_of(url: str) -> str:
    """The path of a filter's URL, closing slash included; "" where it has none."""
    return escaped(urlsplit(url).path)


def _as_called_there(origin: Origin) -> Origin:
    return replace(origin, host=_LOCALHOST) if origin.host == DOCKER_HOST else origin


class Post:
    """What requests to one filter have in common. `more_credentials`: header names that the config says hold some."""

    def __init__(self, row: Filter, pool: Pool, more_credentials: frozenset[bytes] = frozenset()) -> None:
        self._id = row.id
        self._pool = pool
        self._origin, _ = Origin.parse(row.url)
        self._connect_timeout_s = float(row.connect_timeout)
        headers = {name.lower(): value for name, value in row.headers.items()}
        self._dropped = more_credentials | frozenset(name.encode("ascii") for name in headers)
        self._fixed = b"".join(
            f"{name}: {value.reveal()}\r\n".encode("latin-1") for name, value in headers.items()
        ) + b"host: %b\r\naccept-encoding: identity\r\nx-plano-filter: %b\r\n" % (
            _as_called_there(self._origin).host_header,
            quote(row.id).encode("ascii"),
        )

    async def about(
        self,
        asked: Asked,
        direction: bytes,
        path: str,
        lines: Iterable[bytes],
        body: bytes,
        enough: Enough | None = None,
    ) -> Document:
        """Ask about an exchange, with what its client's headers say. Raises what `call_for_document` raises."""
        more = (*lines, b"x-request-id: " + asked.request_id.encode("latin-1"), b"x-plano-direction: " + direction)
        return await self.send(b"POST", path, more, body, asked.headers, enough)

    async def send(
        self,
        method: bytes,
        path: str,
        lines: Iterable[bytes],
        body: bytes,
        headers: Iterable[tuple[bytes, bytes]] = (_AGENT,),
        enough: Enough | None = None,
    ) -> Document:
        """`lines` are header lines without their ends."""
        sent = list(headers)
        own = b"".join(line + b"\r\n" for line in lines)
        last = (self._fixed, own, b"content-length: %d\r\n\r\n" % len(body), body)
        first = b"%b %b HTTP/1.1\r\n" % (method, path.encode("ascii"))
        try:
            request = join_fields(first, sent, dropped(sent, self._dropped), DROPPED_PREFIXES, last)
        except ValueError as error:
            raise FilterFailed(f"The filter `{self._id}` cannot be asked: {error}.") from None
        return await call_for_document(
            self._pool,
            self._origin,
            request,
            connect_timeout_s=self._connect_timeout_s,
            most_bytes=MOST_BYTES,
            enough=enough,
        )
