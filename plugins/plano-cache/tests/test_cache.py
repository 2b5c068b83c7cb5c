from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from typing import Any

import msgspec
import plano_cache
import pytest
from plano_cache import Cache, HeaderScope, Settings
from plano_cache.kept import LOG_EVERY_S, PAUSE_S

from plano.plugin_api import AnswerCopy, Duration, Exchange, PluginTools, StoreUnusable, trial_exchange

CHAT: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "How tall is the Eiffel tower?"}]}
DOCUMENT = b'{"id":"chatcmpl-1","choices":[]}'
EVENTS = (b'data: {"choices":[]}\n\n', b"data: [DONE]\n\n")


class Shelf:
    """A store with a switch for trouble."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, float]] = {}
        self.is_down = False
        self.calls = 0

    async def get(self, key: str) -> bytes | None:
        self._called()
        return self.kept.get(key, (None, 0.0))[0]

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        self._called()
        self.kept[key] = (value, ttl_s)

    async def delete(self, key: str) -> None:
        self._called()
        self.kept.pop(key, None)

    async def close(self) -> None: ...

    def _called(self) -> None:
        self.calls += 1
        if self.is_down:
            raise StoreUnusable("a store cannot be used", detail="ConnectionError")


class Gateway:
    """The plugin in a world of its own: one store, one clock, and providers that say what they are told."""

    def __init__(self, **settings: Any) -> None:
        self.now_s = 1000.0
        self.shelf = Shelf()
        self.urls: list[str] = []
        self.cache = Cache(lambda: self.now_s, lambda: self.now_s)
        self.cache.started(Settings(**settings), PluginTools(open_store=self._open))

    def _open(self, url: str) -> Shelf:
        self.urls.append(url)
        return self.shelf

    async def ask(
        self,
        body: Mapping[str, Any] = CHAT,
        *,
        answer: tuple[bytes, ...] = (DOCUMENT,),
        status: int = 200,
        content_type: str = "application/json",
        is_whole: bool = True,
        prepare: Any = None,
        **request: Any,
    ) -> Exchange:
        """One request; a provider's answer goes to the copy, if the cache wants one."""
        exchange = trial_exchange(body, **request)
        if prepare is not None:
            prepare(exchange)
        copy = await self.cache.filter(exchange)
        if exchange.given_answer is None and copy is not None:
            for block in answer:
                copy.write(block)
            copy.end(status, content_type, is_whole)
            await asyncio.gather(*self.cache._answers.running)
        return exchange


def is_hit(exchange: Exchange) -> bool:
    return exchange.given_answer is not None


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


def test_the_same_request_gets_the_same_bytes_and_their_age() -> None:
    async def scene() -> None:
        gateway = Gateway()
        assert not is_hit(await gateway.ask())
        gateway.now_s += 12.7
        given = (await gateway.ask(answer=(b"another",))).given_answer
        assert (given.body, given.content_type, given.status) == (DOCUMENT, "application/json", 200)
        assert dict(given.headers) == {"x-plano-cache": "hit", "age": "12"}
        assert (gateway.cache.hits, gateway.cache.misses) == (1, 1)
        ((_, ttl_s),) = gateway.shelf.kept.values()
        assert ttl_s == 3600

    run(scene())


def test_a_stream_is_replayed_as_the_stream_it_was() -> None:
    async def scene() -> None:
        gateway = Gateway()
        streamed = {**CHAT, "stream": True}
        await gateway.ask(streamed, answer=EVENTS, content_type="text/event-stream")
        given = (await gateway.ask(streamed)).given_answer
        assert (given.body, given.content_type) == (b"".join(EVENTS), "text/event-stream")
        assert not is_hit(await gateway.ask(CHAT))

    run(scene())


def test_neither_the_order_of_members_nor_spaces_nor_what_is_ignored_make_a_difference() -> None:
    async def scene() -> None:
        gateway = Gateway()
        await gateway.ask({**CHAT, "user": "a", "temperature": 1})
        assert is_hit(await gateway.ask({"temperature": 1, "metadata": {"b": 1}, **CHAT}))
        spaced = trial_exchange(CHAT)
        spaced.replace_body(json.dumps({**CHAT, "temperature": 1}, indent=3).encode())
        assert await gateway.cache.filter(spaced) is None
        assert is_hit(spaced)

    run(scene())


def schema(*names: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": {"properties": dict.fromkeys(names, True)}}}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"model": "gpt-4o-mini"}),
        ({}, {"messages": [{"role": "user", "content": "How tall is the eiffel tower?"}]}),
        ({"temperature": 0}, {"temperature": 0.1}),
        ({"n": 1}, {"n": "1"}),
        ({"seed": 1}, {"seed": True}),
        ({"stop": None}, {}),
        ({"suffix": "a\u00e9"}, {"suffix": "ae\u0301"}),
        # A model writes in the order of the schema.
        ({"tools": [schema("a", "b")]}, {"tools": [schema("b", "a")]}),
    ],
)
def test_what_a_model_would_see_differently_has_an_answer_of_its_own(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    async def scene() -> None:
        gateway = Gateway()
        await gateway.ask({**CHAT, **first})
        assert not is_hit(await gateway.ask({**CHAT, **second}))
        assert is_hit(await gateway.ask({**CHAT, **first}))

    run(scene())


@pytest.mark.parametrize(
    "change",
    [
        lambda exchange: exchange.choose("openai/other"),
        lambda exchange: exchange.forbid("openai/gpt-4o"),
        lambda exchange: exchange.set_model("other"),
        lambda exchange: exchange.set_header("anthropic-beta", "x"),
    ],
)
def test_what_other_plugins_decide_counts(change: Any) -> None:
    async def scene() -> None:
        gateway = Gateway(scope="global")
        await gateway.ask()
        assert not is_hit(await gateway.ask(prepare=change))

    run(scene())


def named(key: str) -> Any:
    def prepare(exchange: Exchange) -> None:
        exchange.record.api_key = key

    return prepare


def test_keys_share_nothing_and_credentials_stand_in_where_there_are_no_keys() -> None:
    async def scene() -> None:
        gateway = Gateway()
        await gateway.ask(prepare=named("blue"))
        assert not is_hit(await gateway.ask(prepare=named("red")))
        assert not is_hit(await gateway.ask())
        assert is_hit(await gateway.ask(prepare=named("blue"), headers={"authorization": "Bearer other"}))
        await gateway.ask(headers={"authorization": "Bearer secret-one"})
        assert not is_hit(await gateway.ask(headers={"authorization": "Bearer two"}))
        assert not is_hit(await gateway.ask(headers={"x-api-key": "Bearer secret-one"}))
        assert is_hit(await gateway.ask(headers={"authorization": "Bearer secret-one"}))
        assert "secret" not in "".join(gateway.shelf.kept)

    run(scene())


def test_a_header_may_say_who_shares_and_without_it_nothing_is_cached() -> None:
    async def scene() -> None:
        gateway = Gateway(scope=HeaderScope("x-tenant"))
        await gateway.ask()
        assert gateway.shelf.kept == {}
        await gateway.ask(headers={"x-tenant": "a"})
        assert not is_hit(await gateway.ask(headers={"x-tenant": "b"}))
        assert is_hit(await gateway.ask(headers={"x-tenant": "a"}, prepare=named("any")))

    run(scene())


@pytest.mark.parametrize(
    ("answer", "about"),
    [
        ((DOCUMENT,), {"status": 500}),
        ((DOCUMENT,), {"status": 201}),
        ((DOCUMENT,), {"is_whole": False}),
        ((b"",), {}),
        ((b"x" * 60, b"x" * 60), {"content_type": "audio/mpeg"}),
    ],
)
def test_only_whole_good_short_answers_are_kept(answer: tuple[bytes, ...], about: dict[str, Any]) -> None:
    async def scene() -> None:
        gateway = Gateway(max_bytes=100)
        await gateway.ask(answer=answer, **about)
        assert gateway.shelf.kept == {}
        await gateway.ask(answer=(b"x" * 100,), content_type="audio/mpeg")
        assert len(gateway.shelf.kept) == 1

    run(scene())


def test_of_several_attempts_the_last_one_is_kept() -> None:
    async def scene() -> None:
        gateway = Gateway()
        copy = await gateway.cache.filter(trial_exchange(CHAT))
        assert isinstance(copy, AnswerCopy)
        copy.write(b"half of")
        copy.end(200, "application/json", False)
        copy.write(DOCUMENT)
        copy.end(200, "application/json", True)
        await asyncio.gather(*gateway.cache._answers.running)
        assert (await gateway.ask()).given_answer.body == DOCUMENT

    run(scene())


RESPONSES = {"model": "gpt-5", "input": "hello"}


@pytest.mark.parametrize(
    ("body", "is_kept"),
    [
        ({}, True),
        ({"store": False, "background": None, "previous_response_id": None}, True),
        ({"store": True}, False),
        ({"background": True}, False),
        ({"previous_response_id": "resp_1"}, False),
        ({"conversation": "conv_1"}, False),
        ({"tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "g"}]}, True),
        ({"tools": [{"name": "of_anthropic", "input_schema": {}}]}, True),
        ({"tools": [{"type": "function", "name": "f"}, {"type": "web_search"}]}, False),
        ({"tools": [{"type": "mcp", "server_url": "https://x"}]}, False),
        ({"tools": ["odd"]}, False),
        ({"mcp_servers": [{"url": "https://x"}]}, False),
    ],
)
def test_what_a_provider_remembers_or_does_is_not_replayed(body: dict[str, Any], is_kept: bool) -> None:
    async def scene() -> None:
        gateway = Gateway()
        await gateway.ask({**RESPONSES, **body}, path="/v1/responses")
        assert bool(gateway.shelf.kept) == is_kept

    run(scene())


@pytest.mark.parametrize(
    ("path", "settings", "body", "is_kept"),
    [
        ("/v1/embeddings", {}, {"input": "a"}, True),
        ("/v1/images/generations", {}, {"prompt": "a"}, False),
        ("/v1/messages/count_tokens", {}, {}, False),
        ("/v1/chat/completions", {"operations": ("embeddings",)}, {}, False),
        ("/v1/chat/completions", {"only_deterministic": True}, {}, False),
        ("/v1/chat/completions", {"only_deterministic": True}, {"temperature": 0.2}, False),
        ("/v1/chat/completions", {"only_deterministic": True}, {"temperature": 0.0}, True),
        ("/v1/embeddings", {"only_deterministic": True}, {"input": "a"}, True),
    ],
)
def test_settings_say_which_requests(path: str, settings: dict[str, Any], body: dict[str, Any], is_kept: bool) -> None:
    async def scene() -> None:
        gateway = Gateway(**settings)
        await gateway.ask({"model": "m", **body}, path=path)
        assert bool(gateway.shelf.kept) == is_kept

    run(scene())


@pytest.mark.parametrize(
    ("control", "is_read", "is_kept"),
    [
        ("no-store", False, False),
        ("No-Cache", False, True),
        ("max-age=5, no-transform", False, True),
        ("max-age=60", True, False),
        ('max-age="60"', True, False),
        ("max-age=soon", True, False),
        ("", True, False),
    ],
)
def test_clients_say_what_they_want_with_cache_control(control: str, is_read: bool, is_kept: bool) -> None:
    async def scene() -> None:
        gateway = Gateway()
        await gateway.ask()
        gateway.now_s += 10
        gateway.shelf.calls = 0
        exchange = await gateway.ask(answer=(b"{}",), headers={"cache-control": control})
        assert is_hit(exchange) == is_read
        given = (await gateway.ask()).given_answer
        assert given.body == (b"{}" if is_kept else DOCUMENT)

    run(scene())


def test_a_store_that_is_down_is_an_empty_one_and_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        gateway = Gateway()
        await gateway.ask()
        gateway.shelf.is_down = True
        gateway.shelf.calls = 0
        for _ in range(10):
            assert not is_hit(await gateway.ask())
        assert gateway.shelf.calls == 1  # Then it is left alone for a while.
        for _ in range(round(LOG_EVERY_S / PAUSE_S)):
            gateway.now_s += PAUSE_S
            await gateway.ask()
        assert len(caplog.messages) == 2
        assert caplog.messages[0] == "the store of the cache cannot be used (ConnectionError), 1 times so far"
        gateway.shelf.is_down = False
        gateway.now_s += PAUSE_S
        assert is_hit(await gateway.ask())

    run(scene())


def test_what_is_no_answer_of_ours_is_a_miss() -> None:
    async def scene() -> None:
        gateway = Gateway()
        await gateway.ask()
        (key,) = gateway.shelf.kept
        gateway.shelf.kept[key] = (b"\xc1", 1.0)
        assert not is_hit(await gateway.ask())

    run(scene())


def test_a_request_with_nonsense_inside_is_left_to_others() -> None:
    async def scene() -> None:
        gateway = Gateway()
        exchange = trial_exchange(CHAT)
        exchange.envelope.set_raw("seed", b"{]")
        assert await gateway.cache.filter(exchange) is None
        deep = trial_exchange(CHAT)
        deep.envelope.set_raw("seed", b"[" * 5000 + b"]" * 5000)
        assert await gateway.cache.filter(deep) is None

    run(scene())


@pytest.mark.parametrize(
    ("written", "settings"),
    [
        ({}, Settings()),
        ({"ttl": "90s", "scope": {"header": "x-tenant"}}, Settings(ttl=Duration(90), scope=HeaderScope("x-tenant"))),
        ({"scope": "global", "max_bytes": 10}, Settings(scope="global", max_bytes=10)),
        ({"scope": "everybody"}, None),
        ({"scope": {"header": "a b"}}, None),
        ({"scope": {"tenant": "x"}}, None),
        ({"max_bytes": 0}, None),
        ({"operations": ["count_tokens"]}, None),
        ({"time": "1h"}, None),
    ],
)
def test_settings_are_checked(written: dict[str, Any], settings: Settings | None) -> None:
    def dec_hook(kind: type, value: Any) -> Any:
        return kind.parse(value) if kind is Duration else kind(value)

    if settings is None:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(written, Cache().config_section(), dec_hook=dec_hook)
    else:
        assert msgspec.convert(written, Cache().config_section(), dec_hook=dec_hook) == settings


def test_a_password_of_the_store_does_not_show() -> None:
    from plano.plugin_api import Secret

    gateway = Gateway(store=Secret("redis://u:hunter2@h"))
    assert gateway.urls == ["redis://u:hunter2@h"]
    assert "hunter2" not in repr(Settings(store=Secret("redis://u:hunter2@h")))
    assert plano_cache.__doc__
