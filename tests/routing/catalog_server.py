"""A real HTTP server for what is fetched; a test says what it answers."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """`length`: what Content-Length says, if not the truth. `pieces` are sent after the body, as they come."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = {}
    length: int | None = None
    pieces: Callable[[], Iterator[bytes]] | None = None


class CatalogServer:
    """`answer` is what the next requests get; `asked` are the paths so far, `headers` those of the last request."""

    def __init__(self) -> None:
        self.answer: Answer | Callable[[str], Answer] = Answer()
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        #: Set by the fixture at the end: whoever keeps a client waiting waits for it.
        self.released = threading.Event()
        self.url = ""

    def reply(self, to: BaseHTTPRequestHandler) -> None:
        self.asked.append(to.path)
        self.headers = {name.lower(): value for name, value in to.headers.items()}
        answer = self.answer if isinstance(self.answer, Answer) else self.answer(to.path)
        to.send_response(answer.status)
        for name, value in answer.headers.items():
            to.send_header(name, value)
        if answer.pieces is None:
            to.send_header("content-length", str(len(answer.body) if answer.length is None else answer.length))
        to.end_headers()
        to.wfile.write(answer.body)
        for piece in answer.pieces() if answer.pieces is not None else ():
            to.wfile.write(piece)
            to.wfile.flush()


@contextmanager
def catalog_server(tls: ssl.SSLContext | None = None) -> Iterator[CatalogServer]:
    served = CatalogServer()

    class OneRequest(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                served.reply(self)
            except OSError:
                self.close_connection = True  # The client has lost patience.

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), OneRequest)
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    if tls is not None:
        # The handshake is the connection's thread's: a client that refuses must not stop the server.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        served.url = served.url.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        served.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
