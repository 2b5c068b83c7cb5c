"""`planoai route`: what the router of a config makes of a prompt, and how good its routes are."""

from __future__ import annotations

import shutil
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from plano.cli.terminal import CommandFailed, say, say_dim, say_good

if TYPE_CHECKING:
    from plano.cli.route_asking import Answer
    from plano.config.document import Config

_PROMPT: Final = "prompt"
_PLACES: Final = {
    "eval": ("plano.cli.route_eval", "evaluate"),
    "lint": ("plano.cli.route_lint", "lint"),
    "tune": ("plano.cli.route_tune", "tune"),
}
#: What reasons without a detail mean.
_WHY: Final = {"no_match": "nothing fits", "nothing_said": "nobody says anything", "unreadable": "it cannot be read"}


class PromptGroup(click.Group):
    """A group whose first word is a prompt, unless it is the name of a command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [_PROMPT, *_PLACES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == _PROMPT:
            return prompt
        place = _PLACES.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(import_module(place[0]), place[1])
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_command = bool(args) and (args[0] in ctx.help_option_names or args[0] in self.list_commands(ctx))
        return super().parse_args(ctx, args if is_command or not args else [_PROMPT, *args])


@click.group(cls=PromptGroup)
def route() -> None:
    """Show where prompts go, and how good the routes are.

    `planoai route "fix my code"` is short for `planoai route prompt "fix my code"`.
    """


@click.command(_PROMPT)
@click.argument("words", metavar="TEXT", nargs=-1, required=True)
@click.option("-f", "--file", type=click.Path(), help="The config file.  [default: config.yaml]")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--api-key", envvar="PLANO_API_KEY", help="A key of the running instance, where a router is asked there.")
def prompt(words: tuple[str, ...], file: str | None, as_json: bool, api_key: str | None) -> None:
    """Show what the router thinks of a prompt, and who would get it.

    TEXT is the prompt; - reads it from the standard input. An encoder or generator judges here, without a running
    instance; any other router is asked through the running one.
    """
    text = sys.stdin.read() if words == ("-",) else " ".join(words)
    from plano.cli.route_asking import ask_router, routed_config
    from plano.dialects.said import Said
    from plano.dialects.said import words as words_of

    text = words_of(text)
    if not text:
        raise CommandFailed("The prompt is empty")
    loaded = routed_config(file)
    [answer] = ask_router(loaded, [(Said("user", text),)], api_key)
    if as_json:
        import msgspec

        say(msgspec.json.format(msgspec.json.encode(_document(loaded.config, answer))).decode())
    else:
        _show(loaded.config, answer)


def _show(config: Config, answer: Answer) -> None:
    from plano.cli.route_asking import routes_of
    from plano.cli.route_chart import chart
    from plano.config.router_choice import router_threshold, router_type

    judgement, routes = answer.judgement, routes_of(config).routes
    if judgement.scores:
        columns = shutil.get_terminal_size().columns
        for line in chart(routes, judgement.scores, router_threshold(config), columns):
            say(line)
        say()
    models = ", ".join(_models(config, answer)) or "nobody: no provider has `default: true`"
    if judgement.route is not None:
        say_good(f"{judgement.route} → {models}{_order(config, answer)}")
    else:
        why = judgement.detail or _WHY.get(judgement.reason, judgement.reason)
        say(f"{click.style('✗', fg='yellow')} no route: {why}")
        say(f"  → {models}{_whose(config)}")
    say_dim(f"  {router_type(config)}, {answer.took_s * 1000:.1f} ms")


def _models(config: Config, answer: Answer) -> tuple[str, ...]:
    """Who would be asked, in order."""
    if answer.models:
        return answer.models
    if answer.judgement.route is not None:
        return next(one.models for one in config.routing_preferences if one.name == answer.judgement.route)
    if config.routing.on_no_match == "requested":
        return ("the model of the request",)
    return tuple(str(row.model) for row in config.model_providers if row.default) or ("the model of the request",)


def _order(config: Config, answer: Answer) -> str:
    """Prices and times are known to the running instance alone."""
    preference = next(one for one in config.routing_preferences if one.name == answer.judgement.route)
    prefer = preference.selection_policy.prefer
    return "" if prefer == "none" or answer.models or len(preference.models) < 2 else f" (the {prefer} first)"


def _whose(config: Config) -> str:
    is_default = config.routing.on_no_match == "default" and any(row.default for row in config.model_providers)
    return " (the default)" if is_default else ""


def _document(config: Config, answer: Answer) -> dict[str, Any]:
    from plano.config.router_choice import router_threshold, router_type

    judgement, threshold = answer.judgement, router_threshold(config)
    scores: tuple[float | None, ...] = judgement.scores or (None,) * len(config.routing_preferences)
    return {
        "router": router_type(config),
        "route": judgement.route,
        "score": judgement.score,
        "reason": judgement.reason,
        "detail": judgement.detail,
        "models": _models(config, answer),
        "routes": [
            {
                "name": one.name,
                "score": score,
                "threshold": threshold if one.threshold is None else one.threshold,
                "models": one.models,
            }
            for one, score in zip(config.routing_preferences, scores, strict=True)
        ],
        "took_ms": round(answer.took_s * 1000, 3),
    }
