"""One document over HTTP, blocking, for a thread of its own. Imported only where something is fetched.

Nothing said here shows a URL, which may hold a secret.
"""

from __future__ import annotations

import os
import re
import ssl
import time
import zlib
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    BaseHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
    UnknownHandler,
)

from msgspec import Struct

from plano.http.client.proxy import ProxySettings
from plano.http.wire.origin import Origin

CONNECT_S: Final = 5.0
TOTAL_S: Final = 30.0
MAX_BYTES: Final = 32 * 1024 * 1024
_PIECE: Final = 64 * 1024
_NOT_MODIFIED: Final = 304
#: The words of `http.client`, which has no other sign of it.
_REFUSED_TUNNEL: Final = re.compile(r"Tunnel connection failed: (\d{3})")


class NotFetched(Exception):
    """The message says why."""


class Fetched(Struct, frozen=True):
    """`body` is None where nothing has changed since the document with that `etag` ("" where the server has none)."""

    body: bytes | None
    etag: str


def fetch(
    url: str,
    *,
    etag: str = "",
    tls_ca_path: str | None = None,
    proxies: ProxySettings | None = None,
    connect_s: float = CONNECT_S,
    total_s: float = TOTAL_S,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """GET a document of at most `max_bytes` (unpacked). Raises `NotFetched`.

    `tls_ca_path`: a file or directory of certificates to trust beside the system's.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise NotFetched("only http and https are spoken")
    ends_at = time.monotonic() + total_s
    headers = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": "plano"}
    request = Request(url, headers=headers | ({"if-none-match": etag} if etag else {}))
    try:
        with _opener(tls_ca_path, proxies or ProxySettings(), connect_s).open(request, timeout=total_s) as response:
            return Fetched(_body(response, ends_at, max_bytes), response.headers.get("etag", ""))
    except HTTPError as error:
        error.close()
        if error.code == _NOT_MODIFIED and etag:
            return Fetched(None, etag)
        raise NotFetched(f"the server answers with status {error.code}") from None
    except (OSError, HTTPException, zlib.error, ValueError) as error:
        raise NotFetched(_explained(error)) from None


def _opener(tls_ca_path: str | None, proxies: ProxySettings, connect_s: float) -> OpenerDirector:
    """What `build_opener` makes, without files and FTP, where a redirect could lead, and with plano's proxies."""
    opener = OpenerDirector()
    for part in (
        _Proxied(proxies),
        _Plain(connect_s),
        _Tls(connect_s, tls_ca_path),
        HTTPRedirectHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        UnknownHandler(),
    ):
        opener.add_handler(part)
    return opener


class _Proxied(BaseHandler):
    """Sends each request, redirected ones too, to the proxy that leads to its origin."""

    handler_order = 600  # After `HTTPHandler`, which takes the `Host` of a request from where it goes.

    def __init__(self, proxies: ProxySettings) -> None:
        self._proxies = proxies

    def http_request(self, req: Request) -> Request:
        to = urlsplit(req.full_url)
        proxy = self._proxies.towards(Origin(to.scheme, to.hostname or "", to.port or (443, 80)[to.scheme == "http"]))
        if proxy is not None:
            host = f"[{proxy.origin.host}]" if ":" in proxy.origin.host else proxy.origin.host
            req.set_proxy(f"{host}:{proxy.origin.port}", proxy.origin.scheme)
            if proxy.authorization is not None:
                req.add_unredirected_header("Proxy-Authorization", proxy.authorization.reveal())
        return req

    https_request = http_request


class _Plain(HTTPHandler):
    def __init__(self, connect_s: float) -> None:
        super().__init__()
        self._connect_s = connect_s

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_patient(HTTPConnection, self._connect_s), req)


class _Tls(HTTPSHandler):
    def __init__(self, connect_s: float, ca_path: str | None) -> None:
        super().__init__()
        self._connect_s = connect_s
        self._ca_path = ca_path

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_patient(HTTPSConnection, self._connect_s), req, context=_trusting(self._ca_path))


def _patient(kind: Any, connect_s: float) -> Any:
    """A connection that may take less time to be opened than its answer may."""

    class Patient(kind):  # type: ignore[misc]
        timeout: float

        def connect(self) -> None:
            self.timeout, answer_s = connect_s, self.timeout
            super().connect()
            self.sock.settimeout(answer_s)

    return Patient


def _trusting(path: str | None) -> ssl.SSLContext:
    """The system's authorities and those at `path`: a catalogue stands in the open, a Prometheus often does not."""
    trusted = ssl.create_default_context()
    if path is not None and os.path.isdir(path):
        trusted.load_verify_locations(capath=path)
    elif path is not None:
        trusted.load_verify_locations(cafile=path)
    return trusted


def _body(response: HTTPResponse, ends_at: float, max_bytes: int) -> bytes:
    unpack = zlib.decompressobj(wbits=31) if response.headers.get("content-encoding") == "gzip" else None
    body = bytearray()
    while piece := response.read1(_PIECE):
        body += piece if unpack is None else unpack.decompress(piece, max_bytes + 1 - len(body))
        if len(body) > max_bytes:
            raise NotFetched(f"it is larger than {max_bytes} bytes")
        if time.monotonic() > ends_at:
            raise TimeoutError
    if response.length or (unpack is not None and not unpack.eof):
        raise NotFetched("it breaks off")
    return bytes(body)


def _explained(error: Exception) -> str:
    """Names of errors, not their words: these may show the URL."""
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return "it takes too long"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message}"
    if isinstance(cause, OSError) and cause.strerror:
        return f"it cannot be reached: {cause.strerror}"
    if refused := _REFUSED_TUNNEL.match(str(cause)):
        return f"the proxy answers with status {refused[1]}"
    return f"it cannot be read ({type(cause).__name__})"
