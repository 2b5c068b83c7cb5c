"""Which sections of a config this version has no engine for, and which keys never have an effect.

A version that brings an engine deletes its row; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from .document import Config, Overrides
from .findings import at
from .listeners import AgentListener, PromptListener
from .routing import Routing


class _MissingEngine(NamedTuple):
    """`section` is its place in the file, as documents name it, and `paths` where a config asks for it.

    `engine` is what is lacking; `way_out` is what to do.
    """

    section: str
    paths: Callable[[Config], Iterable[str]]
    engine: str
    way_out: str = "remove the section"


def unavailable_sections(config: Config) -> tuple[str, ...]:
    """One sentence per configured section that this version cannot carry out; empty when all can be."""
    return tuple(
        f"`{path}` is configured, but this version of plano has no {row.engine} yet: {row.way_out}."
        for row in _MISSING_ENGINES
        for path in row.paths(config)
    )


def engines_lacking() -> dict[str, str]:
    """What this version cannot carry out, for documents: the place in the file (`agents`, `listeners.input_filters`,
    `listeners: type: agent`) and the engine that is lacking.
    """
    return {row.section: row.engine for row in _MISSING_ENGINES}


def idle_keys() -> dict[str, str]:
    """The keys that are accepted and do nothing, with what there is to say about it (`; remove it`)."""
    return dict(_IDLE_KEYS)


def keys_without_effect(config: Config) -> tuple[str, ...]:
    """One sentence per key that is accepted and does nothing."""
    return tuple(f"`{path}` has no effect{why}." for path, why in _idle_keys(config))


def _listeners(kind: type) -> Callable[[Config], Iterable[str]]:
    def paths(config: Config) -> Iterable[str]:
        return (at("listeners", index) for index, one in enumerate(config.listeners) if isinstance(one, kind))

    return paths


def _section(name: str) -> Callable[[Config], Iterable[str]]:
    return lambda config: [name] if getattr(config, name) else []


def _routing_key(name: str) -> Callable[[Config], Iterable[str]]:
    default = getattr(Routing(), name)
    return lambda config: [f"routing.{name}"] if getattr(config.routing, name) != default else []


def _redis_sessions(config: Config) -> Iterable[str]:
    return ["routing.session_cache"] if config.routing.session_cache.type == "redis" else []


def _tracing(config: Config) -> Iterable[str]:
    return ["tracing"] if config.tracing is not None and config.tracing.random_sampling else []


def _prompt_caching(config: Config) -> Iterable[str]:
    return ["prompt_caching"] if config.prompt_caching.enabled else []


_MISSING_ENGINES: Final = (
    _MissingEngine("listeners: type: agent", _listeners(AgentListener), "agent engine", "remove the listener"),
    _MissingEngine(
        "listeners: type: prompt", _listeners(PromptListener), "prompt target engine", "remove the listener"
    ),
    _MissingEngine(
        "routing.session_cache: type: redis", _redis_sessions, "engine for sessions in Redis", "remove the key"
    ),
    _MissingEngine("routing.routing_budget", _routing_key("routing_budget"), "budget engine", "remove the key"),
    _MissingEngine("prompt_caching", _prompt_caching, "prompt cache engine"),
    _MissingEngine("agents", _section("agents"), "agent engine"),
    _MissingEngine("endpoints", _section("endpoints"), "prompt target engine"),
    _MissingEngine("prompt_targets", _section("prompt_targets"), "prompt target engine"),
    _MissingEngine("system_prompt", _section("system_prompt"), "prompt target engine"),
    _MissingEngine("ratelimits", _section("ratelimits"), "rate limit engine"),
    _MissingEngine("state_storage", _section("state_storage"), "state engine"),
    _MissingEngine("tracing", _tracing, "tracing engine"),
)

_IDLE_KEYS: Final = (
    ("mode", "; remove it"),
    ("error_target", "; remove it"),
    ("routing.llm_provider", "; remove it"),
    ("overrides.use_agent_orchestrator", "; an agent listener is the way"),
    ("overrides.prompt_target_intent_matching_threshold", " in this version"),
    ("overrides.optimize_context_window", " in this version"),
    ("overrides.disable_signals", " in this version, which looks for no signals"),
    ("overrides.agent_orchestration_model", " in this version"),
)


def _idle_keys(config: Config) -> Iterable[tuple[str, str]]:
    defaults = {"overrides": Overrides(), "routing": Routing()}
    for path, why in _IDLE_KEYS:
        section, _, key = path.partition(".")
        value = getattr(getattr(config, section), key) if key else getattr(config, section)
        default = getattr(defaults[section], key) if key else None if value is None else type(value)()
        if value != default:
            yield path, why
