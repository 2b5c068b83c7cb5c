"""Client bytes -> requests. Sans-IO; framing by llhttp (strict), the rules it leaves open are enforced here.

Theory of operation: `feed` takes whatever one socket read gave and calls the outlet: `on_head` once the head of a
request is complete and accepted (so that `100 Continue` can be sent), `on_request` when its body is complete too.
One block may hold many pipelined requests; the outlet gets them in order. A request that must not be served raises a
`BadRequest` out of `feed`: nothing after it can be trusted, the connection is to be closed after the reply.

RFC 9112 section 6 (no smuggling): llhttp refuses conflicting or repeated framing fields, bare CR or LF, obs-fold and
control characters. Added here: `Host` exactly once (section 3.2), no `Transfer-Encoding` in HTTP/1.0 (section 6.1),
no coding but `chunked`, size limits, trailers dropped, and a body that stays a body when an `Upgrade` comes with it.
"""

from __future__ import annotations

from typing import Any

import httptools

from plano.errors import BadRequest, BodyTooLarge, HeadTooLarge, UnsupportedHttpVersion
from plano.http.wire.head import RequestHead


class RequestReader:
    """Feeds one client connection's bytes into complete requests.

    `outlet` has `on_head(head, expects_continue)` and `on_request(head, body)`; limits are in bytes.
    """

    def __init__(self, outlet: Any, max_head_bytes: int, max_body_bytes: int) -> None:
        # Connection.
        self.outlet = outlet
        self.max_head_bytes = max_head_bytes
        self.max_body_bytes = max_body_bytes
        self.parser = httptools.HttpRequestParser(self)
        self.resuming = False
        # Request.
        self.has_begun = False
        self.target = b""
        self.next = RequestHead(b"", b"")
        self.head_is_done = False
        self.head_bytes = 0
        self.field_bytes = 0
        self.body: bytes | bytearray = b""
        self.body_bytes = 0
        self.hosts = 0
        self.content_length = 0
        self.chunked = False
        self.expects_continue = False
        self.body_after_upgrade = False

    def is_between_requests(self) -> bool:
        """Nothing of a next request has arrived yet."""
        return not self.has_begun

    def feed(self, data: bytes) -> None:
        """Take one block. Raises `BadRequest` (or a subclass) for what must not be served."""
        # Back to 0 with every head, piece of a body and end of a request: what llhttp holds back of an unfinished field
        # or trailer, and chunk extensions, are in no other count.
        rest: Any = data
        while rest:
            self.head_bytes += len(rest)
            try:
                self.parser.feed_data(rest)
                break
            except httptools.HttpParserUpgrade as upgrade:
                # A view: a block full of upgrades must not be copied for each of them.
                rest = memoryview(rest)[upgrade.args[0] :]
                self.resume_after_upgrade()
            except httptools.HttpParserCallbackError as error:
                if isinstance(error.__context__, BadRequest):
                    raise error.__context__ from None
                raise
            except httptools.HttpParserError as error:
                raise BadRequest(f"malformed HTTP request: {error}") from None
        if self.head_bytes > self.max_head_bytes:
            raise self.head_too_large()

    def seen(self) -> RequestHead:
        """What is known so far of the request that is being read: for the answer to one that is refused."""
        head = self.next
        if not self.head_is_done:
            path = self.target.partition(b"?")[0]
            if not path.startswith(b"/"):
                # Before a host there may be a password, and this goes into a log.
                _, slash, rest = path.partition(b"://")[2].partition(b"/")
                path = slash + rest
            head.path = path
        return head

    def head_too_large(self) -> HeadTooLarge:
        return HeadTooLarge(f"the request head is over {self.max_head_bytes} bytes")

    def resume_after_upgrade(self) -> None:
        """Be ready to go on as if nobody had asked for an upgrade (RFC 9110 section 7.8: a server may ignore it).

        llhttp stops at the end of the head and takes the body, if any, for the upgraded protocol. A fresh parser is
        primed with the framing alone, so the body stays a body and what follows it is the next request.
        """
        self.parser = httptools.HttpRequestParser(self)
        if self.body_after_upgrade:
            self.body_after_upgrade = False
            framing = b"transfer-encoding: chunked" if self.chunked else b"content-length: %d" % self.content_length
            self.resuming = True
            self.parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n\r\n")
            self.resuming = False

    # What llhttp calls.

    def on_message_begin(self) -> None:
        self.has_begun = True

    def on_url(self, url: bytes) -> None:
        if not self.resuming:
            self.target += url
            self.field_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head_is_done:
            if not self.resuming:  # A trailer is dropped, but counts.
                self.field_bytes += len(name) + len(value) + 4
                if self.field_bytes > self.max_head_bytes:
                    raise self.head_too_large()
            return
        if value and value[-1] <= 32:
            value = value.rstrip(b" \t")  # llhttp takes off white space in front only (RFC 9112 section 5.1).
        head = self.next
        name = name.lower()
        head.headers.append((name, value))
        size = len(name)
        self.field_bytes += size + len(value) + 4
        if self.field_bytes > self.max_head_bytes:
            raise self.head_too_large()
        if size == 4:
            if name == b"host":
                self.hosts += 1
                head.host = value
        elif size == 6:
            if name == b"origin":
                head.origin = value
            elif name == b"expect" and value.lower() == b"100-continue":
                self.expects_continue = True
        elif size == 10:
            if name == b"user-agent":
                head.user_agent = value
        elif size == 12:
            if name == b"x-request-id":
                head.request_id = value
        elif size == 14:
            if name == b"content-length":
                # llhttp takes all of 64 bits; more than the limit is all there is to know.
                self.content_length = min(int(value), self.max_body_bytes + 1)
        elif size == 15:
            if name == b"x-forwarded-for":
                head.forwarded_for = value
        elif size == 17 and name == b"transfer-encoding":
            if value.lower() != b"chunked" or self.chunked:
                raise BadRequest("the only transfer coding understood is chunked, once")
            self.chunked = True

    def on_headers_complete(self) -> None:
        if self.resuming:
            return
        version = self.parser.get_http_version()
        if version == "1.1":
            minor = 1
            if self.hosts != 1:
                raise BadRequest("a request must have exactly one Host header")
        elif version == "1.0":
            minor = 0
            if self.hosts > 1:
                raise BadRequest("a request must not have several Host headers")
            if self.chunked:
                raise BadRequest("Transfer-Encoding is not defined for HTTP/1.0")
        else:
            raise UnsupportedHttpVersion(f"HTTP/{version} is not spoken here; use HTTP/1.1")
        method = self.parser.get_method()
        if self.field_bytes + len(method) + 14 > self.max_head_bytes:  # 14: two spaces, version, two line ends.
            raise self.head_too_large()
        self.head_bytes = 0
        if self.content_length > self.max_body_bytes:
            raise BodyTooLarge(f"the request body is over {self.max_body_bytes} bytes")
        path, _, query = self.target.partition(b"?")
        if not path.startswith(b"/"):
            path = self.path_of(path)
        head = self.next
        head.method = method
        head.path = path
        head.query = query
        head.minor_version = minor
        head.keep_alive = self.parser.should_keep_alive()
        self.head_is_done = True
        has_body = self.chunked or self.content_length > 0
        # HTTP/1.0 knows no interim answers (RFC 9110 section 10.1.1).
        may_continue = self.expects_continue and has_body and minor == 1
        self.body_after_upgrade = has_body and self.parser.should_upgrade()
        self.outlet.on_head(head, may_continue)

    def path_of(self, target: bytes) -> bytes:
        """The path of a target that is not in origin-form (RFC 9112 section 3.2)."""
        if target == b"*":
            return target
        scheme, separator, rest = target.partition(b"://")
        if separator and scheme.lower() in (b"http", b"https"):
            _, slash, path = rest.partition(b"/")
            return slash + path if slash else b"/"
        raise BadRequest("the request target must be a path")

    def on_body(self, data: bytes) -> None:
        self.head_bytes = 0
        self.body_bytes += len(data)
        if self.body_bytes > self.max_body_bytes:
            raise BodyTooLarge(f"the request body is over {self.max_body_bytes} bytes")
        if self.body_bytes == len(data):
            self.body = data  # The usual case: one piece, no copy.
        elif isinstance(self.body, bytearray):
            self.body += data
        else:
            self.body = bytearray(self.body) + data

    def on_message_complete(self) -> None:
        if not self.head_is_done or self.body_after_upgrade:
            return
        head = self.next
        body = self.body
        self.next = RequestHead(b"", b"")
        self.has_begun = False
        self.target = b""
        self.head_is_done = False
        self.head_bytes = 0
        self.field_bytes = 0
        self.body = b""
        self.body_bytes = 0
        self.hosts = 0
        self.content_length = 0
        self.chunked = False
        self.expects_continue = False
        self.outlet.on_request(head, bytes(body))
