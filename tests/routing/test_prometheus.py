"""What Prometheus answers, as figures."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.routing.prometheus import NoVector, query_url, read_vector


def vector(*rows: Any, kind: str = "vector") -> bytes:
    return msgspec.json.encode({"status": "success", "data": {"resultType": kind, "result": rows}})


def row(model: str, value: Any) -> dict[str, Any]:
    return {"metric": {"model_name": model, "job": "x"}, "value": [1_760_000_000.123, value]}


def test_figures_are_read_by_model() -> None:
    assert read_vector(vector(row("a/b", "0.25"), row("c/d", "3e-2"))) == ({"a/b": 0.25, "c/d": 0.03}, 0)


@pytest.mark.parametrize(
    "unfit",
    [
        row("a/b", "NaN"),
        row("a/b", "+Inf"),
        row("a/b", "-Inf"),
        row("a/b", "fast"),
        row("a/b", ""),
        row("a/b", 1.5),
        row("", "1"),
        {"metric": {}, "value": [1, "1"]},
        {"metric": {"model_name": "a/b"}},
        {"metric": {"model_name": "a/b"}, "values": [[1, "1"]]},
        [],
        None,
    ],
)
def test_what_is_no_figure_is_left_out_and_counted(unfit: object) -> None:
    assert read_vector(vector(row("c/d", "1"), unfit)) == ({"c/d": 1.0}, 1)


@pytest.mark.parametrize("values", [("2", "1", "3"), ("1", "2", "3")])
def test_of_several_results_the_smallest_counts(values: tuple[str, ...]) -> None:
    assert read_vector(vector(*(row("a/b", value) for value in values))) == ({"a/b": 1.0}, 0)


def test_an_idle_cluster_has_no_figures() -> None:
    assert read_vector(vector()) == ({}, 0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>sign in</html>", "not an answer"),
        (b"{}", "not an answer"),
        (b'{"status\xff": 1}', "not an answer"),
        (b"[" * 100_000, "not an answer"),
        (b'{"status": "error", "errorType": "bad_data", "error": "secret"}', "refuses"),
        (vector(row("a/b", "1"), kind="matrix"), "instant vector"),
        (b'{"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}}', "instant vector"),
    ],
)
def test_what_holds_no_figures_is_told(body: bytes, words: str) -> None:
    with pytest.raises(NoVector, match=words) as raised:
        read_vector(body)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://p:9090", "http://p:9090/"])
def test_the_query_is_a_parameter(url: str) -> None:
    assert query_url(url, 'avg(x{a="b"}) / 2') == "http://p:9090/api/v1/query?query=avg%28x%7Ba%3D%22b%22%7D%29%20%2F%202"
