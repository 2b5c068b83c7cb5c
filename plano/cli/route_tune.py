"""`planoai route tune`: the threshold that suits labelled prompts, and the change of the config that sets it."""

from __future__ import annotations

import difflib
import os
import shutil
from pathlib import Path
from typing import Final

import click
from msgspec import structs

from plano.cli.config_file import plugin_interfaces, router_fits
from plano.cli.route_asking import routed_config, takes_api_key, takes_config
from plano.cli.route_eval import assessed
from plano.cli.terminal import CommandFailed, say, say_good, warn
from plano.config.document import Config
from plano.config.load import ConfigProblems, ConfigSource, LoadedConfig, load_source, read_source
from plano.config.router_choice import router_threshold
from plano.routing.tuning import Tuning, Untunable, tuned

_PATH: Final = ("routing", "router", "threshold")


@click.command()
@click.argument("labelled", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@takes_config
@click.option("--write", is_flag=True, help="Change the config file; without it the change is only shown.")
@takes_api_key
def tune(labelled: Path, file: str | None, write: bool, api_key: str | None) -> None:
    """Find the threshold that suits labelled prompts, and show the change of the config that sets it.

    FILE is as for `planoai route eval`, with prompts labelled "none" among them. What the new threshold is worth is
    measured on prompts it was not chosen by. Routes with a threshold of their own keep it.
    """
    loaded = routed_config(file)
    path = Path(loaded.source)
    assessment, _ = assessed(loaded, labelled, api_key)
    try:
        found = tuned(assessment)
    except Untunable as error:
        raise CommandFailed(f"No threshold can be told from {labelled}: {error}") from None
    _report(loaded.config, found)
    if found.after <= found.before or found.threshold == router_threshold(loaded.config):
        say_good("The config can stay as it is: no other threshold is better on prompts it was not chosen by")
        return
    source = read_source(path)
    text = source.text.decode("utf-8")
    edited = edited_text(loaded, source, text, found.threshold)
    if edited is None:
        keys = ": {".join(_PATH[:-1])
        raise CommandFailed(
            f"{path} cannot be changed by this command", [f"  Write: {keys}: {{{_PATH[-1]}: {found.threshold:g}}}}}"]
        )
    say()
    for line in difflib.unified_diff(
        text.splitlines(), edited.splitlines(), str(path), str(path), lineterm="", n=2
    ):
        say(line)
    say()
    if write:
        _replace(path, edited.encode("utf-8"))
        say_good(f"Changed {path}; a running instance reads it with: planoai reload")
    else:
        say("--write changes the file")


def edited_text(loaded: LoadedConfig, source: ConfigSource, text: str, threshold: float) -> str | None:
    """The config's text with the threshold; None where it would not load to exactly this change."""
    from plano.config.yaml_edit import CannotEdit, with_value

    router = structs.replace(loaded.config.routing.router, threshold=threshold)
    wanted: Config = structs.replace(loaded.config, routing=structs.replace(loaded.config.routing, router=router))
    try:
        edited = with_value(text, _PATH, f"{threshold:g}")
        changed = structs.replace(source, text=edited.encode("utf-8"))
        found = load_source(changed, os.environ, interfaces=plugin_interfaces, router_fits=router_fits).config
    except (CannotEdit, ConfigProblems):
        return None
    return edited if found == wanted else None


def _report(config: Config, found: Tuning) -> None:
    now = router_threshold(config)
    say(f"threshold now     {'none' if now is None else f'{now:.2f}'}   accuracy {found.before:.3f}")
    say(f"by these prompts  {found.threshold:.2f}   accuracy {found.after:.3f} on prompts it was not chosen by")
    low, high = found.from_to
    say(f"                  {low:.2f} to {high:.2f} where prompts are left out")
    own = [one.name for one in config.routing_preferences if one.threshold is not None]
    if own:
        warn(f"These routes have a threshold of their own and keep it: {', '.join(own)}")


def _replace(path: Path, content: bytes) -> None:
    """In one step: whoever watches the file sees the old one or the new one."""
    path = path.resolve()
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.touch(mode=0o600)
        shutil.copymode(path, fresh)
        fresh.write_bytes(content)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
