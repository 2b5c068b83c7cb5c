"""Providers that speak a plugin's dialect: paths, keys, headers."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from plano.config.document import Config
from plano.config.problems import ConfigProblems
from plano.dialects.operation import CHAT
from plano.dialects.provider_dialect import ProviderDialect
from plano.dialects.sides import PROVIDER_SIDES
from plano.providers.dialect_vendors import vendors_of
from plano.providers.provider import Provider, build_providers
from plano.providers.target import Target

from .rows import KEY, lines, row, url

SIDE = replace(PROVIDER_SIDES["chat"], name="toy")
NAMED = {"path": "/m/{model}:say", "streaming_path": "/m/{model}:stream?alt=sse"}


def target(base_url: str, model: str = "toys/a", *, key: str | None = KEY, **settings: Any) -> Target | None:
    made = ProviderDialect(**{"side": SIDE, "path": "/say", **settings})
    options = {"passthrough_auth": True} if key is None else {}
    account = row(model, key=key, base_url=base_url, provider_interface="toy", **options)
    built = Provider(account, vendors_of([made]))
    assert built.target(CHAT, built.model_id) is None
    assert not built.key_missing
    return built.target(made.operation, built.model_id)


@pytest.mark.parametrize(
    ("base_url", "settings", "whole", "streamed"),
    [
        ("http://h", {}, "/say", "/say"),
        ("http://h/", {}, "/say", "/say"),
        ("http://h/api//v2/", {}, "/api/v2/say", "/api/v2/say"),
        ("http://h/api/say", {}, "/api/say", "/api/say"),
        ("http://h", {"path": "/say?v=1"}, "/say?v=1", "/say?v=1"),
        ("http://h/api", NAMED, "/api/m/a:say", "/api/m/a:stream?alt=sse"),
        ("http://h/api/m/b:say", NAMED, "/api/m/a:say", "/api/m/a:stream?alt=sse"),
        ("http://h/api/m/b:stream", NAMED, "/api/m/a:say", "/api/m/a:stream?alt=sse"),
    ],
)
def test_the_path_follows_that_of_the_base_url(
    base_url: str, settings: dict[str, Any], whole: str, streamed: str
) -> None:
    found = target(base_url, **settings)
    assert found is not None
    assert url(found) == f"http://h{whole}"
    assert found.start_line == f"POST {whole} HTTP/1.1\r\n".encode()
    assert found.streaming_start_line == f"POST {streamed} HTTP/1.1\r\n".encode()


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("toys/a/b", "/m/a%2Fb:say"),
        ("toys/../admin?x=1#y", "/m/..%2Fadmin%3Fx%3D1%23y:say"),
        ("toys/ü {model}", "/m/%C3%BC%20%7Bmodel%7D:say"),
    ],
)
def test_a_model_id_stays_one_piece_of_the_path(model: str, path: str) -> None:
    found = target("http://h", model, **NAMED)
    assert found is not None
    assert found.path.decode() == path


@pytest.mark.parametrize("model", ["toys/..", "toys/."])
def test_a_model_id_that_would_lead_elsewhere_is_not_asked_for(model: str) -> None:
    assert target("http://h", model, **NAMED) is None
    assert target("http://h", model) is not None


def test_the_key_travels_as_the_dialect_says() -> None:
    bearer = target("http://h")
    own = target("http://h", auth="X-Toy-Key", headers={"Toy-Version": " 2 "})
    assert bearer is not None
    assert own is not None
    assert lines(bearer.fixed_headers)["authorization"] == f"Bearer {KEY}"
    assert lines(own.fixed_headers) == {"host": "h", "x-toy-key": KEY}
    assert own.default_headers == b"toy-version: 2\r\n"


def test_a_clients_value_of_the_keys_header_is_never_sent_on_by_itself() -> None:
    passing = target("http://h", key=None, auth="x-toy-key")
    assert passing is not None
    assert passing.passthrough == b"x-toy-key"
    assert b"x-toy-key" in passing.dropped
    assert "x-toy-key" not in lines(passing.fixed_headers)


def test_an_interface_nobody_registered_is_refused() -> None:
    rows = (row("toys/a", base_url="http://h", provider_interface="toy"),)
    config = Config(version="v0.4.0", listeners=(), model_providers=rows)
    with pytest.raises(ConfigProblems, match="nor a plugin's dialect"):
        build_providers(config)
    (built,) = build_providers(config, dialects=(ProviderDialect(side=SIDE, path="/say"),))
    assert built.vendor.id == "toy"
