"""Rows of the vendor table for what plugins have registered: dialects, whose address is a `base_url`, and vendors."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from plano.dialects.provider_dialect import ProviderDialect
from plano.dialects.provider_vendor import ProviderVendor
from plano.http.wire.origin import Origin
from plano.providers.vendor import Vendor


def vendors_of(
    dialects: Iterable[ProviderDialect], registered: Iterable[ProviderVendor] = ()
) -> dict[str, Vendor]:
    """By the value of `provider_interface`; only rows with an address are also prefixes of models."""
    by_name = {dialect.name: _speaking(dialect) for dialect in dialects}
    for one in registered:
        row = _row(one)
        by_name |= dict.fromkeys(one.names, row)
    return by_name


def _row(one: ProviderVendor) -> Vendor:
    """Its root is the path of its `base_url`."""
    origin, path = Origin.parse(one.base_url)
    address, root = str(origin), path.rstrip("/")
    headers = tuple((name.lower(), value.strip()) for name, value in one.headers.items())
    if one.dialect is not None:
        row = _speaking(one.dialect)
        return structs.replace(
            row,
            id=one.name,
            display=one.display or one.name,
            aliases=one.aliases,
            address=address,
            root=root,
            headers=tuple({**dict(row.headers), **dict(headers)}.items()),
            needs_key=one.needs_key,
        )
    return Vendor(
        id=one.name,
        display=one.display or one.name,
        aliases=one.aliases,
        address=address,
        root=root,
        speaks=one.speaks,
        auth=one.auth.lower(),
        messages_auth=one.auth.lower(),
        needs_key=one.needs_key,
        stream_usage=one.stream_usage,
        headers=headers,
        max_completion_tokens=one.max_completion_tokens,
    )


def _speaking(dialect: ProviderDialect) -> Vendor:
    return Vendor(
        id=dialect.name,
        display=dialect.name,
        root="",
        speaks=(dialect.operation.name,),
        auth=dialect.auth.lower(),
        headers=tuple((name.lower(), value.strip()) for name, value in dialect.headers.items()),
        layout="template",
        template=dialect.path,
        streaming_template=dialect.streaming_path,
    )
