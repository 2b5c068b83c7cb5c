"""The filter servers a config declares."""

from __future__ import annotations

from collections.abc import Callable

from plano.config.document import Config
from plano.config.filters import Filter
from plano.filters.http_filter import HttpFilter
from plano.filters.mcp_filter import McpFilter
from plano.filters.posting import Post
from plano.filters.remote_filter import FilterServer, RemoteFilter
from plano.http.client.pool import Pool

#: What opening a connection to a filter may take where its row says nothing: the setting of the filters' own dialer.
CONNECT_S = 1.0


def remote_filters(
    config: Config, pool: Pool, now: Callable[[], float], more_credentials: frozenset[bytes] = frozenset()
) -> dict[str, RemoteFilter]:
    """By id. Agents are MCP filters where a chain names them. Nothing is connected before the first call.

    `pool` is the filters' own; `now` reads monotonic seconds; `more_credentials` are header names, in lower case, in
    which clients send something secret under a name that does not look like it.
    """
    agents = (Filter(id=agent.id, url=agent.url) for agent in config.agents)
    return {row.id: _server(row, pool, now, more_credentials) for row in (*agents, *config.filters)}


def _server(row: Filter, pool: Pool, now: Callable[[], float], more_credentials: frozenset[bytes]) -> FilterServer:
    post = Post(row, pool, more_credentials)
    return FilterServer(row, HttpFilter(row, post) if row.type == "http" else McpFilter(row, post), now)
