"""`ScriptedProvider`: a real server on a loopback port that answers as its script says and remembers what it
was asked.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from plano.testing.scripted_provider.answer import Answer, json_answer
from plano.testing.scripted_provider.ask import RecordedRequest
from plano.testing.scripted_provider.connection import Connection
from plano.testing.scripted_provider.inspection import INSPECTION_PREFIX, inspection_answer
from plano.testing.scripted_provider.script import Script

_BACKLOG = 4096


class ScriptedProvider:
    """`async with ScriptedProvider() as provider:` in a loop, `with ScriptedProvider.in_thread() as
    provider:` elsewhere.

    `port=0` takes a free port. `host="::1"` serves IPv6. `tls` makes it HTTPS. `keep` bounds `requests`.
    `sends_continue`: whether `Expect: 100-continue` is answered.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        keep: int = 10_000,
        sends_continue: bool = True,
    ) -> None:
        self.script = script if script is not None else Script()
        self.host = host
        self.port = port
        self.sends_continue = sends_continue
        self._requests: deque[RecordedRequest] = deque(maxlen=keep)
        self.request_count = 0
        self.connection_count = 0
        self.failures: list[BaseException] = []
        self._tls = tls
        self._open: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watchers: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The requests kept, oldest first, as of now: tests read them while the provider's thread adds more."""
        return tuple(self._requests)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop it runs on; only while it runs."""
        if self._loop is None:
            raise RuntimeError("the scripted provider is not running")
        return self._loop

    @property
    def base_url(self) -> str:
        """Scheme, host and port, no path: as the Anthropic SDK takes it; OpenAI's wants `/v1` after it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    @property
    def open_connections(self) -> int:
        return len(self._open)

    @property
    def last_request(self) -> RecordedRequest:
        """The latest request; `IndexError` when there was none."""
        return self.requests[-1]

    async def start(self) -> None:
        """Listen. `OSError` when the port is taken."""
        self._loop = asyncio.get_running_loop()
        self._server = await self._loop.create_server(
            lambda: Connection(self), self.host, self.port, ssl=self._tls, backlog=_BACKLOG
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._open):
            connection.abort()
        await self.until(lambda: not self._open)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> ScriptedProvider:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def until(self, holds: Callable[[], bool], *, timeout_s: float = 5.0) -> None:
        """Wait until `holds()` is true; looked at after every request, answer and closed connection.

        Raises `TimeoutError`.
        """
        if holds():
            return
        waiting = self.loop.create_future()
        watcher = (holds, waiting)
        self._watchers.append(watcher)
        try:
            await asyncio.wait_for(waiting, timeout_s)
        finally:
            self._watchers.remove(watcher)

    def wait_until(self, holds: Callable[[], bool], *, timeout_s: float = 5.0) -> None:
        """`until` for other threads than the provider's."""
        asyncio.run_coroutine_threadsafe(self.until(holds, timeout_s=timeout_s), self.loop).result()

    @classmethod
    @contextmanager
    def in_thread(
        cls,
        script: Script | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        keep: int = 10_000,
        sends_continue: bool = True,
    ) -> Iterator[ScriptedProvider]:
        """Run on a uvloop loop of its own thread."""
        provider = cls(script, host=host, port=port, tls=tls, keep=keep, sends_continue=sends_continue)
        is_up, leave = threading.Event(), threading.Event()
        troubles: list[BaseException] = []
        arguments = (provider, is_up, leave, troubles)
        thread = threading.Thread(target=_run_in_thread, args=arguments, name="scripted-provider", daemon=True)
        thread.start()
        is_up.wait()
        try:
            if troubles:
                raise troubles[0]
            yield provider
        finally:
            leave.set()
            thread.join()

    def reset(self) -> None:
        """Forget the requests and how often each model was asked."""
        self.forget_requests()
        self.script.reset()

    def forget_requests(self) -> None:
        """Forget the requests only; the script stays where it is."""
        self._requests.clear()
        self.request_count = 0

    # What connections report.

    def answer(self, request: RecordedRequest) -> Answer:
        """The script's answer; a rule that raises is kept in `failures` and becomes a 500.

        `/mock/requests` and `/mock/reset` are answered here: they are about the provider, not to it.
        """
        if request.path.startswith(INSPECTION_PREFIX):
            return inspection_answer(self, request)
        try:
            return self.script.answer(request)
        except Exception as exc:
            self.failures.append(exc)
            message = f"the test's script raised {type(exc).__name__}: {exc}"
            return json_answer({"error": {"message": message, "type": "scripted_provider"}}, status=500)

    def record(self, request: RecordedRequest) -> None:
        if request.path.startswith(INSPECTION_PREFIX):
            return
        self._requests.append(request)
        self.request_count += 1
        if self._watchers:
            self.changed()

    def connection_opened(self, connection: Connection) -> int:
        """Its number, from 1."""
        self._open.add(connection)
        self.connection_count += 1
        if self._watchers:
            self.changed()
        return self.connection_count

    def connection_closed(self, connection: Connection) -> None:
        self._open.discard(connection)
        if self._watchers:
            self.changed()

    @property
    def has_watchers(self) -> bool:
        return bool(self._watchers)

    def changed(self) -> None:
        for holds, waiting in self._watchers:
            if not waiting.done() and holds():
                waiting.set_result(None)


def _run_in_thread(
    provider: ScriptedProvider,
    is_up: threading.Event,
    leave: threading.Event,
    troubles: list[BaseException],
) -> None:
    import uvloop

    async def serve() -> None:
        try:
            await provider.start()
        except OSError as exc:
            troubles.append(exc)
            return
        finally:
            is_up.set()
        await asyncio.get_running_loop().run_in_executor(None, leave.wait)
        await provider.stop()

    uvloop.run(serve())
