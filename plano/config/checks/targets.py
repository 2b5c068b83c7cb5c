"""Checks of `endpoints`, `prompt_targets` and `ratelimits`."""

from __future__ import annotations

import re
from typing import Final

from ..document import Config
from ..findings import Findings, join, suggest
from ..model_list import ModelList
from ..prompt_targets import PromptTarget
from ..values import Secret
from .text_rules import configured_header_fault, header_name_fault, host_fault

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


def check_endpoints(config: Config, findings: Findings) -> None:
    for name, endpoint in config.endpoints.items():
        path = join("endpoints", name)
        if fault := host_fault(endpoint.endpoint):
            hint = "the scheme goes into `protocol`" if "://" in endpoint.endpoint else ""
            findings.problem(join(path, "endpoint"), fault, hint)
        if endpoint.http_host is not None and (fault := host_fault(endpoint.http_host)):
            findings.problem(join(path, "http_host"), fault)
        _check_headers(endpoint.http_headers, join(path, "http_headers"), findings)


def check_prompt_targets(config: Config, findings: Findings) -> None:
    places = [*config.endpoints, *(one.id for one in config.agents), *(one.id for one in config.filters)]
    names: set[str] = set()
    for index, target in enumerate(config.prompt_targets):
        path = findings.at("prompt_targets", index)
        if target.name in names:
            here = join(path, "name")
            findings.problem(here, f"{findings.shown(here, target.name)} is already the name of a prompt target")
        names.add(target.name)
        _check_call(target, path, places, findings)
    defaults = [target.name for target in config.prompt_targets if target.default]
    if len(defaults) > 1:
        findings.notice(f"Several prompt targets have `default: true`: `{defaults[0]}` is used.")


def _check_call(target: PromptTarget, path: str, places: list[str], findings: Findings) -> None:
    call = target.endpoint
    if call is None:
        return
    path = join(path, "endpoint")
    if call.name not in places and findings.is_whole("endpoints", "agents", "filters"):
        here = join(path, "name")
        message = f"{findings.shown(here, call.name)} is not an entry of `endpoints`"
        findings.problem(here, message, suggest(call.name, places))
    if not call.path.startswith("/"):
        findings.problem(join(path, "path"), "must begin with `/`")
    _check_headers(call.http_headers, join(path, "http_headers"), findings)
    parameters = {parameter.name for parameter in target.parameters}
    for name in _PLACEHOLDER.findall(call.path):
        if name not in parameters:
            findings.notice(f"`{join(path, 'path')}` holds `{{{name}}}`, and `{target.name}` has no such parameter.")


def _check_headers(headers: dict[str, Secret], path: str, findings: Findings) -> None:
    for name, value in headers.items():
        if fault := configured_header_fault(name, value.reveal()):
            findings.problem(join(path, name), fault)


def check_ratelimits(config: Config, models: ModelList, findings: Findings) -> None:
    for index, limit in enumerate(config.ratelimits):
        path = findings.at("ratelimits", index)
        is_pattern = limit.model == "*" or limit.model.endswith("/*")
        if not (is_pattern or limit.model in config.model_aliases or models.has(limit.model)):
            here = join(path, "model")
            message = f"{findings.shown(here, limit.model)} is not a declared model"
            findings.problem(here, message, models.suggest(limit.model))
        if limit.selector is not None and (fault := header_name_fault(limit.selector.key)):
            findings.problem(join(join(path, "selector"), "key"), fault)
