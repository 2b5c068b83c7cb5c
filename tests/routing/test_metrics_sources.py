"""Each source against a real server: success, trouble, recovery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from plano.config.routing import CostSource, LatencySource, MetricsSource
from plano.providers.prices import Price
from plano.routing.metrics_sources import CannotRead, Reading, source_of

from .catalog_server import Answer, CatalogServer

MODELS_DEV = b'{"openai": {"models": {"gpt-4o": {"cost": {"input": 2.5, "output": 10}}}}}'
DIGITALOCEAN = b'{"data": [{"model_id": "llama", "pricing": {"input_price_per_million": 0.0000025}}]}'
PROMETHEUS = (
    b'{"status": "success", "data": {"resultType": "vector", "result": '
    b'[{"metric": {"model_name": "openai/gpt-4o"}, "value": [1, "0.5"]}]}}'
)


def a_source(provider: str, url: str, **more: Any) -> MetricsSource:
    if provider == "prometheus":
        return LatencySource(provider="prometheus", url=url, query="q", **more)
    return CostSource(provider=provider, url=url, **more)  # type: ignore[arg-type]


EACH = pytest.mark.parametrize(
    ("provider", "body", "path"),
    [
        ("models.dev", MODELS_DEV, "/x"),
        ("digitalocean", DIGITALOCEAN, "/x?limit=200&page=1"),
        ("prometheus", PROMETHEUS, "/x/api/v1/query?query=q"),
    ],
)


def read(source: MetricsSource, before: Reading | None = None) -> Reading:
    reading = source_of(source).read(before)
    assert reading is not None
    return reading


@EACH
def test_a_source_is_read(server: CatalogServer, provider: str, body: bytes, path: str) -> None:
    server.answer = Answer(body)
    reading = read(a_source(provider, server.url + "/x"))
    assert server.asked == [path]
    assert reading.skipped == 0
    wanted: dict[str, tuple[str, object]] = {
        "models.dev": ("openai/gpt-4o", Price(2.5, 10)),
        "digitalocean": ("digitalocean/llama", Price(2.5, 0)),
        "prometheus": ("openai/gpt-4o", 0.5),
    }
    name, figure = wanted[provider]
    assert {**reading.prices, **reading.figures}[name] == figure


@EACH
@pytest.mark.parametrize(
    "trouble",
    [Answer(status=500), Answer(b"<html>secret</html>"), Answer(b"{}"), Answer(b"\x00\xff"), Answer(b"half", length=9)],
    ids=["500", "html", "empty", "noise", "cut"],
)
def test_trouble_is_told_and_passes(
    server: CatalogServer, provider: str, body: bytes, path: str, trouble: Answer
) -> None:
    source = source_of(a_source(provider, server.url + "/x"))
    server.answer = Answer(body)
    before = source.read(None)
    server.answer = trouble
    with pytest.raises(CannotRead) as raised:
        source.read(before)
    assert not any(word in str(raised.value) for word in ("secret", "127.0.0.1", "/x"))
    server.answer = Answer(body)
    assert source.read(None) == before


@pytest.mark.parametrize(("provider", "body"), [("models.dev", MODELS_DEV), ("digitalocean", DIGITALOCEAN)])
def test_a_catalogue_that_says_the_same_is_nothing_new(server: CatalogServer, provider: str, body: bytes) -> None:
    source = source_of(a_source(provider, server.url))
    server.answer = Answer(body)
    assert source.read(source.read(None)) is None


def test_the_server_is_told_what_is_known(server: CatalogServer) -> None:
    source = source_of(a_source("models.dev", server.url))
    server.answer = Answer(MODELS_DEV, headers={"etag": '"v1"'})
    reading = source.read(None)
    server.answer = Answer(status=304)
    assert source.read(reading) is None
    assert server.headers["if-none-match"] == '"v1"'


def test_all_pages_of_digitalocean_are_read(server: CatalogServer) -> None:
    def page(path: str) -> Answer:
        number = int(path.rpartition("=")[2])
        pricing = {"input_price_per_million": number / 1e6}
        rows = [{"model_id": f"m{number}", "pricing": pricing}, {"model_id": "twice", "pricing": pricing}]
        return Answer(msgspec.json.encode({"data": rows, "meta": {"page": number, "pages": 3}}))

    server.answer = page
    prices = read(a_source("digitalocean", server.url)).prices
    assert [prices[f"digitalocean/m{number}"].input for number in (1, 2, 3)] == [1, 2, 3]
    assert prices["twice"].input == 1


def test_a_catalogue_without_an_end_is_left_at_some_point(server: CatalogServer) -> None:
    def page(path: str) -> Answer:
        number = int(path.rpartition("=")[2])
        row = {"model_id": "m", "pricing": {"input_price_per_million": 1e-6}}
        return Answer(msgspec.json.encode({"data": [row], "meta": {"page": number, "pages": number + 1}}))

    server.answer = page
    assert read(a_source("digitalocean", server.url)).prices["m"] == Price(1, 0)
    assert len(server.asked) == 20


def test_a_broken_page_is_no_catalogue(server: CatalogServer) -> None:
    first = {"data": [{"model_id": "m", "pricing": {"input_price_per_million": 1e-6}}], "meta": {"page": 1, "pages": 2}}
    server.answer = lambda path: Answer(msgspec.json.encode(first)) if path.endswith("=1") else Answer(status=502)
    with pytest.raises(CannotRead, match="502"):
        read(a_source("digitalocean", server.url))


def test_aliases_are_put_in_and_those_of_nothing_are_told(server: CatalogServer) -> None:
    server.answer = Answer(MODELS_DEV)
    aliases = {"openai/gpt-4o": "azure_openai/mine", "openai/o99": "x/y"}
    reading = read(a_source("models.dev", server.url, model_aliases=aliases))
    assert reading.prices["azure_openai/mine"] == Price(2.5, 10)
    assert reading.idle_aliases == ("openai/o99",)


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    source = source_of(CostSource(provider="file", path=str(path)))
    with pytest.raises(CannotRead, match="No such file"):
        source.read(None)
    path.write_text("a/x: {input: 1, output: 2}\n")
    reading = source.read(None)
    assert reading is not None
    assert reading.prices == {"a/x": Price(1, 2)}
    assert source.read(reading) is None
    path.write_text("a/x: {input: 3, output: 4}\n")
    changed = source.read(reading)
    assert changed is not None
    assert changed.prices == {"a/x": Price(3, 4)}
    path.write_text("oops")
    with pytest.raises(CannotRead, match="keys and values"):
        source.read(changed)
