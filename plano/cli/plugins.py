"""`planoai plugins`: what is installed, what it hooks and costs; and `plugins new`, which begins another one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plano.cli.config_file import find_config, load_or_fail
from plano.cli.home import find_home
from plano.cli.terminal import CommandFailed, say, say_dim, say_good, say_table, warn

if TYPE_CHECKING:
    from plano.config.document import Config
    from plano.config.vendor_names import AddedNames
    from plano.plugins.hook_cost import StepCost
    from plano.plugins.listing import ListedPlugin
    from plano.run.control import Status


@click.group(invoke_without_command=True)
@click.option("-f", "--file", metavar="FILE", help="The config whose settings the plugins get.")
@click.option("--measure", is_flag=True, help="Call the hooks with a sample request of 4 kB and show what that costs.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.pass_context
def plugins(ctx: click.Context, file: str | None, measure: bool, as_json: bool) -> None:
    """Show the installed plugins and what they cost, or begin a new one.

    Costs are those of the running instance, or measured here and now with --measure. Without --file, the config is
    that of the running instance, then one in this folder. A plugin that `waits` works once a config names it. Exit
    code 1 means that a plugin cannot be loaded.
    """
    if ctx.invoked_subcommand is not None:
        return
    import logging

    # What goes wrong is told below, in a line instead of a traceback.
    logging.getLogger("plano").addHandler(logging.NullHandler())
    running = _running()
    listed = _listed(file or _config_of(running))
    costs = _measured(listed) if measure else _costs_of(running)
    if as_json:
        _print_json(listed, costs)
    else:
        _show(listed, costs)
    if any(one.trouble for one in listed):
        raise SystemExit(1)


@plugins.command()
@click.argument("name")
@click.option("--hook", "hooks", multiple=True, metavar="HOOK", help="A hook to begin with.  [default: filter]")
@click.option("--to", "folder", metavar="FOLDER", type=click.Path(), help="The folder to make.  [default: plano-NAME]")
def new(name: str, hooks: tuple[str, ...], folder: str | None) -> None:
    """Write a plugin to begin with: a distribution that installs, with tests that pass.

    Nothing is overwritten: FOLDER must not exist, or be empty.
    """
    from plano.cli.plugin_files import names_of, plugin_files

    try:
        names = names_of(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None
    _check_hooks(hooks)
    _check_is_free(names.name)
    root = Path(folder or names.distribution)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise CommandFailed(f"{root} is there already: nothing was written")
    for place, text in plugin_files(names, hooks or ("filter",)).items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    say_good(f"Wrote the plugin {names.name!r} to {root}")
    say_dim(f"  pip install -e '{root}[test,lint]' && (cd {root} && pytest && ruff check . && mypy) && planoai plugins")


def _check_hooks(hooks: Iterable[str]) -> None:
    from plano.plugins.inspection import HOOKS, did_you_mean

    for hook in hooks:
        if hook not in HOOKS:
            hint = did_you_mean(hook, HOOKS) or f" (there are {', '.join(HOOKS)})"
            raise click.BadParameter(f"there is no hook {hook!r}{hint}", param_hint="--hook")


def _check_is_free(name: str) -> None:
    from plano.plugins.found import installed_plugins

    for found in installed_plugins():
        if found.name == name:
            owner = f"{found.distribution} {found.version}"
            raise CommandFailed(f"The name {name!r} is taken by {owner}, which is installed")


def _listed(file: str | None) -> tuple[ListedPlugin, ...]:
    """As the config asks for them; without a config, none has settings and nobody asks for those that wait."""
    from plano.plugins.listing import list_plugins

    path = find_config(file, ".")
    if path is None:
        return list_plugins({})

    from plano.config.chain_names import names_in_chains
    from plano.plugins.guards import guards_of

    config = load_or_fail(path, os.environ, interfaces=_whatever_is_named).config
    return list_plugins(config.plugins, guards=guards_of(config), asked=names_in_chains(config))


def _whatever_is_named(config: Config) -> AddedNames:
    """Plugins are looked at one by one here: what a vendor, dialect or chain wants of one that cannot be loaded is
    no fault.
    """
    from plano.config.chain_names import names_in_chains
    from plano.config.vendor_names import AddedNames

    prefixes = tuple(row.prefix for row in config.model_providers)
    interfaces = tuple(row.provider_interface for row in config.model_providers if row.provider_interface)
    chained = tuple(names_in_chains(config))
    return AddedNames(interfaces, prefixes, chained, chained)


def _running() -> Status | None:
    from plano.run.control import NotRunning, ask_status

    try:
        return ask_status(find_home().run)
    except NotRunning:
        return None


def _config_of(running: Status | None) -> str | None:
    return running.config if running is not None and os.path.isfile(running.config) else None


def _costs_of(running: Status | None) -> tuple[StepCost, ...]:
    from plano.cli.plugin_costs import running_costs

    return () if running is None else running_costs(running.workers)


def _measured(listed: Iterable[ListedPlugin]) -> tuple[StepCost, ...]:
    from plano.cli.plugin_costs import measured_costs
    from plano.plugins.load_error import PluginLoadError

    costs: list[StepCost] = []
    for one in listed:
        if one.loaded is None:
            continue
        try:
            costs += measured_costs(one.loaded)
        except PluginLoadError as error:
            warn(f"{one.name} cannot be measured: {error.message}")
    return tuple(costs)


def _print_json(listed: Iterable[ListedPlugin], costs: Iterable[StepCost]) -> None:
    import msgspec

    told = [
        {
            "name": one.name,
            "distribution": one.distribution,
            "version": one.version,
            "enabled": one.enabled,
            "waits": one.waits,
            "hooks": one.hooks,
            "trouble": one.trouble,
            "costs": [cost for cost in costs if cost.plugin == one.name],
        }
        for one in listed
    ]
    say(msgspec.json.format(msgspec.json.encode({"plugins": told})).decode())


def _show(listed: tuple[ListedPlugin, ...], costs: tuple[StepCost, ...]) -> None:
    if not listed:
        say("No plugins are installed")
        return
    say_table("PLUGIN", ("DISTRIBUTION", "VERSION", "ENABLED", "HOOKS"), map(_row, listed))
    names = {one.name for one in listed}
    own_costs = (_cost(one) for one in costs if one.plugin in names)
    say_table("COST", ("HOOK", "CALLS", "MEAN", "LONGEST STEP", "FAILURES"), own_costs)
    for one in listed:
        if one.trouble:
            warn(f"{one.name} of {one.distribution} {one.version} cannot be loaded:")
            for problem in one.trouble:
                click.echo(f"  {problem}", err=True)


def _row(one: ListedPlugin) -> tuple[str, ...]:
    enabled = "waits" if one.waits else "no" if not one.enabled else "in trouble" if one.trouble else "yes"
    return one.name, one.distribution, one.version, enabled, ", ".join(one.hooks) or "-"


def _cost(cost: StepCost) -> tuple[str, ...]:
    """The mean is of a whole call, with what its filter does to the answer step by step; one step is less than all."""
    mean_s = cost.total_s / cost.calls if cost.calls else 0.0
    return cost.plugin, cost.hook, str(cost.calls), _micros(mean_s), _micros(cost.worst_s), str(cost.failures)


def _micros(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us" if seconds else "-"
