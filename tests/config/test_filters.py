"""`filters`: what their settings may be, and the order of chains."""

from __future__ import annotations

import pytest

from .conftest import Complaints, Load


def chain(filters: str, order: str) -> str:
    return f"version: v0.4.0\nlisteners: [{{type: model, name: m, input_filters: [{order}]}}]\nfilters:\n{filters}"


def test_the_defaults(load: Load) -> None:
    (row,) = load("filters: [{id: a, url: 'http://h'}]\n").config.filters
    assert (row.type, row.timeout, row.connect_timeout, row.fail_open) == ("mcp", 5.0, 1.0, False)
    assert (row.streaming, row.window_bytes, row.append_path, row.role) == ("window", 0, True, None)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("headers: {Host: x}", 'headers.Host: is set by plano: use `http_host`'),
        ("headers: {X-Request-Id: x}", "headers.X-Request-Id: is set by plano and cannot be configured"),
        ("headers: {x-plano-direction: x}", "headers.x-plano-direction: is set by plano and cannot be configured"),
        ("headers: {Mcp-Session-Id: x}", "headers.Mcp-Session-Id: is set by plano and cannot be configured"),
        ("headers: {'a b': x}", 'headers["a b"]: is not the name of a header'),
        ("connect_timeout: 9s", "connect_timeout: is longer than `timeout`, 5s, which ends the whole call"),
    ],
)
def test_a_setting_that_cannot_be(complaints: Complaints, row: str, complaint: str) -> None:
    assert complaints(f"filters: [{{id: a, url: 'http://h', {row}}}]\n") == [f"filters[0].{complaint}"]


@pytest.mark.parametrize(
    ("row", "notice"),
    [
        ("type: http, tool: t", "`filters[0]` is an HTTP filter: `transport` and `tool` have no effect there."),
        ("append_path: false", "`filters[0]` is an MCP filter: `append_path` has no effect there."),
        (
            "streaming: whole, window_bytes: 9",
            "`filters[0]` sees whole answers: `window_bytes` has no effect there.",
        ),
    ],
)
def test_a_setting_without_effect_is_told(load: Load, row: str, notice: str) -> None:
    assert load(f"filters: [{{id: a, url: 'http://h', {row}}}]\n").notices == (notice,)


def test_the_secret_of_a_header_is_not_shown(load: Load) -> None:
    text = "filters: [{id: a, url: 'http://h', headers: {authorization: $KEY}}]\n"
    (row,) = load(text, {"KEY": "sk-1"}).config.filters
    assert "sk-1" not in repr(row)


ROWS = (
    "  - {id: input_guards, url: 'http://h'}\n"
    "  - {id: query_rewriter, url: 'http://h'}\n"
    "  - {id: context_builder, url: 'http://h'}\n"
    "  - {id: context_guard, url: 'http://h'}\n"
    "  - {id: plain, url: 'http://h'}\n"
    "  - {id: other, url: 'http://h', tool: pii_masker}\n"
    "  - {id: docs, url: 'http://h', role: enrichment}\n"
    "  - {id: block_list_enricher, url: 'http://h', role: enrichment}\n"
    "  - {id: storage, url: 'http://h'}\n"
)


@pytest.mark.parametrize(
    ("order", "pairs"),
    [
        ("input_guards, query_rewriter, context_builder", []),
        ("query_rewriter, input_guards", [("query_rewriter", "input_guards")]),
        ("query_rewriter, context_builder, input_guards", [("query_rewriter", "input_guards")]),
        ("plain, input_guards", []),
        ("query_rewriter, plain, other", [("query_rewriter", "other")]),
        ("docs, input_guards", [("docs", "input_guards")]),
        ("block_list_enricher, input_guards", [("block_list_enricher", "input_guards")]),
        ("input_guards, context_guard", []),
        ("storage, input_guards", []),
    ],
)
def test_guards_belong_first(load: Load, order: str, pairs: list[tuple[str, str]]) -> None:
    notices = [one for one in load(chain(ROWS, order), whole=True).notices if "stands before the guard" in one]
    assert len(notices) == len(pairs)
    for notice, (enriching, guard) in zip(notices, pairs, strict=True):
        assert notice.startswith(
            f"In `listeners[0].input_filters` the filter `{enriching}` stands before the guard `{guard}`: "
        )


def test_chains_of_agents_are_looked_at_too(load: Load) -> None:
    text = (
        "version: v0.4.0\n"
        "listeners: [{type: agent, name: a, port: 8000, agents: [{id: x, input_filters: [rag, guard]}]}]\n"
        "agents: [{id: x, url: 'http://h'}, {id: rag, url: 'http://h'}]\n"
        "filters: [{id: guard, url: 'http://h'}]\n"
    )
    notices = load(text, whole=True).notices
    start = "In `listeners[0].agents[0].input_filters` the filter `rag` stands before the guard `guard`: "
    assert any(notice.startswith(start) for notice in notices)
