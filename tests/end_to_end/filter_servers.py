"""Filter servers for tests, each on a thread of its own: an HTTP server that does as it is told, with every way to
fail, and real MCP servers of the official SDK. The filters behave as those that operators write.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

from msgspec import Struct


class Heard(NamedTuple):
    """One request. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Says(Struct, frozen=True):
    """One answer. `cut`: the connection ends after so many bytes of the body. `drip_s`: seconds between two bytes.

    `hangs`: nothing comes. `resets`: the connection breaks. `raw`: these bytes instead of an answer.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    chunked: bool = False
    cut: int | None = None
    drip_s: float = 0.0
    hangs: bool = False
    resets: bool = False
    raw: bytes = b""


Behaviour = Callable[[Heard], Says]


class FilterServer:
    """`with FilterServer(behaviour) as server:` at `server.url`; what it was sent is in `heard`."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.heard: list[Heard] = []
        self.connections = 0
        self.open = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *raised: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def hang_up(self) -> None:
        """Close every connection, as a server does that restarts or is tired of waiting."""
        self._run(self._cancel_all())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        await self._cancel_all()

    async def _cancel_all(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        try:
            while (heard := await _heard(reader)) is not None:
                self.heard.append(heard)
                if not await _said(self.behaviour(heard), reader, writer):
                    break
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.close()


async def _heard(reader: asyncio.StreamReader) -> Heard | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Heard(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))


async def _said(says: Says, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether the connection can be used again."""
    if says.hangs:
        await reader.read()  # Until the other side has had enough.
        return False
    if says.resets:
        writer.transport.abort()
        return False
    if says.raw:
        writer.write(says.raw)
        await writer.drain()
        return False
    fields = [f"HTTP/1.1 {says.status} Said", f"content-type: {says.content_type}"]
    fields += [f"{name}: {value}" for name, value in says.headers]
    fields.append("transfer-encoding: chunked" if says.chunked else f"content-length: {len(says.body)}")
    writer.write("\r\n".join([*fields, "", ""]).encode("latin-1"))
    body = says.body if says.cut is None else says.body[: says.cut]
    pieces = [body[at : at + 1] for at in range(len(body))] if says.drip_s else [body] if body else []
    for piece in pieces:
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if says.chunked else piece)
        await writer.drain()
        if says.drip_s:
            await asyncio.sleep(says.drip_s)
    if says.cut is not None:
        return False
    if says.chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


# What operators' HTTP filters do.

_UNSAFE = re.compile(r"hack|exploit|malware|keylogger", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.]+@[\w.]+\w")


def content_guard(heard: Heard) -> Says:
    """Refuses words; told as FastAPI tells an `HTTPException`."""
    body = heard.json()
    said = body.get("input") or [m for m in body.get("messages", []) if m["role"] == "user"][-1]["content"]
    if found := _UNSAFE.search(said if isinstance(said, str) else json.dumps(said)):
        message = f"Request blocked by content safety filter (matched: '{found[0].lower()}')."
        told = {"detail": {"error": "content_blocked", "message": message}}
        return Says(json.dumps(told).encode(), 400)
    return Says(json.dumps(body).encode())


def output_redactor(heard: Heard) -> Says:
    """Takes a marker out of answers, JSON and events alike."""
    return Says(heard.body.replace(b"SECRET_TOKEN", b"[REDACTED]"), content_type=heard.headers["content-type"])


class Anonymizer:
    """Addresses become placeholders on their way to the model, and addresses again on the way back, by request id."""

    def __init__(self) -> None:
        self.originals: dict[str, dict[str, str]] = {}

    def __call__(self, heard: Heard) -> Says:
        request_id = heard.headers.get("x-request-id", "unknown")
        if heard.path.startswith("/anonymize/"):
            return Says(self._masked(heard.body.decode(), self.originals.setdefault(request_id, {})).encode())
        text = heard.body.decode()
        for placeholder, original in self.originals.get(request_id, {}).items():
            text = text.replace(placeholder, original)
        return Says(text.encode(), content_type="text/plain")

    def _masked(self, text: str, originals: dict[str, str]) -> str:
        def placeholder(found: re.Match[str]) -> str:
            name = f"[EMAIL_{len(originals)}]"
            originals[name] = found[0]
            return name

        return _EMAIL.sub(placeholder, text)


# Real MCP servers.


def mcp_tools() -> Any:
    """A server of the official SDK with the tools that the tests ask for."""
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

    server = MCPServer("filters", log_level="CRITICAL")

    @server.tool()
    def input_guards(body: dict[str, Any], path: str) -> dict[str, Any]:
        """Refuses what is out of scope."""
        if "out of scope" in json.dumps(body):
            raise ToolError("I can only assist with questions about TechCorp.")
        return body

    @server.tool()
    def bare(body: dict, path: str) -> dict:  # type: ignore[type-arg]  # As most people write them.
        """Adds a member."""
        return {**body, "seen": True}

    @server.tool()
    def strict_guard(body: dict[str, Any], path: str) -> dict[str, Any]:
        """Refuses everything, with a status."""
        raise ToolError(json.dumps({"status": 451, "code": "not_here", "message": "Not in this country."}))

    @server.tool()
    def query_rewriter(body: dict[str, Any], path: str) -> dict[str, Any]:
        """Changes the last message."""
        body["messages"][-1]["content"] += f" (by way of {path})"
        return body

    @server.tool()
    def as_text(body: dict[str, Any], path: str) -> str:
        """Answers with a text that is JSON."""
        return json.dumps({**body, "seen": True})

    @server.tool(structured_output=False)
    def unstructured(body: dict[str, Any], path: str) -> dict[str, Any]:
        """Answers with content alone."""
        return {**body, "seen": True}

    @server.tool()
    def nothing(body: dict[str, Any], path: str) -> None:
        """Looks on."""

    @server.tool()
    def redactor(body: dict[str, Any], path: str, direction: str = "request") -> dict[str, Any]:
        """Knows the direction, and works on events, too."""
        told = json.loads(json.dumps(body).replace("SECRET_TOKEN", "[REDACTED]"))
        return {**told, "direction": direction} if "events" not in told else told

    return server


@contextmanager
def mcp_server(*, json_response: bool = False, stateless: bool = False, port: int = 0) -> Iterator[str]:
    """`mcp_tools` at the address given back, a URL without a path."""
    import uvicorn

    app = mcp_tools().streamable_http_app(json_response=json_response, stateless_http=stateless)
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        sock.listen()  # Now: the server takes a while to start.
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
