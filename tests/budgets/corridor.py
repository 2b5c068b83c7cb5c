"""A whole gateway without a socket: the real `App`, fake transports on both sides, and a loop that counts.

Everything happens in turns of the loop the test asks for (`settle`), so that counts are exact.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvloop

from plano.config.load import load_text
from plano.http.server.client_connection import ClientConnection
from plano.plugins.loader import LoadedPlugins
from plano.run.app import App
from plano.telemetry.access_log import AccessLog
from plano.testing.transport import FakeTransport

CONFIG = """
version: v0.4.0
listeners:
  - {type: model, name: models, address: 127.0.0.1, port: 12000}
model_providers:
  - {model: openai/gpt-4o, base_url: "PROVIDER", access_key: $KEY, default: true}
"""
NO_PROVIDER = "http://127.0.0.1:9"

#: What a chat client of today sends: the OpenAI library's header fields and a short conversation.
ASK: dict[str, Any] = {
    "model": "openai/gpt-4o",
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Say in one sentence what a gateway does, please."},
    ],
    "temperature": 0.7,
}


def request(body: dict[str, Any] = ASK) -> bytes:
    """The bytes of one chat request."""
    data = json.dumps(body).encode()
    return (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: gateway:12000\r\naccept-encoding: gzip, deflate\r\n"
        b"connection: keep-alive\r\naccept: application/json\r\ncontent-type: application/json\r\n"
        b"user-agent: OpenAI/Python 2.8.1\r\nx-stainless-lang: python\r\nx-stainless-runtime: CPython\r\n"
        b"authorization: Bearer sk-client\r\ncontent-length: %d\r\n\r\n%b" % (len(data), data)
    )


REQUEST = request()
STREAM_REQUEST = request({**ASK, "stream": True})

ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1760000000,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "It takes requests in and passes them on. " * 10},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 25, "completion_tokens": 90, "total_tokens": 115},
    }
).encode()
RESPONSE_HEAD = (
    b"HTTP/1.1 200 OK\r\ndate: Sat, 21 Nov 2026 02:11:00 GMT\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nx-request-id: req_1\r\nopenai-processing-ms: 12\r\n\r\n" % len(ANSWER)
)
RESPONSE = RESPONSE_HEAD + ANSWER
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ndate: Sat, 21 Nov 2026 02:11:00 GMT\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"transfer-encoding: chunked\r\nx-request-id: req_1\r\n\r\n"
)


def chunk(data: bytes) -> bytes:
    """`data` in HTTP/1.1's chunked coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(word: str) -> bytes:
    """One event of a chat stream, in its chunk."""
    choice = {"index": 0, "delta": {"content": word}, "logprobs": None, "finish_reason": None}
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1760000000, "model": "gpt-4o-2024-08-06"}
    return chunk(b"data: " + json.dumps({**body, "choices": [choice], "usage": None}).encode() + b"\n\n")


LAST_EVENTS = (
    chunk(b'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}\n\n')
    + chunk(b'data: {"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":25,"completion_tokens":9}}\n\n')
    + chunk(b"data: [DONE]\n\n")
    + b"0\r\n\r\n"
)


class CountingLoop(uvloop.Loop):
    """The loop plano runs on; notes who asks it for tasks, futures and timers."""

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[str] = []
        self.futures = 0
        self.timers: list[str] = []
        self.callbacks = 0

    def create_task(self, coroutine: Any, **options: Any) -> Any:
        self.tasks.append(coroutine.__qualname__)
        return super().create_task(coroutine, **options)

    def create_future(self) -> Any:
        self.futures += 1
        return super().create_future()

    def call_soon(self, callback: Any, *arguments: Any, context: Any = None) -> Any:
        self.callbacks += 1
        return super().call_soon(callback, *arguments, context=context)

    def call_later(self, delay: float, callback: Any, *arguments: Any, context: Any = None) -> Any:
        self._note_timer(callback)
        return super().call_later(delay, callback, *arguments, context=context)

    def call_at(self, when: float, callback: Any, *arguments: Any, context: Any = None) -> Any:
        self._note_timer(callback)
        return super().call_at(when, callback, *arguments, context=context)

    def forget(self) -> None:
        """Begin to count anew."""
        self.tasks.clear()
        self.timers.clear()
        self.futures = self.callbacks = 0

    def settle(self, turns: int = 4) -> None:
        """Run what is due, and what that makes due."""
        for _ in range(turns):
            super().call_soon(self.stop)
            self.run_forever()

    def _note_timer(self, callback: Any) -> None:
        name = getattr(callback, "__qualname__", repr(callback))
        if not name.startswith("App._every"):  # The app's two own timers are armed whether requests come or not.
            self.timers.append(name)


class FakeDialer:
    """Connects every provider connection to a fake transport."""

    def __init__(self, connect: Callable[[Any], Any]) -> None:
        self.connect = connect
        self.transports: list[Any] = []

    async def dial(self, origin: Any, protocol: Any, *limits: Any) -> None:
        self.transports.append(self.connect(protocol))


class Corridor:
    """One app, its loop, and the peers a test plays."""

    def __init__(self, app: App, loop: CountingLoop, connect: Callable[[Any], Any] = FakeTransport.connect) -> None:
        self.app = app
        self.loop = loop
        self.connect = connect
        self.dialer = FakeDialer(connect)
        app.pool.dialer = self.dialer  # type: ignore[assignment]

    def client(self) -> Any:
        """A new client connection's transport."""
        return self.connect(self.new_connection())

    def new_connection(self) -> Any:
        """A client connection without a transport yet."""
        return ClientConnection(next(iter(self.app.listeners.values())))

    def exchange(self, client: FakeTransport, request: bytes, *blocks: bytes) -> FakeTransport:
        """One exchange from the first byte to the last; the provider's transport."""
        client.receive(request)
        self.loop.settle()
        provider: FakeTransport = self.dialer.transports[-1]
        for block in blocks:
            provider.receive(block)
            self.loop.settle()
        return provider

    def warm(self, client: FakeTransport) -> FakeTransport:
        """After this the pool holds a connection and nothing has been counted or kept."""
        provider = self.exchange(client, REQUEST, RESPONSE)
        assert client.take().endswith(ANSWER)
        provider.take()
        self.loop.forget()
        return provider


@contextmanager
def corridor(
    *,
    log_dir: Path | None = None,
    plugins: LoadedPlugins | None = None,
    provider_url: str = NO_PROVIDER,
    connect: Callable[[Any], Any] = FakeTransport.connect,
) -> Iterator[Corridor]:
    """A started app on a loop of its own; both are gone afterwards."""
    config = load_text(CONFIG.replace("PROVIDER", provider_url), name="budget", environ={"KEY": "sk-budget"}).config
    # Any free port: a config file has to name one, a test must not.
    config = msgspec.structs.replace(config, listeners=(msgspec.structs.replace(config.listeners[0], port=0),))
    loop = CountingLoop()
    try:
        access_log = None if log_dir is None else AccessLog(log_dir / "access_llm.log")
        app = App(config, access_log=access_log, plugins=plugins)
        loop.run_until_complete(app.start())
        try:
            yield Corridor(app, loop, connect)
        finally:
            loop.run_until_complete(app.stop(delay_s=0, grace_s=0))
            loop.settle()
    finally:
        loop.close()


def replace_where_used(monkeypatch: pytest.MonkeyPatch, name: str, original: Any, replacement: Any) -> None:
    """Put `replacement` wherever a module of plano has imported `original` as `name`; works in both builds."""
    homes = [
        module
        for key, module in list(sys.modules.items())
        if key.startswith("plano.") and key != original.__module__ and vars(module).get(name) is original
    ]
    assert homes, f"nobody uses {name}"
    for module in homes:
        monkeypatch.setattr(module, name, replacement)


@contextmanager
def counted_calls(monkeypatch: pytest.MonkeyPatch, name: str, original: Any) -> Iterator[Counter[str]]:
    """Count the calls of something modules of plano have imported by name."""
    calls: Counter[str] = Counter()

    def counting(*arguments: Any, **options: Any) -> Any:
        calls[name] += 1
        return original(*arguments, **options)

    with monkeypatch.context() as patch:
        replace_where_used(patch, name, original, counting)
        yield calls
