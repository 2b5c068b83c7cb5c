"""Checks of `routing_preferences`, `routing`, `model_metrics_sources` and `prompt_caching`."""

from __future__ import annotations

from collections.abc import Callable

from ..document import Config
from ..findings import Findings, join
from ..model_list import ModelList
from ..problems import ConfigProblems
from ..router_choice import ENCODER, GENERATOR, REMOTE, router_model, router_type
from ..routing import NO_ROUTE, CostSource, LatencySource, Router
from .text_rules import header_name_fault, url_fault

#: Raises `ConfigProblems`, without file and line, where `routing.router` fits no router that there is.
RouterFits = Callable[[Config], None]



def any_router_fits(config: Config) -> None:
    """For those who know no routers."""


def check_preferences(config: Config, models: ModelList, findings: Findings) -> None:
    names: dict[str, int] = {}
    for index, preference in enumerate(config.routing_preferences):
        path = findings.at("routing_preferences", index)
        first = names.setdefault(preference.name, index)
        if first != index:
            here = join(path, "name")
            other = findings.line_of(findings.at("routing_preferences", first))
            findings.problem(here, f"{findings.shown(here, preference.name)} is already a route in line {other}")
        if preference.name.lower() in NO_ROUTE:
            here = join(path, "name")
            shown = findings.shown(here, preference.name)
            findings.problem(here, f"{shown} means that no route matches: take another name")
        for position, model in enumerate(preference.models):
            here = findings.at(join(path, "models"), position)
            if not models.has(model) and model not in config.model_aliases:
                findings.problem(here, f"{findings.shown(here, model)} is not a declared model", models.suggest(model))
        _check_policy(config, preference.selection_policy.prefer, path, findings)


def _check_policy(config: Config, prefer: str, path: str, findings: Findings) -> None:
    if prefer != "cheapest" or not findings.is_whole("model_metrics_sources"):
        return
    if not any(isinstance(source, CostSource) for source in config.model_metrics_sources):
        here = join(join(path, "selection_policy"), "prefer")
        findings.problem(here, "`cheapest` needs an entry of `model_metrics_sources` with `type: cost`")


def check_metrics_sources(config: Config, findings: Findings) -> None:
    latencies = 0
    for index, source in enumerate(config.model_metrics_sources):
        path = findings.at("model_metrics_sources", index)
        if isinstance(source, LatencySource):
            latencies += 1
            if latencies == 2:
                findings.problem(path, "there is already an entry with `type: latency`: one is enough")
        elif (source.provider == "file") != (source.path is not None):
            wrong = "`path` is missing: the file has to be named" if source.path is None else ""
            findings.problem(path, wrong or f"`path` is for `provider: file`, not for `{source.provider}`")
        elif source.provider == "file" and source.url is not None:
            findings.problem(join(path, "url"), "has no meaning for a file: remove it")
        if source.url is not None and (fault := url_fault(source.url)):
            findings.problem(join(path, "url"), fault)


def check_router(
    config: Config, models: ModelList, findings: Findings, fits: RouterFits = any_router_fits
) -> None:
    """`fits` is asked only where something is written: it may have to load plugins."""
    router, model, kind = config.routing.router, router_model(config), router_type(config)
    here = "routing.router"
    if router.model is not None and not models.has(router.model):
        place = join(here, "model")
        shown = findings.shown(place, router.model)
        findings.problem(place, f"{shown} is not a declared model", models.suggest(router.model))
    if kind == REMOTE and model is None:
        findings.problem(here, "`model` is missing: a remote router is a declared model")
    if kind == GENERATOR and router.folder is None:
        findings.problem(here, "`folder` is missing: a generator is a folder of converted weights")
    if kind == ENCODER and model is not None and not models.has(model) and config.routing_preferences:
        findings.notice(f"The router `{model}` is not a declared model: plano's own encoder chooses the routes.")
    if kind in (REMOTE, GENERATOR):
        for index, preference in enumerate(config.routing_preferences):
            if preference.name.strip().casefold() == "other":
                place = join(findings.at("routing_preferences", index), "name")
                findings.problem(place, "`other` is how a language model says that no route fits: take another name")
    if router != Router() and not findings.has_problems_below(here):
        try:
            fits(config)
        except ConfigProblems as misfits:
            for one in misfits.problems:
                findings.problem(one.path, one.message, one.hint)


def check_routing(config: Config, findings: Findings) -> None:
    routing = config.routing
    cache = routing.session_cache
    if cache.type == "redis" and cache.url is None:
        findings.problem("routing.session_cache", "`url` is missing: redis needs the address of its server")
    if cache.url is not None and not cache.url.reveal().startswith(("redis://", "rediss://", "unix://")):
        findings.problem("routing.session_cache.url", "must begin with redis:// or rediss://")
    if cache.tenant_header is not None and (fault := header_name_fault(cache.tenant_header)):
        findings.problem("routing.session_cache.tenant_header", fault)
    if routing.unknown_model == "default" and not any(row.default for row in config.model_providers):
        findings.notice("`routing.unknown_model: default` has no effect: no provider has `default: true`.")
    has_prices = any(isinstance(source, CostSource) for source in config.model_metrics_sources)
    if routing.routing_budget is not None and not has_prices and findings.is_whole("model_metrics_sources"):
        findings.problem("routing.routing_budget", "needs an entry of `model_metrics_sources` with `type: cost`")
