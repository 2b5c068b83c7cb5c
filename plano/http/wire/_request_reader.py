"""Client bytes -> requests. Sans-IO; framing by llhttp (strict), the rules it leaves open are enforced here.

Theory of operation: `feed` takes whatever one socket read gave and calls the outlet: `on_head` once the head of a
request is complete and accepted (so that `100 Continue` can be sent), `on_request` when its body is complete too.
One block may hold many pipelined requests; the outlet gets them in order. A request that must not be served raises a
`BadRequest` out of `feed`: nothing after it can be trusted, the connection is to be closed after the reply.

RFC 9112 section 6 (no smuggling): llhttp refuses conflicting or repeated framing fields, bare CR or LF, obs-fold and
control characters. Added here: one valid `Host` (section 3.2), no `Transfer-Encoding` in HTTP/1.0 (section 6.1), no
coding but `chunked`, targets in their proper form, size limits, trailers dropped, and a body that stays a body when an
`Upgrade` comes with it. llhttp reads request lines loosely (several spaces, RTSP and ICE, bare line ends in front) and
tells nobody: so a block is given to it in pieces that end where a request could, and each line is looked at before.
"""

from __future__ import annotations

import re
from typing import Any

import httptools

from plano.errors import BadRequest, BodyTooLarge, HeadTooLarge, UnsupportedHttpVersion
from plano.http.wire.head import RequestHead

#: A name, an IPv4 address or an IPv6 address, and a port (RFC 3986 section 3.2). The comma is legal in a name, but is
#: what becomes of two Host fields joined.
is_authority = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]{0,5})?"
).fullmatch
#: ` HTTP/1.1` and the end of the line.
LINE_END_BYTES = 11
CR = 13
LF = 10
BRACE = 125


def asks_to_close(head: RequestHead) -> bool:
    """Of HTTP/1.0, where llhttp lets `keep-alive` win over `close` (RFC 9112 section 9.3 does not)."""
    options = b",".join([value for name, value in head.headers if name == b"connection"])
    return b"close" in [option.strip().lower() for option in options.split(b",")]


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
        self.known_host = b""
        # Request.
        self.line_is_read = False
        self.line_end = b""
        self.spaces = 0
        self.maybe_at_end = False
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
        at = 0
        size = len(data)
        if size and not self.has_begun and not self.maybe_at_end and self.is_plain(data, size):
            self.line_is_read = True
            at = self.parse(data)
            if self.has_begun and not self.line_is_read:
                raise BadRequest("malformed HTTP request: a brace in a request line")
        while at < size:
            if self.line_is_read:
                end = self.piece_end(data, at, size)
            else:
                if not self.has_begun:
                    at = self.skip_empty_lines(data, at, size)
                    if at == size:
                        break
                end = data.find(b"\n", at) + 1
                if self.is_bad_line(data, at, end or size):
                    self.parse(data[at:end])  # What llhttp has to say against it counts more.
                    raise BadRequest("malformed HTTP request: the request line must be `method target HTTP/1.1`")
                if end:
                    self.line_is_read = True
                    end = self.piece_end(data, end, size)
                else:
                    end = size
            # A view: a block full of requests must not be copied for each of them.
            self.parse(data if end - at == size else memoryview(data)[at:end])
            at = end

    def is_plain(self, data: bytes, size: int) -> bool:
        """Whether a block is a whole head and some of a body, maybe none: what nearly every block is.

        No second line can be complete behind a head without another LF; one that has begun there ends in a brace, which
        no target has (RFC 3986 appendix A).
        """
        if data[size - 1] != BRACE and data[size - 1] != LF:
            return False
        line = data.find(b"\n")
        end = data.find(b"\r\n\r\n", line - 1) + 4
        return (
            end > 3
            and size <= self.max_head_bytes
            and data.find(b"\n", end) < 0
            and data.count(b" ", 0, line) == 2
            and data.startswith(b" HTTP/1.", line - 10)
            and data[0] > CR
        )

    def skip_empty_lines(self, data: bytes, at: int, size: int) -> int:
        """Where the request line begins (RFC 9112 section 2.2: empty lines in front of it are passed over)."""
        while at < size:
            byte = data[at]
            if byte == (LF if self.maybe_at_end else CR):
                self.maybe_at_end = byte == CR
                at += 1
                self.head_bytes += 1
                if self.head_bytes > self.max_head_bytes:
                    raise self.head_too_large()
            elif self.maybe_at_end or byte == LF:
                raise BadRequest("malformed HTTP request: a bare CR or LF in front of the request line")
            else:
                break
        return at

    def is_bad_line(self, data: bytes, at: int, end: int) -> bool:
        """Take this much of the request line; True when it is whole and not two spaces apart, or is not HTTP's.

        Of one space or none llhttp knows better what is wrong.
        """
        self.spaces += data.count(b" ", at, end)
        if end - at >= LINE_END_BYTES:
            self.line_end = data[end - LINE_END_BYTES : end]
        else:
            self.line_end = (self.line_end + data[at:end])[-LINE_END_BYTES:]
        if data[end - 1] != LF or self.spaces < 2:
            return False
        return self.spaces > 2 or not self.line_end.startswith(b" HTTP/")

    def piece_end(self, data: bytes, at: int, size: int) -> int:
        """As far as the request may reach: its body by length, or the next blank line."""
        if self.head_is_done and not self.chunked:
            return min(size, at + self.content_length - self.body_bytes)
        end = 0
        if self.maybe_at_end:  # The blank line may have begun in the block before.
            end = data.find(b"\n", at, at + 2) + 1
        if end == 0:
            found = data.find(b"\n\r\n", at - 1 if at else 0)
            end = size if found < 0 else found + 3
        # Taken back where it ends something.
        self.maybe_at_end = end == size and (data[size - 1] == CR or data[size - 1] == LF)
        return end

    def parse(self, piece: Any) -> int:
        """One piece for llhttp; how many bytes it has taken."""
        taken = len(piece)
        # Back to 0 with every head, piece of a body and end of a request: what llhttp holds back of an unfinished field
        # or trailer, and chunk extensions, are in no other count.
        self.head_bytes += len(piece)
        over = 0 if self.head_is_done else self.head_bytes - self.max_head_bytes
        if over > 0:  # What is wrong within the limit comes first, however the bytes are cut.
            piece = piece[: max(len(piece) - over, 0)]
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            taken = upgrade.args[0]  # To the end of the head, which mostly is the end of the piece.
            self.resume_after_upgrade()
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, BadRequest):
                raise error.__context__ from None
            raise
        except httptools.HttpParserError as error:
            raise BadRequest(f"malformed HTTP request: {error}") from None
        if self.head_bytes > self.max_head_bytes:
            raise self.head_too_large()
        return taken

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
        self.head_bytes = 0
        self.maybe_at_end = False
        if self.content_length > self.max_body_bytes:
            raise BodyTooLarge(f"the request body is over {self.max_body_bytes} bytes")
        head = self.next
        if head.host != self.known_host:
            if is_authority(head.host) is None:
                raise BadRequest("the Host header is not a name and a port")
            self.known_host = head.host
        path, _, query = self.target.partition(b"?")
        if not path.startswith(b"/") or method == b"CONNECT":
            path = self.path_of(method, path)
        if b"#" in self.target:
            raise BadRequest("a fragment is no part of a request target")
        head.method = method
        head.path = path
        head.query = query
        head.minor_version = minor
        head.keep_alive = self.parser.should_keep_alive() and (minor == 1 or not asks_to_close(head))
        self.head_is_done = True
        has_body = self.chunked or self.content_length > 0
        # HTTP/1.0 knows no interim answers (RFC 9110 section 10.1.1).
        may_continue = self.expects_continue and has_body and minor == 1
        self.body_after_upgrade = has_body and self.parser.should_upgrade()
        self.outlet.on_head(head, may_continue)

    def path_of(self, method: bytes, target: bytes) -> bytes:
        """The path of a target that is not in origin-form (RFC 9112 section 3.2). No tunnels: CONNECT has none."""
        if target == b"*" == self.target and method == b"OPTIONS":
            return target
        scheme, separator, rest = target.partition(b"://")
        if not separator or scheme.lower() not in (b"http", b"https") or method == b"CONNECT":
            raise BadRequest("the request target must be a path")
        authority, slash, path = rest.partition(b"/")
        # RFC 9110 sections 4.2.1 and 4.2.4: a host that is empty, or stands behind a user's name, is an error.
        if not authority or authority.startswith(b":") or is_authority(authority) is None:
            raise BadRequest("the request target has no valid host")
        # Whatever Host says, this is what counts (RFC 9112 section 3.2.2).
        head = self.next
        head.host = authority
        head.headers[:] = [(name, authority if name == b"host" else value) for name, value in head.headers]
        return slash + path if slash else b"/"

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
        self.line_is_read = False
        self.spaces = 0
        self.maybe_at_end = False
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
