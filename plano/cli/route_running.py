"""Asking the router of the running instance: `POST /v1/explain` at the config's first model listener."""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final

import msgspec
from msgspec import Struct

from plano.cli.health import Door
from plano.cli.route_asking import Answer
from plano.cli.terminal import CommandFailed
from plano.config.document import Config
from plano.config.listeners import ModelListener
from plano.config.router_choice import router_type
from plano.intent import NO_MATCH, Judgement, Said

_LONGEST_S: Final = 60.0
_UNAUTHORIZED: Final = 401


class _Route(Struct):
    name: str
    score: float | None = None


class _Routing(Struct):
    reason: str = NO_MATCH
    detail: str = ""
    score: float | None = None
    remembered: bool = False
    routes: tuple[_Route, ...] = ()


class _Candidate(Struct):
    model: str


class _Explanation(Struct):
    """What is used of the answer of `/v1/explain`."""

    route: str | None
    routing: _Routing | None
    candidates: tuple[_Candidate, ...]
    took_ms: dict[str, float]


class _Message(Struct):
    message: str


class _Refusal(Struct):
    error: _Message


def ask_running_instance(
    config: Config, prompts: Sequence[tuple[Said, ...]], api_key: str | None
) -> list[Answer]:
    """An answer for every prompt; nobody there, or somebody with other routes, ends the command."""
    listener = _first_model_listener(config)
    door = Door(listener.name, "model", listener.address, listener.port, tls=listener.tls is not None)
    connection = _connection(door, listener)
    # Any model will do: a route decides, and one has to be named for a prompt that fits none.
    model = config.routing_preferences[0].models[0]
    names = tuple(one.name for one in config.routing_preferences)
    try:
        return [_asked(connection, said, model, names, api_key, door.url) for said in prompts]
    except (OSError, HTTPException) as error:
        hint = f"  The router `{router_type(config)}` is asked through the running instance: planoai up"
        told = str(error) or type(error).__name__
        raise CommandFailed(f"Nobody answers at {door.url}: {told}", [hint]) from None
    finally:
        connection.close()


def _first_model_listener(config: Config) -> ModelListener:
    for listener in config.listeners:
        if isinstance(listener, ModelListener):
            return listener
    raise CommandFailed("The config has no listener of the type `model`, and this router is asked through one")


def _connection(door: Door, listener: ModelListener) -> HTTPConnection:
    host = door.reachable_host
    if listener.tls is None:
        return HTTPConnection(host, door.port, timeout=_LONGEST_S)
    # The certificate is for another name than this machine's: it is the listener's own that is trusted, and no other.
    trust = ssl.create_default_context(cafile=listener.tls.certificate)
    trust.check_hostname = False
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return HTTPSConnection(host, door.port, timeout=_LONGEST_S, context=trust)


def _asked(
    connection: HTTPConnection,
    said: tuple[Said, ...],
    model: str,
    names: tuple[str, ...],
    api_key: str | None,
    url: str,
) -> Answer:
    turns = [{"role": one.role, "content": one.text} for one in said]
    headers = {"content-type": "application/json"}
    if api_key:
        headers["authorization"] = f"Bearer {api_key}"
    began = time.monotonic()
    connection.request("POST", "/v1/explain", msgspec.json.encode({"model": model, "messages": turns}), headers)
    with connection.getresponse() as response:
        status, content = response.status, response.read()
    took_s = time.monotonic() - began
    if status == _UNAUTHORIZED:
        raise CommandFailed(f"{url} asks for an API key", ["  Give one with --api-key, or in PLANO_API_KEY."])
    try:
        if status >= 300:
            told = msgspec.json.decode(content, type=_Refusal).error.message
            raise CommandFailed(f"{url} refuses the request: {told}")
        return _answer(msgspec.json.decode(content, type=_Explanation), names, took_s, url)
    except msgspec.MsgspecError:
        raise CommandFailed(f"{url} does not answer like plano: status {status}") from None


def _answer(explained: _Explanation, names: tuple[str, ...], took_s: float, url: str) -> Answer:
    told = explained.routing or _Routing()
    if tuple(route.name for route in told.routes) != names:
        raise CommandFailed(f"{url} has other routes than the config", ["  Make it read the config: planoai reload"])
    scores = tuple(route.score for route in told.routes if route.score is not None)
    judgement = Judgement(
        route=explained.route,
        score=told.score,
        scores=scores if len(scores) == len(names) else (),
        reason=told.reason,
        detail=told.detail,
        is_remembered=told.remembered,
    )
    models = tuple(candidate.model for candidate in explained.candidates)
    routing_ms = explained.took_ms.get("routing")
    return Answer(judgement, took_s if routing_ms is None else routing_ms / 1000, models)
