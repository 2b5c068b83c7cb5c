"""The router a config asks for, made of its kind: plano's own three, and those of plugins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct

from plano.clock import Clock
from plano.config.document import Config
from plano.config.problems import ConfigProblems, Problem
from plano.config.router_choice import ENCODER, router_model, router_type
from plano.config.routing import Router as RouterConfig
from plano.config.values import dec_hook
from plano.intent import RouterModelKind, RouterTools
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


def new_router(config: Config, tools: RouterTools, clock: Clock, more: Iterable[RouterModelKind] = ()) -> Router:
    """Raises `ConfigProblems` for a kind that nobody has registered, or settings that do not fit it. Loads nothing."""
    kinds = {kind.name: kind for kind in (*BUILT_IN, *more)}
    name = router_type(config)
    kind = kinds.get(name)
    if kind is None:
        raise _problem("type", f"`{name}` is no router: there are {', '.join(kinds)}")
    timeout = config.routing.router.timeout
    timeout_s = (_ENCODER_S if name == ENCODER else _OTHERS_S) if timeout is None else float(timeout)
    settings = None if kind.settings is None else _settings(config, kind.settings, timeout_s)
    return Router(name, kind.build(settings, tools), timeout_s, clock)


def _settings(config: Config, kind: type[Struct], timeout_s: float) -> Struct:
    """The keys that the kind knows by the same name, and what stands under `settings`."""
    router = config.routing.router
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    context_length = config.overrides.orchestrator_model_context_length
    written: dict[str, Any] = {"timeout": timeout_s, "context_length": context_length}
    if (model := router_model(config)) is not None:
        written["model"] = model
    defaults = RouterConfig()
    for key in RouterConfig.__struct_fields__:
        value = getattr(router, key)
        if key in _NOT_SETTINGS or key in written or value is None:
            continue
        if key not in known and value != getattr(defaults, key):
            raise _problem(key, f"means nothing to the router `{router_type(config)}`")
        written[key] = value
    written = {key: value for key, value in written.items() if key in known} | router.settings
    try:
        return msgspec.convert(written, kind, strict=False, dec_hook=dec_hook)
    except (msgspec.ValidationError, ValueError) as error:
        raise _problem("settings", str(error)) from None


def _problem(key: str, message: str) -> ConfigProblems:
    return ConfigProblems((Problem(path=f"{_PLACE}.{key}", message=message, file=""),))
