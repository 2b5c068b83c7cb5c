"""Whether a plugin object keeps to the rules of the door; says every fault at once, changes nothing."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from plano.plugins import hookspecs

if TYPE_CHECKING:
    from pluggy import PluginManager

HOOKS: Final = {
    name: tuple(inspect.signature(function).parameters)
    for name, function in vars(hookspecs).items()
    if hasattr(function, "plano_spec")
}
"""Every hook by name, with the names of its arguments."""

PLAIN_ONLY: Final = frozenset(
    {"commands", "config_section", "dialects", "exporters", "providers", "router_models", "stores"}
)
"""Hooks called while nothing may be awaited."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` when one of `known` is close to `name`, else nothing."""
    close = difflib.get_close_matches(name, tuple(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def faults(manager: PluginManager, plugin: object) -> list[str]:
    """What is wrong with the hooks of `plugin`, one sentence each; empty when it may be registered."""
    found: list[str] = []
    hooks = dict(_marked(manager, plugin))
    for attribute, options in hooks.items():
        hook = options.get("specname") or attribute
        if hook in HOOKS:
            found += _implementation_faults(hook, options, getattr(plugin, attribute))
        elif not options.get("optionalhook"):
            found.append(f"there is no hook {hook!r}{did_you_mean(hook, HOOKS)}")
    unmarked = (name for name in HOOKS if name not in hooks and _own(plugin, name))
    found += (f"{name} is not marked with @hookimpl" for name in unmarked)
    if not hooks and not found:
        found.append(f"it has no hooks; mark at least one of {', '.join(HOOKS)} with @hookimpl")
    return found


def hooks_of(manager: PluginManager, plugin: object) -> tuple[str, ...]:
    """Names of the hooks `plugin` implements, in the order of the hookspecs."""
    marked = {options.get("specname") or attribute for attribute, options in _marked(manager, plugin)}
    return tuple(hook for hook in HOOKS if hook in marked)


def _marked(manager: PluginManager, plugin: object) -> Iterator[tuple[str, dict[str, Any]]]:
    for attribute in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is not None:
            yield attribute, dict(options)


def _own(plugin: object, name: str) -> bool:
    """Whether the plugin itself defines a function of this name (as opposed to having imported one)."""
    module = plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__module__
    value = getattr(plugin, name, None)
    return inspect.isroutine(value) and getattr(value, "__module__", None) == module


def _implementation_faults(hook: str, options: dict[str, Any], function: Any) -> Iterator[str]:
    if options.get("wrapper") or options.get("hookwrapper"):
        yield f"{hook} is a wrapper; plano calls hooks one after the other and has none around them"
        return
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        yield f"{hook} is a generator; it must be a plain function or async def"
    if hook in PLAIN_ONLY and inspect.iscoroutinefunction(function):
        yield f"{hook} must be a plain function, not async def"
    yield from _argument_faults(hook, function)


def _argument_faults(hook: str, function: Any) -> Iterator[str]:
    """An argument without a default must be one the hook offers, and must be fillable by position."""
    offered = HOOKS[hook]
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**"
            yield f"{hook} takes {stars}{parameter.name}; it must name what it uses of: {_listed(offered)}"
        elif parameter.default is not parameter.empty:
            continue
        elif parameter.kind is parameter.KEYWORD_ONLY:
            yield f"{hook} takes {parameter.name!r} by keyword only; arguments are passed by position"
        elif parameter.name not in offered:
            meant = did_you_mean(parameter.name, offered)
            yield f"{hook} has no argument {parameter.name!r}{meant}; it offers: {_listed(offered)}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
