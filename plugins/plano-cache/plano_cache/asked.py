"""Whether the answer to a request may be kept, and the key that stands for the request."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from plano.plugin_api import BadRequest, Exchange
from plano_cache.settings import HeaderScope, Settings

#: Keys of a shared store begin with this; the number changes with what an entry looks like, or what a key is made of.
PREFIX: Final = "plano-cache:1:"
#: Members that make the provider remember or do something, where they are more than nothing.
_STATEFUL: Final = ("store", "background", "previous_response_id", "conversation", "container", "web_search_options")
#: Tools that the client runs, or refuses to run: what was asked before may be asked again. All others are run by the
#: provider, and what they find is of its time.
_CLIENTS_TOOLS: Final = frozenset((None, "function", "custom", "namespace"))
#: Request headers that change what an API answers.
_HEADERS: Final = ("anthropic-version", "anthropic-beta", "openai-beta")
_WITHOUT_TEMPERATURE: Final = frozenset(("embeddings", "moderations", "rerank"))

_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


def key_of(exchange: Exchange, settings: Settings) -> str | None:
    """The key of a request that may be answered from the cache, else None.

    Two requests have the same key when all their members are the same, in any order, but not those inside of members:
    the order of a schema's properties changes what a model writes.
    """
    name = exchange.operation.name
    scope = _scope(exchange, settings)
    if name not in settings.operations or scope is None:
        return None
    members = exchange.envelope.members
    try:
        if any(_is_set(exchange, name) for name in _STATEFUL if name in members) or _runs_tools(exchange):
            return None
        if settings.only_deterministic and not _is_deterministic(exchange):
            return None
        said = [(name, exchange.envelope.get(name)) for name in sorted(members) if name not in settings.ignore]
    except (BadRequest, RecursionError):
        return None  # Whoever must answer it shall say what is wrong with it.
    about = [name, exchange.listener, scope, exchange.chosen_model, sorted(exchange.forbidden)]
    headers = [exchange.header(name) for name in _HEADERS]
    return PREFIX + hashlib.sha256(_encode([about, headers, said])).hexdigest()


def directives(exchange: Exchange) -> dict[str, str]:
    """What the request's `Cache-Control` says, names in lower case (RFC 9111 section 5.2.1)."""
    written = exchange.header("cache-control") or ""
    parts = (part.strip().partition("=") for part in written.split(","))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in parts if name.strip()}


def _scope(exchange: Exchange, settings: Settings) -> list[str] | None:
    """Who may have the answer; None where that is not known. Never a key in plain text: it goes into a hash."""
    if settings.scope == "global":
        return []
    if isinstance(settings.scope, HeaderScope):
        value = exchange.header(settings.scope.header)
        return None if value is None else ["header", value]
    if exchange.record.api_key:
        return ["api_key", exchange.record.api_key]
    return ["credential", *(exchange.header(name) or "" for name in ("authorization", "x-api-key", "api-key"))]


def _is_deterministic(exchange: Exchange) -> bool:
    return exchange.operation.name in _WITHOUT_TEMPERATURE or exchange.envelope.get("temperature") == 0


def _is_set(exchange: Exchange, name: str) -> bool:
    return exchange.envelope.get(name) not in (None, False, "")


def _runs_tools(exchange: Exchange) -> bool:
    """Whether the provider may run a tool for this request."""
    tools: Any = exchange.envelope.get("tools")
    listed: Iterable[Any] = tools if isinstance(tools, list) else ()
    servers = exchange.envelope.get("mcp_servers")
    return bool(servers) or any(not isinstance(tool, dict) or tool.get("type") not in _CLIENTS_TOOLS for tool in listed)
