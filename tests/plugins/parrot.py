"""A provider that speaks the dialect of `plugins/plano-example-parrot`, on loopback, in a thread.

It says the guest's last words again. The model's name says how: `grey` as it should be, `squawking` refuses with
status 429, `mumbling` gives no reason anybody could read, `silent` stops in the middle, `crying` says within its
stream that it fails.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import unquote


class Heard(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    body: Any


class Parrot:
    """What the provider has heard, and where it sits."""

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}/zoo"
        self.heard: list[Heard] = []


@contextmanager
def parrot() -> Iterator[Parrot]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Perch)
    server.daemon_threads = True
    server.parrot = Parrot(server.server_address[1])  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.parrot  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Perch(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.parrot.heard.append(Heard(self.path, headers, body))  # type: ignore[attr-defined]
        model = unquote(self.path.split("/")[3])
        words = body["lines"][-1]["words"].split(" ")
        said = [word if place == 0 else f" {word}" for place, word in enumerate(words)]
        last: dict[str, Any] = {"why": "limit" if body.get("limit") == 1 else "done", "heard": 2, "spoken": len(words)}
        if model == "mumbling":
            last["why"] = ["?"]
        if model == "squawking":
            self._send(429, "application/json", [json.dumps({"squawk": "too many guests"})])
        elif not self.path.endswith("/say-slowly?as=events"):
            self._send(200, "application/json", [json.dumps({"id": "p-1", "words": "".join(said), **last})])
        else:
            events: list[Any] = [{"id": "p-1"}, *({"words": word} for word in said), last]
            if model in ("crying", "silent"):
                events[-1:] = [{"squawk": "a cat"}] if model == "crying" else []
            self._send(200, "text/event-stream", [f"data: {json.dumps(event)}\n\n" for event in events])

    def _send(self, status: int, kind: str, pieces: list[str]) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for piece in (*pieces, ""):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece.encode()), piece.encode()))

    def log_message(self, format: str, *args: Any) -> None: ...
