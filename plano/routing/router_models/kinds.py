"""The router a config asks for, made of its kind: plano's own three, and those of plugins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import msgspec.inspect
from msgspec import Struct

from plano.clock import Clock
from plano.config.document import Config
from plano.config.findings import did_you_mean, quoted
from plano.config.problems import ConfigProblems, Problem
from plano.config.router_choice import ENCODER, router_model, router_type
from plano.config.routing import Router as RouterConfig
from plano.config.type_words import type_words
from plano.config.values import dec_hook
from plano.intent import RouterModelKind, RouterTools
from plano.plugins.guards import load_configured
from plano.routing.router import Router
from plano.routing.router_models.encoder.router import KIND as ENCODER_KIND
from plano.routing.router_models.generator.router import GENERATOR as GENERATOR_KIND
from plano.routing.router_models.remote import REMOTE as REMOTE_KIND

BUILT_IN: Final = (ENCODER_KIND, GENERATOR_KIND, REMOTE_KIND)
_PLACE: Final = "routing.router"
#: How long a decision may take where nothing is said: an encoder is next door.
_ENCODER_S: Final = 0.05
_OTHERS_S: Final = 5.0
#: Keys of `routing.router` that are not settings of a kind.
_NOT_SETTINGS: Final = ("type", "settings")
_UNKNOWN_FIELD: Final = re.compile(r"contains unknown field `([^`]+)`")
_MISSING_FIELD: Final = re.compile(r"missing required field `([^`]+)`")


def new_router(config: Config, tools: RouterTools, clock: Clock, more: Iterable[RouterModelKind] = ()) -> Router:
    """Raises `ConfigProblems` for a kind that nobody has registered, or settings that do not fit it. Loads nothing."""
    kind, timeout_s = _kind(config, more), _timeout_s(config)
    return Router(kind.name, kind.build(_settings(config, kind, timeout_s), tools), timeout_s, clock)


def check_router_fits(config: Config) -> None:
    """For those who check a config: raises what `new_router` would. Plugins are loaded only for a kind of theirs.

    Raises `PluginLoadError`.
    """
    is_known = any(kind.name == router_type(config) for kind in BUILT_IN)
    kind = _kind(config, () if is_known else load_configured(config).router_models)
    _settings(config, kind, _timeout_s(config))


def _kind(config: Config, more: Iterable[RouterModelKind]) -> RouterModelKind:
    kinds = {kind.name: kind for kind in (*BUILT_IN, *more)}
    name = router_type(config)
    if name not in kinds:
        hint = did_you_mean(name, kinds) or f"there are {', '.join(f'`{known}`' for known in kinds)}"
        raise _problem("type", f"{quoted(name)} is not a known router", hint)
    return kinds[name]


def _timeout_s(config: Config) -> float:
    timeout = config.routing.router.timeout
    if timeout is not None:
        return float(timeout)
    return _ENCODER_S if router_type(config) == ENCODER else _OTHERS_S


def _settings(config: Config, kind: RouterModelKind, timeout_s: float) -> Struct | None:
    """The keys that the kind knows by the same name, and what stands under `settings`; None where it has none."""
    if kind.settings is None:
        return None
    router = config.routing.router
    known = {field.encode_name for field in msgspec.structs.fields(kind.settings)}
    context_length = config.overrides.orchestrator_model_context_length
    written: dict[str, Any] = {"timeout": timeout_s, "context_length": context_length}
    if (model := router_model(config)) is not None:
        written["model"] = model
    defaults = RouterConfig()
    for key in RouterConfig.__struct_fields__:
        value = getattr(router, key)
        if key in _NOT_SETTINGS or value is None:
            continue
        if key not in known and key != "timeout" and value != getattr(defaults, key):
            raise _problem(key, f"means nothing to the router `{kind.name}`: remove it")
        written.setdefault(key, value)
    written = {key: value for key, value in written.items() if key in known} | router.settings
    try:
        return msgspec.convert(written, kind.settings, strict=False, dec_hook=dec_hook)
    except (msgspec.ValidationError, ValueError) as error:
        raise _misfit(str(error), router, kind.settings) from None


def _misfit(error: str, router: RouterConfig, settings: type[Struct]) -> ConfigProblems:
    """What msgspec says of the settings, in plano's words, at the place where they were written."""
    message, _, place = error.partition(" - at `$")
    key = place.rstrip("`").strip(".")
    fields = {field.encode_name: field for field in _fields(settings)}
    if unknown := _UNKNOWN_FIELD.search(message):
        return _problem(f"settings.{unknown[1]}", "is not a known key", did_you_mean(unknown[1], fields))
    if missing := _MISSING_FIELD.search(message):
        is_key = missing[1] in RouterConfig.__struct_fields__
        return _problem("" if is_key else "settings", f"`{missing[1]}` is missing")
    if key in fields:
        message = f"must be {type_words(fields[key].type)}"
    is_beside = key not in router.settings and key in RouterConfig.__struct_fields__
    return _problem(key if is_beside else f"settings.{key}", message)


def _fields(settings: type[Struct]) -> tuple[msgspec.inspect.Field, ...]:
    told = msgspec.inspect.type_info(settings)
    assert isinstance(told, msgspec.inspect.StructType)
    return told.fields


def _problem(key: str, message: str, hint: str = "") -> ConfigProblems:
    return ConfigProblems((Problem(path=f"{_PLACE}.{key}".strip("."), message=message, file="", hint=hint),))
