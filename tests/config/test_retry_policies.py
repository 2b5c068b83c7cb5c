"""Retry policies, breakers and key pools: what is read, and what would never happen is told. Errors: `broken/`."""

from __future__ import annotations

import pytest

from .conftest import Complaints, Load

TWO = "model_providers:\n- {model: openai/a, retry_policy: %s}\n- {model: anthropic/b}\n"


def test_a_row_has_timers_a_weight_and_a_breaker_of_its_own(load: Load) -> None:
    loaded = load(
        """
        model_providers:
          - model: openai/a
            weight: 2.5
            timeout: 20s
            connect_timeout: 0.3s
            response_head_timeout: 1m
            first_token_timeout: 300ms
            idle_timeout: 5
            circuit_breaker: {failures: 3, window: 10, open_seconds: 0.5, max_open_seconds: 60, enabled: false}
        """
    )
    (row,) = loaded.config.model_providers
    timers = (row.timeout, row.connect_timeout, row.response_head_timeout, row.first_token_timeout, row.idle_timeout)
    assert timers == (20, 0.3, 60, 0.3, 5)
    assert row.weight == 2.5
    breaker = row.circuit_breaker
    assert breaker is not None
    assert (breaker.failures, breaker.window, breaker.open_seconds, breaker.enabled) == (3, 10, 0.5, False)


def test_what_is_left_out_has_the_documented_defaults(load: Load) -> None:
    config = load("model_providers: [{model: openai/a, circuit_breaker: {}}, {model: openai/b}]\n").config
    row, other = config.model_providers
    assert (row.weight, row.timeout, row.first_token_timeout, other.circuit_breaker) == (1, None, None, None)
    breaker = row.circuit_breaker
    assert breaker is not None
    assert (breaker.enabled, breaker.failures, breaker.window) == (True, 10, 12)
    assert (breaker.open_seconds, breaker.max_open_seconds) == (10, 30)
    (listener,) = config.listeners
    assert (listener.connect_timeout, listener.first_token_timeout) == (None, None)
    assert (listener.ping_interval, listener.on_stream_failure) == (15, "replay")


@pytest.mark.parametrize("written", ["0", "0s", "'0'"])
def test_pings_are_turned_off_with_zero(load: Load, written: str) -> None:
    (_, listener) = load(f"  - {{type: model, name: x, port: 1, ping_interval: {written}}}\n").config.listeners
    assert listener.ping_interval == 0


def test_a_hedge_waits_for_milliseconds_or_for_a_percentile(load: Load, complaints: Complaints) -> None:
    policy = load(TWO % "{hedge: {after_p: 95}, on_stream_failure: continue}").config.model_providers[0].retry_policy
    assert policy is not None
    assert policy.hedge is not None
    assert (policy.hedge.after_ms, policy.hedge.after_p, policy.hedge.max_share) == (None, 95, 0.05)
    assert policy.on_stream_failure == "continue"
    assert complaints(TWO % "{hedge: {after_ms: 800, max_share: 1}}") == []
    place = "model_providers[0].retry_policy.hedge"
    assert complaints(TWO % "{hedge: {}}") == [
        f"{place}: needs exactly one of `after_ms` and `after_p`, and has neither"
    ]
    assert complaints(TWO % "{hedge: {after_p: 100}}") == [
        f"{place}.after_p: must be a whole number from 50 to 99, not `100`"
    ]


def test_one_model_may_stand_under_several_prefixes_hosts_and_keys(load: Load) -> None:
    loaded = load(
        """
        model_providers:
          - {model: openai/m, access_key: $A}
          - {model: openai/m, access_key: $B, name: second key}
          - {model: openai/m, access_key: $B, name: another host, base_url: "http://h"}
          - {model: groq/m, access_key: $B}
        """,
        {"A": "a", "B": "b"},
    )
    assert loaded.notices == ()
    assert [row.name for row in loaded.config.model_providers] == ["openai/m", "second key", "another host", "groq/m"]


def test_a_fallback_is_a_model_an_entry_or_what_a_wildcard_covers(load: Load) -> None:
    text = """
        model_providers:
          - model: openai/a
            retry_policy: {fallback_models: [mistral/large, spare, anthropic/b], default_max_attempts: 4}
          - {model: mistral/*}
          - {model: openai/a, name: spare}
          - {model: anthropic/b}
        """
    assert load(text).notices == ()


def test_a_list_shared_by_all_rows_may_name_the_row_itself_and_tells(load: Load, complaints: Complaints) -> None:
    assert load(TWO % "{fallback_models: [openai/a, anthropic/b, anthropic/b]}").notices == (
        "`model_providers[0].retry_policy.fallback_models` names `anthropic/b` twice: it is asked once.",
        "`model_providers[0].retry_policy.fallback_models` names the entry it belongs to: there it is passed over.",
    )
    assert complaints(TWO % "{fallback_models: [openai/a]}") == [
        "model_providers[0].retry_policy.fallback_models: names only the entry it belongs to, so there is nobody to "
        "fall back to"
    ]
    keys = "model_providers:\n- {model: openai/a, retry_policy: {fallback_models: [openai/a]}}\n"
    assert load(keys + "- {model: openai/a, name: second key}\n").notices == ()


@pytest.mark.parametrize(
    ("policy", "notice"),
    [
        (
            "{default_max_attempts: 5}",
            ".default_max_attempts` allows 5 attempts, but there are only 2 targets, and each is asked once.",
        ),
        (
            "{default_strategy: same_provider}",
            "` finds no other model of `openai` to ask; with `same_model` the same is asked again.",
        ),
        (
            "{on_timeout: {max_attempts: 3}}",
            ".on_timeout` allows 3 attempts, but there are only 2 targets, and each is asked once.",
        ),
        (
            "{on_status_codes: [{codes: [429], max_attempts: 3}]}",
            ".on_status_codes[0]` allows 3 attempts, but there are only 2 targets, and each is asked once.",
        ),
        (
            "{on_status_codes: [{codes: [429, 500-504]}, {codes: [503]}]}",
            ".on_status_codes[1].codes` lists 503 again: the first rule with it decides.",
        ),
        (
            "{on_status_codes: [{codes: [204, 503]}]}",
            ".on_status_codes[0].codes` lists 204: below 400 nothing has failed.",
        ),
    ],
)
def test_what_cannot_happen_is_told(load: Load, policy: str, notice: str) -> None:
    assert load(TWO % policy).notices == ("`model_providers[0].retry_policy" + notice,)


@pytest.mark.parametrize(
    "policy",
    [
        "{default_max_attempts: 1, default_strategy: same_provider}",
        "{default_max_attempts: 9, default_strategy: same_model}",
        "{default_max_attempts: 9, on_timeout: {strategy: same_model}}",
        "{on_status_codes: [{codes: [400-599]}]}",
        "{backoff: {base_ms: 100, max_ms: 100, apply_to: all_retries}}",
    ],
)
def test_nothing_is_said_of_what_can_happen(load: Load, policy: str) -> None:
    assert load(TWO % policy).notices == ()


def test_where_nobody_else_is_the_same_target_is_asked_again(load: Load) -> None:
    assert load("model_providers: [{model: openai/a, retry_policy: {default_max_attempts: 5}}]\n").notices == ()


def test_a_weight_without_another_entry_of_the_model_is_told(load: Load) -> None:
    alone = "model_providers: [{model: openai/a, weight: 3}, {model: groq/a}]\n"
    assert load(alone).notices == (
        "`model_providers[0].weight` has no effect: no other entry has the same `model`.",
    )
    pool = "model_providers: [{model: openai/a, weight: 3}, {model: openai/a, name: second key}]\n"
    assert load(pool).notices == ()


def test_a_wildcard_is_no_fallback_and_what_it_covers_is(complaints: Complaints) -> None:
    text = "model_providers:\n- {model: openai/a, retry_policy: {fallback_models: [groq/%s]}}\n- {model: groq/*}\n"
    assert complaints(text % "llama") == []
    assert complaints(text % "*") == [
        "model_providers[0].retry_policy.fallback_models[0]: `groq/*` is a wildcard, and a fallback is one model "
        "(name one that it covers)"
    ]
