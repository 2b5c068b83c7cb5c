"""What tests of fetched prices and response times share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .catalog_server import CatalogServer, catalog_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogServer]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with catalog_server() as running:
        yield running
