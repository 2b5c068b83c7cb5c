"""What there is to know about a vendor before anybody has an account there. The rows are in `catalog.py`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

AuthStyle = str
"""Where the key travels: `bearer` is `authorization: Bearer KEY`, all else the header that holds it bare."""


class SecondApi(Struct, frozen=True, kw_only=True):
    """Another API at the vendor's own address, under a root of its own.

    A `base_url` that leads elsewhere says nothing about it, so there it does not count as spoken.
    """

    root: str
    speaks: tuple[str, ...]
    auth: AuthStyle = "bearer"


class PathRepair(Struct, frozen=True, kw_only=True):
    """A path people give that cannot work as it stands: one ending in `ending` is read as if in `becomes`.

    `headers` and `stream_usage` are what the API behind that path wants besides.
    """

    ending: str
    becomes: str
    headers: tuple[tuple[str, str], ...] = ()
    stream_usage: bool | None = None


class Vendor(Struct, frozen=True, kw_only=True):
    """One row of the table.

    `display` is shown as `owned_by`. `address` is scheme, host and port, None where a `base_url` must be
    given; `also_at` are further hosts of the vendor's own. `root` is the path in front of every operation's
    suffix. `speaks` are operation names (`dialects/operation.py`), `paths` the whole paths of those that
    break the rule. `auth` holds for OpenAI's dialects, `messages_auth` for Anthropic's. `stream_usage`: the
    vendor takes `stream_options`; `max_completion_tokens`: and prefers that name to `max_tokens`. `headers` are
    sent unless the client sent that name. `layout` other than plain: the model is a part of the path (`paths.py`),
    with gemini's only of its own API's; with template's as `template` says, for streams `streaming_template`.
    """

    id: str
    display: str
    aliases: tuple[str, ...] = ()
    address: str | None = None
    also_at: tuple[str, ...] = ()
    root: str = "/v1"
    speaks: tuple[str, ...]
    paths: dict[str, str] = {}
    second_api: SecondApi | None = None
    auth: AuthStyle = "bearer"
    messages_auth: AuthStyle = "bearer"
    needs_key: bool = True
    stream_usage: bool = True
    headers: tuple[tuple[str, str], ...] = ()
    repairs: tuple[PathRepair, ...] = ()
    max_completion_tokens: bool = False
    layout: Literal["plain", "azure", "bedrock", "gemini", "template"] = "plain"
    template: str = ""
    streaming_template: str = ""

    def auth_of(self, dialect: str) -> AuthStyle:
        if dialect == "gemini":
            return "x-goog-api-key"
        return self.messages_auth if dialect == "anthropic_messages" else self.auth
