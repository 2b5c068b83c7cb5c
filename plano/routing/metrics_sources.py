"""Where prices and response times are read from, one source per entry of `model_metrics_sources`.

Reading blocks: it is done on a thread. What has not changed since the last time is not read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from plano.config.routing import CostSource, LatencySource, MetricsSource
from plano.http.client.proxy import ProxySettings
from plano.providers.price_catalogs import (
    Catalog,
    NotACatalog,
    read_digitalocean,
    read_models_dev,
    read_price_file,
    with_aliases,
)
from plano.providers.prices import Price
from plano.routing.prometheus import NoVector, query_url, read_vector

if TYPE_CHECKING:
    from plano.routing.fetching import Fetched

_ADDRESSES: Final = {
    "models.dev": "https://models.dev/api.json",
    "digitalocean": "https://api.digitalocean.com/v2/gen-ai/models/catalog",
}
#: DigitalOcean's catalogue comes in pages, few models on each unless more are asked for.
_PAGE: Final = 200
_MOST_PAGES: Final = 20
#: Five thousand models take some ten milliseconds, for which the event loop would wait.
_BREATH_S: Final = 0.0002
_LARGEST_FILE: Final = 32 * 1024 * 1024


class CannotRead(Exception):
    """A source cannot be read. The message shows neither its address nor what it says."""


class Reading(Struct, frozen=True):
    """What a source says: `prices`, or `figures` of response times, by model. `skipped`: entries that were damaged.

    `idle_aliases`: names of `model_aliases` that the catalogue does not know. `etag` and `digest` tell what was read.
    """

    prices: dict[str, Price] = {}
    figures: dict[str, float] = {}
    skipped: int = 0
    idle_aliases: tuple[str, ...] = ()
    etag: str = ""
    digest: bytes = b""

    @property
    def names(self) -> int:
        """How many names it has something for."""
        return len(self.prices) + len(self.figures)


class Source(Protocol):
    """`title` is shown to people. `read_is_cheap`: a reload may read it again."""

    @property
    def title(self) -> str: ...

    @property
    def config(self) -> MetricsSource: ...

    @property
    def read_is_cheap(self) -> bool: ...

    def read(self, before: Reading | None) -> Reading | None:
        """Everything, or None where it is still what was read before. Blocks; raises `CannotRead`."""


def source_of(
    config: MetricsSource, *, tls_ca_path: str | None = None, proxies: ProxySettings | None = None
) -> Source:
    """What an entry of `model_metrics_sources` is read by. `tls_ca_path`: trusted beside the system's authorities."""
    fetch = _Fetch(tls_ca_path, proxies)
    return PriceSource(config, fetch) if isinstance(config, CostSource) else TimeSource(config, fetch)


class _Fetch:
    """`fetching.fetch`, imported when it is first needed: `urllib.request` brings a family of modules."""

    __slots__ = ("_proxies", "_tls_ca_path")

    def __init__(self, tls_ca_path: str | None, proxies: ProxySettings | None) -> None:
        self._tls_ca_path = tls_ca_path
        self._proxies = proxies

    def __call__(self, url: str, etag: str = "") -> Fetched:
        from plano.routing.fetching import NotFetched, fetch

        try:
            return fetch(url, etag=etag, tls_ca_path=self._tls_ca_path, proxies=self._proxies)
        except NotFetched as error:
            raise CannotRead(str(error)) from None


class TimeSource:
    """Response times of Prometheus."""

    __slots__ = ("_fetch", "_url", "config", "read_is_cheap", "title")

    def __init__(self, config: LatencySource, fetch: Callable[[str], Fetched]) -> None:
        self.config: MetricsSource = config
        self.title = f"response times of {config.provider}"
        self.read_is_cheap = False
        self._url = query_url(config.url, config.query)
        self._fetch = fetch

    def read(self, before: Reading | None) -> Reading | None:
        try:
            figures, skipped = read_vector(self._fetch(self._url).body or b"")
        except NoVector as error:
            raise CannotRead(str(error)) from None
        return Reading(figures=figures, skipped=skipped)


class PriceSource:
    """Prices of a catalogue."""

    __slots__ = ("_aliases", "_fetch", "_path", "_read", "_url", "config", "read_is_cheap", "title")

    def __init__(self, config: CostSource, fetch: Callable[[str, str], Fetched]) -> None:
        self.config: MetricsSource = config
        self.title = f"prices of {config.provider}"
        self.read_is_cheap = config.provider == "file"
        self._url = config.url or _ADDRESSES.get(config.provider, "")
        self._path = config.path or ""
        self._aliases = config.model_aliases
        self._fetch = fetch
        self._read = {"digitalocean": self._pages, "file": self._file}.get(config.provider, self._page)

    def read(self, before: Reading | None) -> Reading | None:
        try:
            return self._read(before)
        except NotACatalog as error:
            raise CannotRead(str(error)) from None

    def _page(self, before: Reading | None) -> Reading | None:
        found = self._fetch(self._url, "" if before is None else before.etag)
        return None if found.body is None else self._unless_same(found.body, found.etag, before, _read_gently)

    def _file(self, before: Reading | None) -> Reading | None:
        try:
            with open(self._path, "rb") as file:
                body = file.read(_LARGEST_FILE + 1)
        except OSError as error:
            raise CannotRead(error.strerror or type(error).__name__) from None
        return self._unless_same(body, "", before, read_price_file)

    def _pages(self, before: Reading | None) -> Reading | None:
        digests = b""
        prices: dict[str, Price] = {}
        skipped = 0
        number: int | None = 1
        while number is not None and number <= _MOST_PAGES:
            body = self._fetch(f"{self._url}?limit={_PAGE}&page={number}", "").body or b""
            digests += sha256(body).digest()
            page, number = read_digitalocean(body)
            prices = {**page.prices, **prices}
            skipped += page.skipped
        return self._unless_same(digests, "", before, lambda _: Catalog(prices, skipped))

    def _unless_same(
        self, body: bytes, etag: str, before: Reading | None, read: Callable[[bytes], Catalog]
    ) -> Reading | None:
        """Reading a large catalogue takes a while, hashing it does not."""
        digest = sha256(body).digest()
        if before is not None and before.digest == digest:
            return None
        catalog = read(body)
        prices, idle = with_aliases(catalog.prices, self._aliases)
        if not prices:
            raise CannotRead("it has no price of any model")
        return Reading(prices, {}, catalog.skipped, tuple(idle), etag, digest)


def _read_gently(body: bytes) -> Catalog:
    return read_models_dev(body, lambda: time.sleep(_BREATH_S))
