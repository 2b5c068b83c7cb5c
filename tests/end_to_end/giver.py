"""A plugin that answers by itself where the `x-give` header has an answer's body; it stands behind `knobs`."""

from __future__ import annotations

from plano.plugin_api import Exchange, hookimpl


@hookimpl(specname="filter")
def give(exchange: Exchange) -> None:
    given = exchange.header("x-give")
    if given is not None:
        kind = "application/json" if given.startswith("{") else "text/event-stream"
        exchange.answer(given.replace("|", "\n").encode(), kind)
