"""Checks of `retry_policy`, `circuit_breaker` and `weight`: what could never happen, or would silently not happen."""

from __future__ import annotations

from collections.abc import Iterable

from ..document import Config
from ..findings import Findings, join
from ..model_list import ModelList
from ..models import ModelProvider
from ..resilience import CircuitBreaker, Hedge, RetryPolicy, StatusCodeRule, Strategy, TimeoutRule


def check_retry_policies(config: Config, models: ModelList, findings: Findings) -> None:
    for index, row in enumerate(config.model_providers):
        path = findings.at("model_providers", index)
        _check_weight(config, row, join(path, "weight"), findings)
        if row.circuit_breaker is not None:
            _check_breaker(row.circuit_breaker, join(path, "circuit_breaker"), findings)
        if row.retry_policy is None:
            continue
        path = join(path, "retry_policy")
        _check_fallbacks(config, row, row.retry_policy, join(path, "fallback_models"), models, findings)
        _check_codes(row.retry_policy, path, findings)
        _check_times(row.retry_policy, path, findings)
        if row.retry_policy.hedge is not None:
            _check_hedge(row.retry_policy.hedge, join(path, "hedge"), findings)
        if findings.is_whole("model_providers"):
            _check_reach(config, row, row.retry_policy, path, findings)


def _check_fallbacks(
    config: Config, row: ModelProvider, policy: RetryPolicy, path: str, models: ModelList, findings: Findings
) -> None:
    for index, model in enumerate(policy.fallback_models):
        here = findings.at(path, index)
        if model.endswith("/*"):
            message = f"{findings.shown(here, model)} is a wildcard, and a fallback is one model"
            findings.problem(here, message, "name one that it covers")
        elif not models.has(model, bare=False):
            alias = config.model_aliases.get(model)
            hint = f"write `{alias.target}`" if alias is not None else models.suggest(model, bare=False)
            what = "an alias, and a full name is needed" if alias is not None else "not a declared model"
            findings.problem(here, f"{findings.shown(here, model)} is {what}", hint)
        elif model in policy.fallback_models[:index]:
            findings.notice(
                f"`{findings.as_written(path)}` names {findings.shown(here, model)} twice: it is asked once."
            )
    itself = [model for model in policy.fallback_models if _is_itself(config, row, model)]
    if itself and len(itself) == len(policy.fallback_models):
        findings.problem(path, "names only the entry it belongs to, so there is nobody to fall back to")
    elif itself:
        findings.notice(f"`{findings.as_written(path)}` names the entry it belongs to: there it is passed over.")


def _is_itself(config: Config, row: ModelProvider, name: str) -> bool:
    """Whether a fallback is this very row. With other rows of the same model, the model's name means those too."""
    if name == row.name and name != row.model:
        return True
    return name == row.model and sum(other.model == name for other in config.model_providers) == 1


def _check_codes(policy: RetryPolicy, path: str, findings: Findings) -> None:
    seen: set[int] = set()
    for index, rule in enumerate(policy.on_status_codes):
        codes = join(findings.at(join(path, "on_status_codes"), index), "codes")
        for position, code in enumerate(rule.codes):
            first, _, last = str(code).partition("-")
            covered = set(range(int(first), int(last or first) + 1))
            if not covered:
                findings.problem(findings.at(codes, position), f"`{code}` begins after its end", _turned(first, last))
            elif covered & seen:
                findings.notice(f"`{findings.as_written(codes)}` lists {code} again: the first rule with it decides.")
            if covered and max(covered) < 400:
                findings.notice(f"`{findings.as_written(codes)}` lists {code}: below 400 nothing has failed.")
            seen |= covered


def _turned(first: str, last: str) -> str:
    return f"did you mean `{last}-{first}`?"


def _check_times(policy: RetryPolicy, path: str, findings: Findings) -> None:
    backoff, latency = policy.backoff, policy.on_high_latency
    if backoff is not None and backoff.max_ms < backoff.base_ms:
        message = f"{backoff.max_ms} is below `base_ms`, {backoff.base_ms}"
        findings.problem(join(join(path, "backoff"), "max_ms"), message)
    if latency is not None and latency.min_triggers > 1 and latency.trigger_window_seconds is None:
        here = join(path, "on_high_latency")
        if not findings.is_bad(join(here, "trigger_window_seconds")):
            findings.problem(here, "`trigger_window_seconds` is needed when `min_triggers` is above 1")


def _check_hedge(hedge: Hedge, path: str, findings: Findings) -> None:
    if any(findings.is_bad(join(path, key)) for key in ("after_ms", "after_p")):
        return
    if (hedge.after_ms is None) == (hedge.after_p is None):
        found = "neither" if hedge.after_ms is None else "both"
        findings.problem(path, f"needs exactly one of `after_ms` and `after_p`, and has {found}")


def _check_weight(config: Config, row: ModelProvider, path: str, findings: Findings) -> None:
    if row.weight == 1.0 or not findings.is_whole("model_providers"):
        return
    if sum(other.model == row.model for other in config.model_providers) == 1:
        findings.notice(f"`{findings.as_written(path)}` has no effect: no other entry has the same `model`.")


def _check_breaker(breaker: CircuitBreaker, path: str, findings: Findings) -> None:
    if breaker.window < breaker.failures:
        message = f"{breaker.failures} failures are never found among {breaker.window} requests"
        findings.problem(join(path, "window"), message, "make `window` at least `failures`")
    if breaker.max_open_seconds < breaker.open_seconds:
        findings.problem(join(path, "max_open_seconds"), "must not be below `open_seconds`")


def _check_reach(config: Config, row: ModelProvider, policy: RetryPolicy, path: str, findings: Findings) -> None:
    """Attempts that no target is left for.

    `same_model` asks as often as it is told, and so does `different_provider` where there is nobody else.
    """
    rules = list(_attempts(policy, path, findings))
    if any(strategy == "same_model" for _, strategy, _ in rules):
        return
    prefixes = {row.prefix if strategy == "same_provider" else "" for _, strategy, _ in rules}
    in_all = _targets(config, row, policy, prefixes.pop() if len(prefixes) == 1 else "")
    for here, strategy, attempts in rules:
        written = findings.as_written(here)
        if attempts > 1 and strategy == "same_provider" and _targets(config, row, policy, row.prefix) == 1:
            findings.notice(
                f"`{written}` finds no other model of `{row.prefix}` to ask; with `same_model` the same is asked again."
            )
        elif attempts > in_all > 1:
            findings.notice(
                f"`{written}` allows {attempts} attempts, but there are only {in_all} targets, and each is asked once."
            )


def _attempts(policy: RetryPolicy, path: str, findings: Findings) -> Iterable[tuple[str, Strategy, int]]:
    """Where a number of attempts is set, the strategy that goes with it, and the number."""
    strategy, attempts = policy.default_strategy, policy.default_max_attempts
    written = join(path, "default_max_attempts")
    yield written if written in findings.lines else path, strategy, attempts
    rules: list[tuple[str, StatusCodeRule | TimeoutRule]] = [
        (findings.at(join(path, "on_status_codes"), index), rule) for index, rule in enumerate(policy.on_status_codes)
    ]
    if policy.on_timeout is not None:
        rules.append((join(path, "on_timeout"), policy.on_timeout))
    for place, rule in rules:
        if rule.strategy is not None or rule.max_attempts is not None:
            yield place, rule.strategy or strategy, rule.max_attempts or attempts


def _targets(config: Config, row: ModelProvider, policy: RetryPolicy, prefix: str) -> int:
    """How many targets an exchange of this row has, itself included; with a prefix, only those that have it."""
    rows = [one for one in config.model_providers if not one.is_wildcard]
    known = {name for one in rows for name in (one.name, one.model)}
    extra = [model for model in policy.fallback_models if model not in known]
    models = [*(one.model for one in rows if one is not row), *dict.fromkeys(extra)]
    return 1 + sum(model.startswith(prefix + "/" if prefix else "") for model in models)
