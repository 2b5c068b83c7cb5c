"""Asking the router of a config: in this process where its weights are, else through the running instance."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
from msgspec import Struct, structs

from plano.cli.config_file import NAMES, find_config, load_or_fail
from plano.cli.terminal import CommandFailed
from plano.clock import SystemClock
from plano.config.document import Config
from plano.config.load import LoadedConfig
from plano.config.router_choice import ENCODER, GENERATOR, router_type
from plano.config.routing import Router as RouterConfig
from plano.config.values import Duration
from plano.errors import PlanoError
from plano.intent import Judgement, Route, RouterTools, RouteSet, Said
from plano.routing.router_models.kinds import new_router

#: Nobody waits for a request here, so a decision may take long: the machine may be busy.
_PATIENCE: Final = Duration(60.0)

takes_config = click.option("-f", "--file", type=click.Path(), help="The config file.  [default: config.yaml]")
takes_api_key = click.option(
    "--api-key",
    envvar="PLANO_API_KEY",
    help="A key of the running instance, where its listener asks for one and the router is asked through it.",
)


class Answer(Struct, frozen=True):
    """What came of a prompt. `models` are those of the decision; empty where only a running instance knows them."""

    judgement: Judgement
    took_s: float
    models: tuple[str, ...] = ()


def routed_config(file: str | None) -> LoadedConfig:
    """The named config, or that of this directory; one without routes ends the command."""
    path = find_config(file, ".")
    if path is None:
        raise CommandFailed(f"No config file in {Path.cwd()} (looked for {', '.join(NAMES)})")
    loaded = load_or_fail(path, os.environ)
    if not loaded.config.routing_preferences:
        raise CommandFailed(
            f"{path} has no routes", ["  A route is an entry of `routing_preferences`: a name, a description, models."]
        )
    return loaded


def routes_of(config: Config) -> RouteSet:
    """The routes as a router sees them."""
    return RouteSet(
        tuple(Route(one.name, one.description, one.examples, one.threshold) for one in config.routing_preferences)
    )


def ask_router(loaded: LoadedConfig, prompts: Sequence[tuple[Said, ...]], api_key: str | None) -> list[Answer]:
    """An answer for every prompt; a router that cannot be asked ends the command."""
    if router_type(loaded.config) in (ENCODER, GENERATOR):
        return asyncio.run(_asked_here(loaded.config, prompts))
    from plano.cli.route_running import ask_running_instance

    return ask_running_instance(loaded.config, prompts, api_key)


async def _asked_here(config: Config, prompts: Sequence[tuple[Said, ...]]) -> list[Answer]:
    logging.getLogger("plano.routing").addHandler(logging.NullHandler())  # What went wrong is told as an error.
    clock, routes = SystemClock(), routes_of(config)
    router = new_router(_patient(config), RouterTools(_nobody, clock.monotonic_s), clock)
    try:
        await router.prepare(routes)
        answers = []
        for said in prompts:
            began = clock.monotonic_s()
            judgement = await router.judge(said, routes)
            answers.append(Answer(judgement, clock.monotonic_s() - began))
        return answers
    except PlanoError as error:
        raise CommandFailed(error.message[:1].upper() + error.message[1:]) from None
    finally:
        await router.stop()


def _patient(config: Config) -> Config:
    router: RouterConfig = structs.replace(config.routing.router, timeout=_PATIENCE)
    return structs.replace(config, routing=structs.replace(config.routing, router=router))


async def _nobody(model: str, body: bytes, timeout_s: float) -> Any:
    raise PlanoError("providers are asked by a running instance alone")
