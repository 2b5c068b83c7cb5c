"""Old shapes into the newest one, each with a notice.

Keys are moved in the tree, before it is read, so that a mistake in an old shape is reported where it stands.
Inline routing preferences are lifted afterwards, when they are known to be well formed.
"""

from __future__ import annotations

from typing import Final

import msgspec

from .document import Config
from .findings import Findings, at, join
from .listeners import ModelListener
from .models import InlinePreference
from .routing import RoutingPreference
from .tree import Mapping, Scalar, Sequence

_DEPRECATED: Final = "is deprecated"
_LEGACY_LISTENERS: Final = (("ingress_traffic", "prompt"), ("egress_traffic", "model"))


def upgrade_tree(root: Mapping, findings: Findings) -> None:
    """Rename `llm_providers` and `filter_chain`, and make a list of a legacy `listeners` object."""
    _rename(root, "llm_providers", "model_providers", "", findings)
    listeners = root.entries.get("listeners")
    if isinstance(listeners, Mapping):
        _list_legacy_listeners(root, listeners, findings)
        if "model_providers" not in root.entries:
            findings.problem("", "`model_providers` is missing: old `listeners` need at least one")
    listeners = root.entries.get("listeners")
    if not isinstance(listeners, Sequence):
        return
    for index, listener in enumerate(listeners.items):
        if isinstance(listener, Mapping):
            _rename_filter_chains(listener, at("listeners", index), findings)


def _rename_filter_chains(listener: Mapping, path: str, findings: Findings) -> None:
    _rename(listener, "filter_chain", "input_filters", path, findings)
    agents = listener.entries.get("agents")
    for index, agent in enumerate(agents.items if isinstance(agents, Sequence) else ()):
        if isinstance(agent, Mapping):
            _rename(agent, "filter_chain", "input_filters", at(join(path, "agents"), index), findings)


def _rename(node: Mapping, old: str, new: str, path: str, findings: Findings) -> None:
    if old not in node.entries:
        return
    line = node.key_lines[old]
    value = node.take(old)
    if new in node.entries:
        findings.problem(join(path, old), f"stands beside `{new}`, which is the same thing: keep one", line=line)
    elif value is not None:
        node.put(new, value, line)
        findings.written_steps[join(path, new)] = "." + old
        findings.notice(f"`{old}` {_DEPRECATED}: call it `{new}`.")


def _list_legacy_listeners(root: Mapping, written: Mapping, findings: Findings) -> None:
    """From `listeners: {ingress_traffic, egress_traffic}`; the model listener is there even if unwritten."""
    listing = Sequence(written.line)
    for key, kind in _LEGACY_LISTENERS:
        line = written.key_lines.get(key, written.line)
        listener = written.take(key)
        if listener is None and kind == "prompt":
            continue
        findings.written_steps[at("listeners", len(listing.items))] = "." + key
        if listener is None or (isinstance(listener, Scalar) and listener.is_null):
            listener = Mapping(line)
        if isinstance(listener, Mapping):
            _complete_legacy_listener(listener, key, kind, line, findings)
        listing.items.append(listener)
    for key, line in written.key_lines.items():
        message = "this key is not known here"
        findings.problem(join("listeners", key), message, "write `listeners` as a list", line=line)
    root.put("listeners", listing, root.key_lines["listeners"])
    findings.notice(
        f"`listeners` with `ingress_traffic` and `egress_traffic` {_DEPRECATED}: write a list with "
        "`type: prompt` and `type: model`."
    )


def _complete_legacy_listener(listener: Mapping, key: str, kind: str, line: int, findings: Findings) -> None:
    message_format = listener.take("message_format")
    if message_format is not None and not (isinstance(message_format, Scalar) and message_format.text == "openai"):
        path = join(join("listeners", key), "message_format")
        findings.problem(path, "must be `openai`, the only format there is", line=message_format.line)
    for name, text in (("type", kind), ("name", key)):
        if name not in listener.entries:
            listener.put(name, Scalar(text, line, plain=False), line)


def upgrade_config(config: Config, findings: Findings) -> Config:
    """Lift inline routing preferences; add the model listener that a file may leave out."""
    return _with_model_listener(_with_lifted_preferences(config, findings), findings)


def _with_model_listener(config: Config, findings: Findings) -> Config:
    if not findings.is_whole("listeners") or any(isinstance(one, ModelListener) for one in config.listeners):
        return config
    listener = ModelListener(name="egress_traffic")
    if any(one.port == listener.port for one in config.listeners):
        return config
    findings.notice(f"No model listener is configured: one is added on port {listener.port}.")
    return msgspec.structs.replace(config, listeners=(*config.listeners, listener))


def _with_lifted_preferences(config: Config, findings: Findings) -> Config:
    """One top-level entry per name, its models in declaration order; an entry that is there already wins."""
    if not any(row.routing_preferences for row in config.model_providers):
        return config
    findings.notice(
        f"`routing_preferences` under `model_providers` {_DEPRECATED}: write it on top level, with `models`."
    )
    written = {preference.name for preference in config.routing_preferences}
    lifted: dict[str, RoutingPreference] = {}
    models = [row.model for row in config.model_providers]
    for index, row in enumerate(config.model_providers):
        path = join(findings.at("model_providers", index), "routing_preferences")
        if row.is_wildcard and row.routing_preferences:
            findings.problem(path, "a wildcard cannot have routing preferences: name its models one by one")
            continue
        full_name = row.model if models.count(row.model) == 1 else row.name
        for preference in row.routing_preferences:
            if preference.name not in written:
                _lift(preference, full_name, lifted, findings)
    rows = tuple(msgspec.structs.replace(row, routing_preferences=()) for row in config.model_providers)
    preferences = (*config.routing_preferences, *lifted.values())
    return msgspec.structs.replace(config, model_providers=rows, routing_preferences=preferences)


def _lift(preference: InlinePreference, model: str, lifted: dict[str, RoutingPreference], findings: Findings) -> None:
    known = lifted.get(preference.name)
    if known is None:
        lifted[preference.name] = RoutingPreference(
            name=preference.name, description=preference.description, models=(model,)
        )
        return
    if known.description != preference.description:
        findings.notice(f"The route `{known.name}` is described in several ways: the first description is used.")
    if model not in known.models:
        lifted[preference.name] = msgspec.structs.replace(known, models=(*known.models, model))
