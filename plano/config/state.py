"""`state_storage`: where conversations are kept between calls of the Responses API."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .values import Secret


class StateStorage(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where conversations are kept."""

    type: Annotated[Literal["memory", "postgres"], Meta(description="`memory` forgets when plano stops.")]
    connection_string: Annotated[
        Secret | None,
        Meta(description="`postgresql://user:password@host:port/database`; needed for postgres."),
    ] = None
