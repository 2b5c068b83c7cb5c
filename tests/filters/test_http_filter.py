"""HTTP filters against a real server on loopback: the contract, and every way it can be broken."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from plano.errors import FilterFailed, FilterRejected
from tests.end_to_end.filter_servers import Anonymizer, FilterServer, Heard, Says, content_guard, output_redactor
from tests.filters.conftest import REQUEST, asked, filters_of, until

Run = Callable[[Coroutine[Any, Any, Any]], Any]
EVENTS = b'data: {"choices": [{"delta": {"content": "a SECRET_TOKEN"}}]}\n\ndata: [DONE]\n\n'


def row(server: FilterServer, more: str = "") -> str:
    return f"id: f, type: http, url: '{server.url}'{more and ', ' + more}"


async def asked_once(server: FilterServer, more: str = "", **about: Any) -> bytes | None:
    async with filters_of(row(server, more)) as filters:
        return await filters["f"].request(asked(**about))


def test_the_path_of_the_request_is_appended_and_the_body_posted(run: Run) -> None:
    with FilterServer(lambda heard: Says(b'{"a": 1}')) as server:
        new = run(asked_once(server))
        (heard,) = server.heard
    assert new == b'{"a": 1}'
    assert (heard.method, heard.path, heard.body) == ("POST", "/v1/chat/completions", REQUEST)


@pytest.mark.parametrize(
    ("url", "more", "path"),
    [
        ("", "", "/v1/messages"),
        ("/", "", "/v1/messages"),
        ("/anonymize", "", "/anonymize/v1/messages"),
        ("/anonymize/", "", "/anonymize/v1/messages"),
        ("", "append_path: false", "/"),
        ("/check", "append_path: false", "/check"),
        ("/check/", "append_path: false", "/check/"),
        ("/prüfen", "", "/pr%C3%BCfen/v1/messages"),
        ("/a%20b", "", "/a%20b/v1/messages"),
    ],
)
def test_where_it_posts_to(run: Run, url: str, more: str, path: str) -> None:
    async def ask(server: FilterServer) -> None:
        text = f"id: f, type: http, url: '{server.url}{url}'{more and ', ' + more}"
        async with filters_of(text) as filters:
            await filters["f"].request(asked(path="/v1/messages"))

    with FilterServer(lambda heard: Says(status=204)) as server:
        run(ask(server))
        assert [heard.path for heard in server.heard] == [path]


@pytest.mark.parametrize(
    ("status", "more", "hint"),
    [
        (404, "", " at /v1/chat/completions: if it only knows the path of its `url`, set `append_path: false`"),
        (405, "", " at /v1/chat/completions: if it only knows the path of its `url`, set `append_path: false`"),
        (404, "append_path: false", ""),
        (403, "", ""),
    ],
)
def test_who_refuses_a_path_may_not_know_it(run: Run, status: int, more: str, hint: str) -> None:
    refuses = FilterServer(lambda heard: Says(b'{"detail": "Not Found"}', status=status))
    with refuses as server, pytest.raises(FilterRejected) as caught:
        run(asked_once(server, more))
    assert caught.value.detail == f"filter f refused with status {status}{hint}"
    assert str(caught.value.message) == "Not Found"  # The client is told the filter's words alone.


def test_headers_come_without_credentials_and_framing(run: Run) -> None:
    client = {
        "authorization": "Bearer sk-1",
        "proxy-authorization": "sk-2",
        "x-api-key": "sk-3",
        "api-key": "sk-4",
        "cookie": "sk-5",
        "x-goog-api-key": "sk-6",
        "x-amz-security-token": "sk-7",
        "x-plano-api-key": "sk-8",
        "ocp-apim-subscription-key": "sk-9",
        "x-session": "sk-10",
        "connection": "x-hop",
        "x-hop": "one hop",
        "content-length": "7",
        "transfer-encoding": "chunked",
        "accept-encoding": "gzip",
        "if-none-match": "*",
        "origin": "https://page.example",
        "x-plano-filter": "forged",
        "x-request-id": "the client's",
        "traceparent": "00-1",
        "user-agent": "curl",
        "x-team": "red",
    }
    headers = [(name.encode(), value.encode()) for name, value in client.items()]

    async def ask(server: FilterServer) -> None:
        text = row(server, "headers: {X-Team: blue, Authorization: own}")
        async with filters_of(text, frozenset([b"x-session"])) as filters:
            await filters["f"].request(asked(headers=headers, request_id="r-7"))

    with FilterServer(lambda heard: Says(status=204)) as server:
        run(ask(server))
        (heard,) = server.heard
    assert heard.headers == {
        "traceparent": "00-1",
        "user-agent": "curl",
        "x-team": "blue",
        "authorization": "own",
        "host": f"127.0.0.1:{server.port}",
        "accept-encoding": "identity",
        "accept": "application/json",
        "content-type": "application/json",
        "content-length": str(len(REQUEST)),
        "x-request-id": "r-7",
        "x-plano-filter": "f",
        "x-plano-direction": "request",
    }


@pytest.mark.parametrize("says", [Says(status=204), Says(b""), Says(REQUEST), Says(b"", 202)])
def test_unchanged(run: Run, says: Says) -> None:
    with FilterServer(lambda heard: says) as server:
        assert run(asked_once(server)) is None


@pytest.mark.parametrize(
    "says",
    [
        Says(b'{"a": "\xc3\xa9"}'),
        Says(b'{"a": "\xc3\xa9"}', chunked=True),
        Says(b'{"a": "\xc3\xa9"}', 201, "text/html"),
        Says(b'{"a": "\xc3\xa9"}', chunked=True, drip_s=0.001),
    ],
)
def test_what_replaces_a_body_is_taken_as_it_is(run: Run, says: Says) -> None:
    with FilterServer(lambda heard: says) as server:
        assert run(asked_once(server)) == says.body


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (Says(b"{}", 500), "failed with status 500"),
        (Says(b"", 307, headers=(("location", "http://127.0.0.1:1/"),)), "failed with status 307"),
        (Says(b"[1]"), "no JSON object"),
        (Says(b'{"a": '), "no JSON object"),
        (Says(b"\xff\xfe"), "no JSON object"),
        (Says(b"<html>"), "no JSON object"),
        (Says(b'{"a": 1}', headers=(("content-encoding", "gzip"),)), "compressed"),
        (Says(resets=True), "cannot be reached"),
        (Says(raw=b"SSH-2.0-OpenSSH\r\n\r\n"), "gave no answer that can be read"),
        (Says(b'{"a": 1}', cut=3), "gave no answer that can be read"),
        (Says(b'{"a": 1}', cut=3, chunked=True), "gave no answer that can be read"),
        (Says(hangs=True), "did not answer in time"),
        (Says(b'{"a": 1}' * 100, drip_s=0.02), "did not answer in time"),
    ],
)
@pytest.mark.parametrize("fail_open", [False, True])
def test_a_failing_filter_fails_closed_or_open(run: Run, says: Says, told: str, fail_open: bool) -> None:
    async def ask(server: FilterServer) -> None:
        more = f"timeout: 300ms, connect_timeout: 200ms, fail_open: {fail_open}"
        async with filters_of(row(server, more)) as filters:
            about = asked()
            if fail_open:
                assert await filters["f"].request(about) is None
                assert about.fault
                return
            with pytest.raises(FilterFailed, match=told) as raised:
                await filters["f"].request(about)
            assert raised.value.status == 500
            assert raised.value.message.startswith("The filter `f` ")
            assert "127.0.0.1" not in raised.value.message

    with FilterServer(lambda heard: says) as server:
        run(ask(server))
        assert len(server.heard) == 1


def test_an_answer_that_is_too_large_is_not_read_to_its_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plano.filters.posting.MOST_BYTES", 10_000)
    for chunked in (True, False):
        with (
            FilterServer(lambda heard: Says(b" " * 100_000, chunked=chunked)) as server,  # noqa: B023
            pytest.raises(FilterFailed) as raised,
        ):
            run(asked_once(server))
        assert "larger than 10000 bytes" in raised.value.detail


def test_nobody_listens(run: Run) -> None:
    with FilterServer(lambda heard: Says()) as server:
        pass
    with pytest.raises(FilterFailed, match="cannot be reached"):
        run(asked_once(server))


@pytest.mark.parametrize("status", [400, 403, 404, 422, 451, 499])
@pytest.mark.parametrize("fail_open", [False, True])
def test_a_refusal_has_the_filters_status_and_words_and_always_counts(run: Run, status: int, fail_open: bool) -> None:
    with FilterServer(lambda heard: Says(b'{"message": "no"}', status)) as server:
        with pytest.raises(FilterRejected) as raised:
            run(asked_once(server, f"fail_open: {fail_open}"))
        assert (raised.value.status, raised.value.message, raised.value.body) == (status, "no", b'{"message": "no"}')
        assert raised.value.filter_id == "f"


def test_a_connection_is_used_again_and_one_closed_meanwhile_replaced(run: Run) -> None:
    async def ask(server: FilterServer) -> None:
        async with filters_of(row(server)) as filters:
            for _ in range(3):
                await filters["f"].request(asked())
            assert server.connections == 1
            server.hang_up()
            await filters["f"].request(asked())
        assert server.connections == 2

    with FilterServer(lambda heard: Says(status=204)) as server:
        run(ask(server))


def test_cancelling_closes_the_connection(run: Run) -> None:
    arrived = asyncio.Event()

    def behaviour(heard: Heard) -> Says:
        loop.call_soon_threadsafe(arrived.set)
        return Says(hangs=True)

    async def ask(server: FilterServer) -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        async with filters_of(row(server, "timeout: 60s")) as filters:
            task = asyncio.create_task(filters["f"].request(asked()))
            await arrived.wait()
            assert server.open == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: not server.open)

    loop: Any = None
    with FilterServer(behaviour) as server:
        run(ask(server))


def test_the_exchanges_own_deadline_counts(run: Run) -> None:
    with FilterServer(lambda heard: Says(hangs=True)) as server:
        before = time.monotonic()
        with pytest.raises(FilterFailed, match="in time"):
            run(asked_once(server, "timeout: 60s", within_s=0.1))
        assert time.monotonic() - before < 5


def test_a_filter_that_keeps_failing_is_left_alone(run: Run) -> None:
    async def ask(server: FilterServer) -> None:
        async with filters_of(row(server)) as filters:
            for _ in range(8):
                with pytest.raises(FilterFailed):
                    await filters["f"].request(asked())
            with pytest.raises(FilterFailed, match="left alone"):
                await filters["f"].request(asked())

    with FilterServer(lambda heard: Says(status=503)) as server:
        run(ask(server))
        assert len(server.heard) == 5


def test_calls_beyond_what_may_run_and_wait_fail_at_once(run: Run) -> None:
    async def ask(server: FilterServer) -> list[Any]:
        async with filters_of(row(server, "max_concurrency: 1, timeout: 500ms, connect_timeout: 500ms")) as filters:
            calls = [filters["f"].request(asked()) for _ in range(12)]
            return await asyncio.gather(*calls, return_exceptions=True)

    with FilterServer(lambda heard: Says(hangs=True)) as server:
        told = [error.message for error in run(ask(server))]
        assert len(server.heard) == 1
    assert told.count("The filter `f` has too many calls waiting.") == 1
    assert sum("in time" in message for message in told) == 11


# Answers.


async def answered(server: FilterServer, body: bytes, content_type: str, more: str = "") -> bytes | None:
    async with filters_of(row(server, more)) as filters:
        return await filters["f"].answer(asked(body), content_type)


def test_events_are_shown_as_events(run: Run) -> None:
    with FilterServer(output_redactor) as server:
        new = run(answered(server, EVENTS, "text/event-stream"))
        (heard,) = server.heard
    assert new == EVENTS.replace(b"SECRET_TOKEN", b"[REDACTED]")
    assert heard.body == EVENTS
    assert heard.headers["content-type"] == "text/event-stream"
    assert heard.headers["x-plano-direction"] == "response"


@pytest.mark.parametrize(
    ("content_type", "says", "new"),
    [
        ("text/event-stream", Says(b"data: 1"), b"data: 1\n\n"),
        ("text/event-stream", Says(b"data: 1\n"), b"data: 1\n\n"),
        ("text/event-stream; charset=utf-8", Says(b"data: 1\r\n\r\n"), b"data: 1\r\n\r\n"),
        ("text/event-stream", Says(b""), b""),
        ("text/event-stream", Says(status=204), None),
        ("application/json", Says(b'{"b": 2}', content_type="text/plain"), b'{"b": 2}'),
        ("application/json", Says(b'{"a": 1}'), None),
        ("text/plain", Says(b"anything"), b"anything"),
    ],
)
def test_what_takes_an_answers_place(run: Run, content_type: str, says: Says, new: bytes | None) -> None:
    with FilterServer(lambda heard: says) as server:
        assert run(answered(server, b'{"a": 1}', content_type)) == new


@pytest.mark.parametrize(
    ("content_type", "says"),
    [
        ("text/event-stream", Says(b"<html>sorry</html>")),
        ("application/json", Says(b"<html>sorry</html>")),
        ("application/json", Says(b"")),
    ],
)
def test_what_cannot_take_an_answers_place(run: Run, content_type: str, says: Says) -> None:
    with FilterServer(lambda heard: says) as server, pytest.raises(FilterFailed):
        run(answered(server, b'{"a": 1}', content_type))


def test_answers_can_be_refused(run: Run) -> None:
    with FilterServer(lambda heard: Says(b"not this", 403)) as server, pytest.raises(FilterRejected, match="not this"):
        run(answered(server, b"{}", "application/json"))


# What operators run.


def test_a_content_guard(run: Run) -> None:
    with FilterServer(content_guard) as server:
        assert json.loads(run(asked_once(server)) or REQUEST) == json.loads(REQUEST)
        with pytest.raises(FilterRejected) as raised:
            run(asked_once(server, body={"messages": [{"role": "user", "content": "How to hack into a system"}]}))
    assert raised.value.code == "content_blocked"
    assert raised.value.message == "Request blocked by content safety filter (matched: 'hack')."
    assert b"content_blocked" in raised.value.body


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
def test_an_anonymizer_gives_back_what_it_took_by_the_request_id(run: Run, content_type: str) -> None:
    async def ask(server: FilterServer) -> tuple[bytes | None, bytes | None]:
        rows = f"id: a, type: http, url: '{server.url}/anonymize'\nid: d, type: http, url: '{server.url}/deanonymize'"
        async with filters_of(rows) as filters:
            sent = await filters["a"].request(asked({"messages": [{"role": "user", "content": "I am jo@example.com"}]}))
            frame = b"data: %b\n\n" if content_type == "text/event-stream" else b"%b"
            answer = frame % b'{"content": "Hello [EMAIL_0]"}'
            return sent, await filters["d"].answer(asked(answer), content_type)

    with FilterServer(Anonymizer()) as server:
        sent, restored = run(ask(server))
    assert sent is not None
    assert b"jo@example.com" not in sent
    assert b"Hello jo@example.com" in restored


