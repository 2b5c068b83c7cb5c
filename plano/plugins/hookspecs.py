"""Every hook plano calls: signatures and what they promise, nothing else.

A docstring is five labelled lines after its title; `reference.py` makes them part of `plugins/README.md`.
An implementation may ask for fewer arguments than listed, and hooks may gain arguments in later versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano.hook_markers import hookspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgspec import Struct

    from plano.dialects.provider_dialect import ProviderDialect
    from plano.dialects.provider_vendor import ProviderVendor
    from plano.exchange import Exchange, Record
    from plano.filtering import AnswerFilter
    from plano.intent import RouterModelKind
    from plano.plugins.commands import Command
    from plano.plugins.exporter import Exporter
    from plano.plugins.tools import PluginTools
    from plano.storing import StoreKind


@hookspec
def config_section() -> type[Struct] | None:
    """Say which settings the plugin takes under `plugins: {name: ...}`.

    When: once at start, after the plugin was imported and before `started`; must be a plain function.
    Arguments: none.
    Returns: a msgspec Struct type the settings are converted to, or None for a plugin without settings.
    Raises: anything stops the start; settings the Struct does not accept do the same, naming the plugin.
    Cost: start. Since 0.5.
    """


@hookspec
def dialects() -> Iterable[ProviderDialect] | None:
    """Say which further API formats providers may speak.

    When: at start, after the plugin was imported and before `started`, and when a config is checked; a plain function.
    Arguments: none.
    Returns: a list of `ProviderDialect`; its names become values of `provider_interface`, for clients of every kind.
    Raises: anything stops the start with the plugin's name; so does a name that plano or another plugin has.
    Cost: start. Since 0.5.
    """


@hookspec
def providers() -> Iterable[ProviderVendor] | None:
    """Say which further vendors models can be had from, by name.

    When: at start, after the plugin was imported and before `started`, and when a config is checked; a plain function.
    Arguments: none.
    Returns: a list of `ProviderVendor`; each `name` may stand before the slash of `model`, and in `provider_interface`.
    Raises: anything stops the start with the plugin's name; so does a name that plano or another plugin has.
    Cost: start. Since 0.5.
    """


@hookspec
def router_models() -> Iterable[RouterModelKind] | None:
    """Say which further router models may judge what a prompt wants.

    When: once at start, after the plugin was imported and before `started`; must be a plain function.
    Arguments: none.
    Returns: a list of `RouterModelKind`; its names become values of `routing: {router: {type: ...}}`.
    Raises: anything stops the start with the plugin's name; so does a name that plano or another plugin has.
    Cost: start; `judge` runs per routed request, as a task with a time limit. Since 0.5.
    """


@hookspec
def stores() -> Iterable[StoreKind] | None:
    """Say which further stores plugins can keep things in, by the scheme of their URLs.

    When: once at start, after the plugin was imported and before `started`; must be a plain function.
    Arguments: none.
    Returns: a list of `StoreKind`; `tools.open_store("NAME:...")` of every plugin's `started` then opens such a store.
    Raises: anything stops the start with the plugin's name; so does a scheme that plano or another plugin has.
    Cost: start. Since 0.5.
    """


@hookspec
def exporters() -> Iterable[Exporter] | None:
    """Say who gets the records of finished exchanges in batches: files, queues, collectors.

    When: once at start, after the plugin was imported and before `started`; must be a plain function.
    Arguments: none.
    Returns: a list of `Exporter`; its `export(records)` gets batches from a bounded queue, the last one at the stop.
    Raises: anything stops the start with the plugin's name; faults of `export` are counted as with `post_response`.
    Cost: none for the client; a plain `export` gets a thread and may block, `async def` may not. Since 0.5.
    """


@hookspec
def commands() -> Iterable[Command] | None:
    """Add commands to `planoai`.

    When: for `planoai --help`, and when what was typed is no command of plano's own; settings are not read for it.
    Arguments: none.
    Returns: a list of click commands or groups, each with a `name`.
    Raises: whatever goes wrong is a line on stderr with the plugin's name; plano's own commands work on.
    Cost: none for the gateway, which never calls it; a plain function. Since 0.5.
    """


@hookspec
def started(config_section: Struct | None, tools: PluginTools) -> None:
    """Take the checked settings and get ready.

    When: once per worker after every plugin was loaded, on the running event loop, before a listener opens.
    Arguments: `config_section`, an instance of the Struct, or None; `tools`, what plano lends (an encoder, stores).
    Returns: None; another value stops the start.
    Raises: anything stops the start with the plugin's name.
    Cost: start; a plain function or `async def`. Since 0.5.
    """


@hookspec
def pre_route(exchange: Exchange) -> None:
    """Look at a request, change it, or steer where it goes.

    When: once per request, after its body was read and before a model is looked up.
    Arguments: `exchange`; headers, body and model may be changed, candidates chosen or forbidden.
    Returns: None; another value fails the request, so that a mistaken `return False` does not let it pass.
    Raises: `Refuse` or `BadRequest` answer the client; anything else is a 500 that names only the plugin.
    Cost: request, the client waits; plain or `async def`, neither may block the event loop. Since 0.5.
    """


@hookspec
def filter(exchange: Exchange) -> AnswerFilter | None:
    """Read, change or refuse what the client says to the model, and if need be look after the answer.

    When: once per request, after every `pre_route`, in the order of the chain the plugin stands in.
    Arguments: `exchange`; its `texts()`, and the envelope's members, may be changed, or the answer given at once.
    Returns: None, or an `AnswerFilter` for the answer to this request; any other value fails the request.
    Raises: `Refuse` or `BadRequest` answer the client; anything else is a 500 that names only the plugin.
    Cost: request, the client waits; plain or `async def`, neither may block the event loop. Since 0.5.
    """


@hookspec
def filter_answer(exchange: Exchange) -> AnswerFilter | None:
    """Say what looks after an answer, whatever its request was.

    When: once per request, when it is known who will be asked, in the order of the chain the plugin stands in.
    Arguments: `exchange`, to be read only.
    Returns: None, or an `AnswerFilter` for the answer to this request; any other value fails the request.
    Raises: `Refuse` answers the client; anything else is a 500 that names only the plugin.
    Cost: request, the client waits; a plain function or `async def`, neither may block the event loop. Since 0.5.
    """


@hookspec
def post_response(record: Record) -> None:
    """Observe what became of a request.

    When: after the last byte was sent or the exchange failed, from a bounded queue that drops when full.
    Arguments: `record`, finished and shared with telemetry; read it, never change it.
    Returns: None; other values are ignored, a coroutine out of a plain function counts as a failure.
    Raises: anything is counted and logged once a minute; after 5 failures in a row the hook is switched off.
    Cost: none for the client; a plain function gets a thread and may block, `async def` may not. Since 0.5.
    """
