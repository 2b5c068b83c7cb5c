"""`planoai route lint`: routes that are hard to tell apart, too vague, or written for people rather than a router."""

from __future__ import annotations

from pathlib import Path

import click

from plano.cli.route_asking import routed_config, routes_of, takes_config
from plano.cli.terminal import CommandFailed, say, say_dim, say_good, warn
from plano.config.document import Config
from plano.config.router_choice import ENCODER, router_type
from plano.errors import PlanoError
from plano.routing.route_advice import Advice, Closeness, advice


@click.command()
@takes_config
@click.option("--strict", is_flag=True, help="Fail if something is found.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def lint(file: str | None, strict: bool, as_json: bool) -> None:
    """Find routes that overlap, or are too vague.

    The encoder measures how like descriptions are to each other, and whether a phrase or an example is nearer to
    another route than to the rest of its own. That is telling for other routers, too.
    """
    loaded = routed_config(file)
    routes = routes_of(loaded.config)
    measured = _measured(loaded.config)
    found = advice(routes, measured, for_encoder=router_type(loaded.config) == ENCODER)
    if as_json:
        import msgspec

        say(msgspec.json.format(msgspec.json.encode({"findings": found, "overlaps": measured.overlaps})).decode())
    else:
        _show(found, measured)
    if strict and found:
        raise CommandFailed(f"{len(found)} {'things' if len(found) > 1 else 'thing'} to look at")


def _measured(config: Config) -> Closeness:
    from plano.routing.router_models.encoder.closeness import closeness

    folder = config.routing.router.folder if router_type(config) == ENCODER else None
    try:
        return closeness(routes_of(config), Path(folder) if folder else None)
    except PlanoError as error:
        raise CommandFailed(error.message[:1].upper() + error.message[1:]) from None


def _show(found: list[Advice], measured: Closeness) -> None:
    for one in found:
        figure = "" if one.figure is None or one.kind == "broad" else f" ({one.figure:.2f})"
        if one.kind == "overlap":
            warn(f"{' and '.join(f'`{name}`' for name in one.routes)} {one.message}{figure}")
        else:
            warn(f"`{one.routes[0]}`: {one.message}{figure}")
    if not found:
        say_good(f"{len(measured.draws)} routes, nothing to complain about")
    if measured.overlaps:
        nearest = measured.overlaps[0]
        say_dim(f"The most alike: `{nearest.one}` and `{nearest.other}`, cosine {nearest.cosine:.2f}")
