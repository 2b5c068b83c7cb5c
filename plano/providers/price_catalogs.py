"""Catalogues of prices, from bytes to names and prices: models.dev, DigitalOcean, a file of one's own.

What is damaged in a catalogue is left out and counted. A text that is no catalogue at all is a `NotACatalog`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Struct

from plano.config import yaml_text
from plano.config.tree import Mapping as YamlMapping
from plano.config.tree import Node, Scalar
from plano.config.vendor_names import VENDOR_NAMES
from plano.providers.prices import Price

#: What models.dev calls the vendors that have another name here.
_MODELS_DEV: Final = {
    "alibaba": "qwen",
    "amazon-bedrock": "amazon_bedrock",
    "azure": "azure_openai",
    "fireworks-ai": "fireworks",
    "github-models": "github",
    "google": "gemini",
    "llama": "meta",
    "togetherai": "together_ai",
    "zhipuai": "zhipu",
}
_RANK: Final = {vendor.id: rank for rank, vendor in enumerate(VENDOR_NAMES)}
_NAMES: Final = frozenset(Price.__struct_fields__)
#: No model costs a thousand dollars per million tokens: what is below is the price of one token.
_PER_TOKEN_BELOW: Final = 0.001
_DIGITS: Final = 6
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class NotACatalog(Exception):
    """The message says what is wrong, and shows nothing of the text."""


class Catalog(Struct, frozen=True):
    """`prices` by name, as `PriceTable` wants them. `skipped`: entries that were damaged."""

    prices: dict[str, Price]
    skipped: int = 0


class _Model(Struct, frozen=True):
    """Models without `cost` have no price per token: they are not damaged."""

    cost: Price | None = None


class _Vendor(Struct, frozen=True):
    models: dict[str, _Model] = {}


class _DamagedVendor(Struct, frozen=True):
    models: dict[str, msgspec.Raw] = {}


class _Page(Struct, frozen=True):
    page: int = 1
    pages: int = 1


class _DigitalOcean(Struct, frozen=True):
    data: list[msgspec.Raw]
    meta: _Page = _Page()


class _DigitalOceanModel(Struct, frozen=True):
    model_id: str
    pricing: dict[str, Any] | None = None


_VENDORS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_VENDOR: Final = msgspec.json.Decoder(_Vendor)
_DAMAGED_VENDOR: Final = msgspec.json.Decoder(_DamagedVendor)
_MODEL: Final = msgspec.json.Decoder(_Model)
_DIGITALOCEAN: Final = msgspec.json.Decoder(_DigitalOcean)
_DIGITALOCEAN_MODEL: Final = msgspec.json.Decoder(_DigitalOceanModel)


def read_models_dev(body: bytes, breathe: Callable[[], object] = bool) -> Catalog:
    """`{vendor: {models: {id: {cost: {input, output, cache_read?, cache_write?}}}}}`, USD per million tokens.

    Models are named with models.dev's vendor and with plano's. A bare id is that of the first vendor in plano's own
    table (those who make models come first there), then by alphabet; one that takes no money comes last. `breathe` is
    called every now and then: a thread that shares its interpreter with an event loop lets that go first there.
    """
    try:
        vendors = _VENDORS.decode(body)
    except _UNREADABLE:
        raise NotACatalog("it is not a JSON object of vendors") from None
    prices: dict[str, Price] = {}
    bare: dict[str, Price] = {}
    skipped = 0
    for vendor in sorted(vendors, key=_place):
        breathe()
        models, damaged = _models_of(vendors[vendor])
        skipped += damaged
        for model_id in sorted(models):
            price = models[model_id].cost
            if price is not None:
                prices[f"{vendor}/{model_id}"] = price
                prices.setdefault(f"{_MODELS_DEV.get(vendor, vendor)}/{model_id}", price)
                _offer(bare, model_id, price)
    return Catalog({**bare, **prices}, skipped)


def _place(vendor: str) -> tuple[int, str]:
    return _RANK.get(_MODELS_DEV.get(vendor, vendor), len(_RANK)), vendor


def _models_of(vendor: msgspec.Raw) -> tuple[dict[str, _Model], int]:
    """All models at once, or one by one where some are damaged: how many is the second answer."""
    try:
        return _VENDOR.decode(vendor).models, 0
    except _UNREADABLE:
        pass
    models: dict[str, _Model] = {}
    try:
        written = _DAMAGED_VENDOR.decode(vendor).models
    except _UNREADABLE:
        return models, 1
    for model_id, entry in written.items():
        with suppress(*_UNREADABLE):
            models[model_id] = _MODEL.decode(entry)
    return models, len(written) - len(models)


def _offer(bare: dict[str, Price], model_id: str, price: Price) -> None:
    """A subscription or a trial takes no money, which says nothing about what the model costs elsewhere."""
    if model_id not in bare or (price.total > 0 and bare[model_id].total == 0):
        bare[model_id] = price


def read_digitalocean(body: bytes) -> tuple[Catalog, int | None]:
    """One page, `{data: [{model_id, pricing: {input_price_per_million, ...}}]}`, and the number of the next.

    In spite of their names the values are USD per token. A missing one is 0, as long as the other is there.
    """
    try:
        page = _DIGITALOCEAN.decode(body)
    except _UNREADABLE:
        raise NotACatalog("it is not a JSON object with a list `data`") from None
    prices: dict[str, Price] = {}
    skipped = 0
    for entry in page.data:
        try:
            model = _DIGITALOCEAN_MODEL.decode(entry)
        except _UNREADABLE:
            skipped += 1
            continue
        told = _digitalocean_figures(model.pricing or {})
        if "input" in told or "output" in told:
            price = _price({"input": 0, "output": 0, **told})
            if price is None:
                skipped += 1
            else:
                prices.setdefault(f"digitalocean/{model.model_id}", price)
                prices.setdefault(model.model_id, price)
    return Catalog(prices, skipped), page.meta.page + 1 if page.meta.page < page.meta.pages else None


def _digitalocean_figures(pricing: Mapping[str, Any]) -> dict[str, Any]:
    written = {
        "input": pricing.get("input_price_per_million"),
        "output": pricing.get("output_price_per_million"),
        "cache_read": pricing.get("cache_read_input_price_per_million", pricing.get("input_cache_read")),
    }
    return {
        name: round(value * 1e6, _DIGITS) if isinstance(value, float) and value < _PER_TOKEN_BELOW else value
        for name, value in written.items()
        if value is not None
    }


def read_price_file(body: bytes) -> Catalog:
    """YAML or JSON, `{model: {input, output, cache_read?, cache_write?}}`, USD per million tokens.

    A model is a full name, all of a prefix (`ollama/*`), or a bare id.
    """
    entries = _json_entries(body) if body.lstrip().startswith(b"{") else None
    rows = _yaml_entries(body) if entries is None else entries.items()
    prices: dict[str, Price] = {}
    skipped = 0
    for name, figures in rows:
        price = _price(figures) if isinstance(figures, Mapping) and name and figures.keys() <= _NAMES else None
        if price is None:
            skipped += 1
        else:
            prices.setdefault(name, price)
    return Catalog(prices, skipped)


def _json_entries(body: bytes) -> dict[str, Any] | None:
    """None: it may still be YAML in braces."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except _UNREADABLE:
        return None


def _yaml_entries(body: bytes) -> Iterator[tuple[str, Any]]:
    try:
        root, duplicates = yaml_text.parse(yaml_text.decode(body))
    except yaml_text.NotYaml as error:
        where = "" if error.line is None else f" (line {error.line})"
        raise NotACatalog(f"{error.message}{where}") from None
    yield from (("", None) for _ in duplicates)
    for name, node in root.entries.items():
        figures = node.entries if isinstance(node, YamlMapping) else {}
        yield name, {key: _number(value) for key, value in figures.items()}


def _number(node: Node) -> float | None:
    try:
        return float(node.text) if isinstance(node, Scalar) and node.plain else None
    except ValueError:
        return None


def _price(figures: Mapping[str, Any]) -> Price | None:
    """None where a figure that has to be there is missing, or one that is there is no price."""
    try:
        return msgspec.convert(figures, Price)
    except _UNREADABLE:
        return None


def with_aliases(prices: Mapping[str, Price], aliases: Mapping[str, str]) -> tuple[dict[str, Price], Iterable[str]]:
    """The same, with what `aliases` calls otherwise (name of the catalogue -> name here), and aliases of nothing."""
    known = {here: prices[there] for there, here in aliases.items() if there in prices}
    return {**prices, **known}, [there for there in aliases if there not in prices]
