"""Rows of the vendor table for dialects that plugins have registered; their address is always a `base_url`."""

from __future__ import annotations

from collections.abc import Iterable

from plano.dialects.provider_dialect import ProviderDialect
from plano.providers.vendor import Vendor


def vendors_of(dialects: Iterable[ProviderDialect]) -> dict[str, Vendor]:
    """By the value of `provider_interface`."""
    return {dialect.name: _vendor(dialect) for dialect in dialects}


def _vendor(dialect: ProviderDialect) -> Vendor:
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
