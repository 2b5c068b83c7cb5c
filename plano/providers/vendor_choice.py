"""Which row of the vendor table a provider follows, and at which address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from plano.config.models import ModelProvider
from plano.http.wire.origin import Origin
from plano.providers.bedrock import address_in, default_region, region_of
from plano.providers.catalog import BY_PREFIX
from plano.providers.vendor import Vendor

_HOST: Final = re.compile(r"[A-Za-z0-9._\-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9._\-]+)?")


class Chosen(Struct, frozen=True, kw_only=True):
    """`vendor` is followed at `origin`; `base_path` is the path the user gave ("": none).

    `at_home`: the address is the vendor's own, so all of its row holds, its demand for a key included.
    """

    vendor: Vendor
    origin: Origin
    base_path: str
    at_home: bool
    owned_by: str


def choose_vendor(row: ModelProvider, vendors: Mapping[str, Vendor]) -> Chosen:
    """The prefix names the vendor; `provider_interface` another one to behave like.

    `vendors` are interfaces beside the built-in ones. The interface `openai` only says "the usual API": at a known
    vendor's own address its own row still holds.
    Raises `ValueError` for an unknown prefix or interface, and for an address that is missing or is none.
    """
    named = BY_PREFIX.get(row.prefix) or _registered(row.prefix, vendors)
    vendor = _interface(row.provider_interface, vendors) if row.provider_interface else named
    if vendor is None:
        raise ValueError(
            f"{row.prefix!r} is not a vendor plano knows; set `base_url` to where its API is and "
            "`provider_interface` to whose API it speaks (`openai` for most)"
        )
    url = row.base_url or (named or vendor).address or _regional(vendor, row)
    origin, base_path = _parsed(url)
    if named is not None and vendor.id == "openai" and _is_home(named, origin):
        vendor = named
    return Chosen(
        vendor=vendor,
        origin=origin,
        base_path=base_path,
        at_home=_is_home(vendor, origin),
        owned_by=named.display if named is not None else row.prefix,
    )


def _registered(prefix: str, vendors: Mapping[str, Vendor]) -> Vendor | None:
    """A plugin's vendor; its dialects have no address, and are only interfaces."""
    found = vendors.get(prefix)
    return None if found is None or found.address is None else found


def _regional(vendor: Vendor, row: ModelProvider) -> str:
    if vendor.layout != "bedrock":
        raise ValueError(f"{vendor.id} has no address that is right for everybody; set `base_url`")
    region = row.region or default_region()
    if not region:
        raise ValueError(f"{vendor.id} has an address in each region; set `region` (or AWS_REGION), or `base_url`")
    return address_in(region)


def _interface(name: str, vendors: Mapping[str, Vendor]) -> Vendor:
    found = BY_PREFIX.get(name) or vendors.get(name)
    if found is None:
        raise ValueError(f"provider_interface {name!r} is not a vendor plano knows, nor a plugin's dialect")
    return found


def _parsed(url: str) -> tuple[Origin, str]:
    try:
        origin, path = Origin.parse(url)
    except ValueError as wrong:
        raise ValueError(f"base_url: {wrong}") from None
    if not _HOST.fullmatch(origin.host):
        raise ValueError(f"base_url: {origin.host!r} is not a host name (international names as xn--...)")
    return origin, path


def _is_home(vendor: Vendor, origin: Origin) -> bool:
    if vendor.layout == "bedrock":
        return origin.is_tls and bool(region_of(origin.host))
    if vendor.address is None:
        return False
    return origin == Origin.parse(vendor.address)[0] or (origin.is_tls and origin.host in vendor.also_at)
