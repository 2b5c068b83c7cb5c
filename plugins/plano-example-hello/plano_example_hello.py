"""Adds the header `x-hello: from plano` to every request and logs what became of it."""

from __future__ import annotations

import logging

from plano.plugin_api import Exchange, Record, hookimpl

log = logging.getLogger("plano_example_hello")


@hookimpl
def pre_route(exchange: Exchange) -> None:
    exchange.set_header("x-hello", "from plano")


@hookimpl
def post_response(record: Record) -> None:
    log.info("%s answered %s in %.3f s", record.model, record.status, record.duration_s)
