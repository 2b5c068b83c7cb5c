"""A client of bare sockets: requests as bytes, answers as they arrived."""

from __future__ import annotations

import json
import socket
from typing import Any, NamedTuple, Protocol


class Address(Protocol):
    """Somebody who listens."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


class Reply(NamedTuple):
    """One answer. `headers` in lower case and in order; `body` with its framing taken off.

    `is_whole`: the framing says that nothing is missing.
    """

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes
    is_whole: bool

    def header(self, name: str) -> str | None:
        """The only value of a header; None when it was not sent."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) < 2, values
        return values[0] if values else None

    def json(self) -> Any:
        return json.loads(self.body)


def request(
    body: bytes | dict[str, Any] = b"",
    path: str = "/v1/chat/completions",
    *headers: str,
    method: str = "POST",
    version: str = "1.1",
) -> bytes:
    """A whole request with its length; `headers` are lines."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/{version}", "host: plano"]
    if content or method == "POST":
        lines += ["content-type: application/json", f"content-length: {len(content)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + content


def chat(model: str, *headers: str, stream: bool = False, **members: Any) -> bytes:
    """A chat request."""
    body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": "hi"}], **members}
    if stream:
        body["stream"] = True
    return request(body, "/v1/chat/completions", *headers)


class Wire:
    """One connection."""

    def __init__(self, address: Address, timeout_s: float = 5.0) -> None:
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(timeout_s)
        try:
            self.socket.connect((address.host, address.port))
        except OSError:
            self.socket.close()
            raise
        self.buffer = bytearray()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, data: bytes, method: str = "POST") -> Reply:
        """Send a request, read its answer."""
        self.send(data)
        return self.reply(method)

    def reply(self, method: str = "POST") -> Reply:
        """Read one final answer; an interim one is an error."""
        status, reason, headers = self.head()
        assert status >= 200, status
        framing = dict(headers)
        if method == "HEAD" or status in (204, 304):
            return Reply(status, reason, headers, b"", True)
        if framing.get("transfer-encoding") == "chunked":
            body, is_whole = self._chunked()
        elif "content-length" in framing:
            length = int(framing["content-length"])
            while len(self.buffer) < length and self._more():
                pass
            body = self._taken(length)
            is_whole = len(body) == length
        else:
            body, is_whole = self.rest(), True
        return Reply(status, reason, headers, body, is_whole)

    def head(self) -> tuple[int, str, list[tuple[str, str]]]:
        """Status, reason and headers of the next head, interim or not."""
        text = self.until(b"\r\n\r\n").decode("latin-1")
        first, *lines = text.removesuffix("\r\n\r\n").split("\r\n")
        version, status, *reason = first.split(" ", 2)
        assert version == "HTTP/1.1", first
        fields = (line.partition(":") for line in lines)
        return int(status), "".join(reason), [(name.lower(), value.strip()) for name, _, value in fields]

    def until(self, mark: bytes) -> bytes:
        """Everything up to `mark` and with it."""
        while mark not in self.buffer:
            assert self._more(), f"the connection ended before {mark!r}: {self.buffer!r}"
        return self._taken(self.buffer.index(mark) + len(mark))

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        while self._more():
            pass
        return self._taken(len(self.buffer))

    def is_closed(self) -> bool:
        """The other side closes without sending anything more."""
        return self.rest() == b""

    def _chunked(self) -> tuple[bytes, bool]:
        """A chunked body and whether it is whole."""
        body = bytearray()
        at = 0  # Taken off the buffer at the end only: many small chunks must not cost a copy of the rest each.
        while True:
            end = self.buffer.find(b"\r\n", at)
            if end < 0:
                if self._more():
                    continue
                break
            size = int(self.buffer[at:end], 16)
            start = end + 2
            while len(self.buffer) < start + size + 2 and self._more():
                pass
            body += self.buffer[start : start + size]
            at = min(start + size + 2, len(self.buffer))
            if self.buffer[start + size : at] != b"\r\n":
                break
            if not size:
                self._taken(at)
                return bytes(body), True
        self.buffer.clear()
        return bytes(body), False

    def _taken(self, size: int) -> bytes:
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        return taken

    def _more(self) -> bool:
        try:
            part = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.buffer += part
        return bool(part)


def ask(address: Address, data: bytes, method: str = "POST") -> Reply:
    """One request on a connection of its own."""
    with Wire(address) as wire:
        return wire.ask(data, method)


def events(body: bytes) -> list[tuple[str, str]]:
    """The events of a stream as (name, data), read by the rules of WHATWG HTML section 9.2.6."""
    found = []
    name, data = "", []
    for line in body.replace(b"\r\n", b"\n").decode().split("\n"):
        if not line:
            if data:
                found.append((name, "\n".join(data)))
            name, data = "", []
        elif line.startswith("event:"):
            name = line[6:].removeprefix(" ")
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
    return found
