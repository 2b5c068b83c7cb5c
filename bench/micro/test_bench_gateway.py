"""The parts of the corridor that hold no bytes: records, names, taps and log lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.micro.builds import Build
from bench.micro.cases import OPERATIONS, bench
from bench.micro.peers import Turn
from bench.micro.transcripts import ANSWER, BODY, CONFIG, NO_PROVIDER, record, request_head


@bench("an exchange and its record", "exchange")
def test_bench_exchange(build: Build) -> Callable[[], object]:
    module = build("exchange")
    exchange_class, record_class = module.Exchange, module.Record
    head = request_head(build)
    chat = build("dialects.operation").CHAT

    def run() -> Any:
        for _ in range(OPERATIONS):
            made = record_class(
                "f" * 32, "models", "POST", "/v1/chat/completions", "192.0.2.1", 1.0, 2.0, 1, "chat", len(BODY)
            )
            exchange = exchange_class(head, BODY, chat, None, made)
        return exchange

    exchange = run()
    assert (exchange.body, exchange.record.bytes_in) == (BODY, len(BODY))
    return run


@bench("the id of an exchange", "request_ids")
def test_bench_request_ids(build: Build) -> Callable[[], object]:
    take = build("gateway.request_ids").RequestIds().take

    def run() -> set[str]:
        return {take(b"") for _ in range(OPERATIONS)}

    assert len(run()) == OPERATIONS
    return run


@bench("watch one answer", "answer_tap")
def test_bench_answer_tap(build: Build) -> Callable[[], object]:
    tap_class = build("gateway.answer_tap").AnswerTap

    def run() -> bytes:
        for _ in range(OPERATIONS):
            tap = tap_class(b"")
            tap.feed(ANSWER)
            tap.end()
            tail: bytes = tap.tail()
        return tail

    assert run() == ANSWER
    return run


@bench("one line of the access log", "access_log")
def test_bench_access_log(build: Build) -> Iterator[Callable[[], object]]:
    log = build("telemetry.access_log").AccessLog(Path(os.devnull))
    done, head = record(build), request_head(build)

    def run() -> None:
        for _ in range(OPERATIONS):
            log.add(done, head)

    run()
    assert log.lost_lines == 0
    yield run
    log.close()


@bench("how to call a candidate, remembered", "calls")
def test_bench_calls(build: Build) -> Callable[[], object]:
    config = build("config.load").load_text(
        CONFIG.replace("PROVIDER", NO_PROVIDER), name="bench", environ={"KEY": "sk-bench"}
    )
    names = build("routing.model_names")
    providers = build("providers.provider").build_providers(config.config)
    known = names.ModelNames(providers, {}, "error", created_unix_s=0)
    candidate = known.resolve("openai/gpt-4o").candidates[0]
    listener = config.config.listeners[0]
    states = build("resilience.target_states").TargetStates()
    lists = build("gateway.failover_lists").FailoverLists(known, providers, states, listener)
    find = build("gateway.calls").Calls(listener, lists).find
    chat = build("dialects.operation").CHAT

    def run() -> Any:
        for _ in range(OPERATIONS):
            call = find(candidate, chat)
        return call

    assert run().start_line == b"POST /v1/chat/completions HTTP/1.1\r\n"
    return run


@bench("take a connection from the pool and give it back", "pool")
def test_bench_pool(build: Build) -> Callable[[], object]:
    turn = Turn()
    pool = build("http.client.pool").Pool(
        None, build("http.wire.ticker").Ticker(), build("http.wire.outbox").Outbox(turn.call_soon), lambda: 0.0
    )
    origin = build("http.wire.origin").Origin("http", "127.0.0.1", 9)
    connections = [build("http.client.provider_connection").ProviderConnection(origin, pool) for _ in range(8)]
    for connection in connections:
        pool.returned(connection)

    def run() -> int:
        for _ in range(OPERATIONS):
            pool.returned(pool.take_idle(origin))
        count: int = pool.idle_count()
        return count

    assert run() == len(connections)
    return run
