"""Who is asked next: order, limits and waits, one rule at a time."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest

from plano.config.resilience import (
    Backoff,
    RetryPolicy,
    StatusCodeRule,
    TimeoutRule,
)
from plano.resilience.ledger import Ask, Entry, Ledger, Stop, Tried
from plano.resilience.outcome import Outcome
from plano.resilience.policy import FailurePolicy
from plano.resilience.verdict import judge

FOR_EVER = float("inf")
TIMEOUT = Outcome("timeout", phase="head")


def status(code: int, word: str = "") -> Outcome:
    return Outcome("status", code, word=word)


def entry(name: str, *, sibling: bool = False, key: str = "") -> Entry:
    return Entry(key or name, name, name.partition("/")[0], sibling)


FIRST = entry("custom/opus", sibling=True)
LIST = (FIRST, entry("aws/opus"), entry("off/opus"), entry("custom/sonnet"), entry("other/x"))


class Course:
    """A ledger driven by outcomes; `rests` maps keys to when they are available."""

    def __init__(self, policy: FailurePolicy, entries: tuple[Entry, ...] = LIST, deadline: float = FOR_EVER) -> None:
        self.rests: dict[Hashable, float] = {}
        self.open: set[Hashable] = set()
        self.now = 100.0
        self.ledger = Ledger(
            policy,
            entries,
            deadline=deadline,
            available_at=lambda key: self.rests.get(key, 0.0),
            rests_until=lambda key: self.rests.get(key, 0.0),
            is_open=lambda key, now: key in self.open,
            chance=lambda: 1.0,
        )

    def fails(self, outcome: Outcome, who: Entry | None = None) -> Ask | Stop:
        """The target that is next fails (first of all: the first); what follows."""
        asked = who or self.entry
        self.ledger.failed(Tried(asked, outcome, judge(outcome), self.now, self.now))
        return self.next()

    def next(self) -> Ask | Stop:
        step = self.ledger.next(self.now)
        if isinstance(step, Ask):
            self._entry = step.entry
        return step

    @property
    def entry(self) -> Entry:
        return getattr(self, "_entry", self.ledger.entries[0])

    def names(self, *outcomes: Outcome) -> list[str]:
        """Whom it asks one after the other, until it stops."""
        names = []
        for outcome in outcomes:
            step = self.fails(outcome)
            names.append(step.entry.full_name if isinstance(step, Ask) else step.reason)
            if isinstance(step, Stop):
                break
        return names


def of(**members: Any) -> FailurePolicy:
    return FailurePolicy.of_config(RetryPolicy(**members), "replay")


def test_the_list_is_followed_and_rows_that_share_a_failed_prefix_come_last() -> None:
    course = Course(of(default_max_attempts=9))
    assert course.names(*[status(500)] * 9) == [
        "aws/opus",
        "off/opus",
        "other/x",
        "custom/sonnet",
        "providers_exhausted",
    ]


@pytest.mark.parametrize(("most", "asked"), [(1, []), (2, ["aws/opus"]), (3, ["aws/opus", "off/opus"])])
def test_the_limit_counts_the_first_call(most: int, asked: list[str]) -> None:
    assert Course(of(default_max_attempts=most)).names(*[status(503)] * 5) == [*asked, "max_attempts_reached"]


def test_two_calls_is_the_default() -> None:
    assert Course(of()).names(status(500), status(500)) == ["aws/opus", "max_attempts_reached"]


def test_a_rule_replaces_the_limit_while_its_failure_is_judged() -> None:
    rule = StatusCodeRule(codes=(429, "503-504"), max_attempts=2)
    policy = of(default_max_attempts=5, on_status_codes=(rule,))
    assert Course(policy).names(status(504), status(504)) == ["aws/opus", "max_attempts_reached"]
    assert Course(policy).names(status(500), status(504)) == ["aws/opus", "max_attempts_reached"]
    assert Course(policy).names(status(500), status(500), status(500))[-1] == "other/x"


def test_the_first_rule_that_lists_a_code_counts() -> None:
    rules = (StatusCodeRule(codes=("500-504",), max_attempts=1), StatusCodeRule(codes=(503,), max_attempts=9))
    assert Course(of(on_status_codes=rules)).names(status(503)) == ["max_attempts_reached"]


def test_a_rule_may_have_a_strategy_of_its_own() -> None:
    rules = (StatusCodeRule(codes=(503,), strategy="same_provider"),)
    assert Course(of(on_status_codes=rules)).names(status(503)) == ["custom/sonnet"]


def test_same_model_asks_the_same_target_again_and_waits_longer_each_time() -> None:
    policy = of(
        default_strategy="same_model", default_max_attempts=4, backoff=Backoff(base_ms=500, max_ms=1500, jitter=False)
    )
    course = Course(policy)
    steps = [course.fails(status(500)) for _ in range(4)]
    assert [(step.entry.full_name, step.wait_s) for step in steps[:3] if isinstance(step, Ask)] == [
        ("custom/opus", 0.5),
        ("custom/opus", 1.0),
        ("custom/opus", 1.5),
    ]
    assert steps[3] == Stop("max_attempts_reached")


def test_a_switch_to_another_provider_does_not_wait() -> None:
    step = Course(of(backoff=Backoff(base_ms=500))).fails(status(500))
    assert isinstance(step, Ask)
    assert step.wait_s == 0.0


@pytest.mark.parametrize("apply_to", ["global", "all_retries"])
def test_unless_every_attempt_is_to_wait(apply_to: str) -> None:
    policy = of(backoff=Backoff(apply_to=apply_to, base_ms=500, jitter=False))  # type: ignore[arg-type]
    step = Course(policy).fails(status(500))
    assert isinstance(step, Ask)
    assert step.wait_s == 0.5


def test_the_last_attempt_at_the_same_model_goes_to_a_fallback_that_is_named() -> None:
    named = Entry("aws/opus", "aws/opus", "aws", False, is_fallback=True)
    policy = of(default_strategy="same_model", default_max_attempts=3, fallback_models=("aws/opus",))
    assert Course(policy, (FIRST, named)).names(status(500), status(500), status(500)) == [
        "custom/opus",
        "aws/opus",
        "max_attempts_reached",
    ]


@pytest.mark.parametrize(("rests_s", "open_"), [(1.0, {"custom/opus"}), (61.0, set[str]())])
def test_a_model_that_cannot_be_asked_again_is_replaced_by_a_fallback_that_is_named(
    rests_s: float, open_: set[str]
) -> None:
    named = Entry("aws/opus", "aws/opus", "aws", False, is_fallback=True)
    policy = of(default_strategy="same_model", default_max_attempts=4, fallback_models=("aws/opus",))
    for has_failed in (False, True):
        course = Course(policy, (FIRST, named))
        course.rests, course.open = {"custom/opus": 100.0 + rests_s}, {*open_}
        assert (course.fails(status(503)) if has_failed else course.next()) == Ask(named, 0.0)


def test_same_provider_stays_with_the_prefix() -> None:
    assert Course(of(default_strategy="same_provider", default_max_attempts=9)).names(status(500), status(500)) == [
        "custom/sonnet",
        "providers_exhausted",
    ]


@pytest.mark.parametrize("code", [400, 404, 408, 422])
def test_a_client_error_is_final_unless_it_is_listed(code: int) -> None:
    assert Course(of()).names(status(code)) == ["final"]
    listed = of(on_status_codes=(StatusCodeRule(codes=(code,)),))
    assert Course(listed).names(status(code)) == ["aws/opus"]


def test_a_refusal_of_the_request_itself_is_final_even_if_listed() -> None:
    listed = of(on_status_codes=(StatusCodeRule(codes=("400-499",)),))
    assert Course(listed).names(status(400, "context_length_exceeded")) == ["final"]
    assert Course(listed).names(status(400, "content_filter")) == ["final"]


def test_a_401_goes_elsewhere_only_when_it_is_listed() -> None:
    assert Course(of()).names(status(401)) == ["final"]
    assert Course(of(on_status_codes=(StatusCodeRule(codes=(401,)),))).names(status(401)) == ["aws/opus"]


def test_another_key_of_the_same_model_is_asked_first_when_the_key_was_refused() -> None:
    second = entry("custom/opus", sibling=True, key="second")
    course = Course(of(), (FIRST, second, *LIST[1:]))
    step = course.fails(status(401))
    assert isinstance(step, Ask)
    assert step.entry is second


def test_timeouts_and_lost_connections_have_their_own_rule() -> None:
    policy = of(default_max_attempts=9, on_timeout=TimeoutRule(strategy="same_provider", max_attempts=2))
    for outcome in (TIMEOUT, Outcome("unreachable"), Outcome("protocol")):
        assert Course(policy).names(outcome, outcome) == ["custom/sonnet", "max_attempts_reached"]


def test_a_pool_asks_each_of_its_targets_once_in_order() -> None:
    pool = FailurePolicy.of_pool("replay")
    entries = (entry("a/m", sibling=True), entry("a/n"), entry("b/m"))
    assert Course(pool, entries).names(status(500), TIMEOUT, status(429)) == ["a/n", "b/m", "providers_exhausted"]
    assert Course(pool, entries).names(status(401), status(400)) == ["a/n", "final"]


def test_max_retries_asks_the_same_model_again() -> None:
    policy = FailurePolicy.of_max_retries(2, "replay")
    assert Course(policy, (FIRST,)).names(status(500), status(500), status(500)) == [
        "custom/opus",
        "custom/opus",
        "max_attempts_reached",
    ]
    assert Course(policy, (FIRST,)).names(status(400)) == ["final"]


def test_a_policy_without_anybody_else_asks_the_only_target_again() -> None:
    course = Course(of(default_max_attempts=3), (FIRST,))
    assert course.names(status(500), status(500), status(500))[:2] == ["custom/opus", "custom/opus"]


def test_a_resting_target_is_passed_over_while_another_is_left() -> None:
    course = Course(of(default_max_attempts=9))
    course.rests = {"aws/opus": 160.0}
    step = course.fails(status(500))
    assert isinstance(step, Ask)
    assert (step.entry.full_name, step.wait_s) == ("off/opus", 0.0)


def test_it_waits_for_a_rest_only_when_nobody_else_is_left() -> None:
    course = Course(of(default_strategy="same_model"))
    course.rests = {"custom/opus": 102.0}
    step = course.fails(status(429))
    assert isinstance(step, Ask)
    assert step.wait_s == 2.0


def test_a_rest_that_is_too_long_is_not_waited_for_but_told() -> None:
    course = Course(of(default_strategy="same_model"))
    course.rests = {"custom/opus": 100.0 + 61.0}
    assert course.fails(status(429)) == Stop("providers_exhausted", 61.0)
    hurried = Course(of(default_strategy="same_model"), deadline=101.0)
    hurried.rests = {"custom/opus": 102.0}
    assert hurried.fails(status(429)) == Stop("providers_exhausted", 2.0)


def test_before_the_first_attempt_a_resting_target_is_passed_over_too() -> None:
    course = Course(of())
    course.rests = {"custom/opus": 999.0}
    step = course.next()
    assert isinstance(step, Ask)
    assert step.entry.full_name == "aws/opus"


def test_with_everybody_resting_for_long_nobody_is_asked() -> None:
    course = Course(of(), LIST[:2])
    course.rests = {"custom/opus": 190.0, "aws/opus": 180.0}
    assert course.next() == Stop("providers_exhausted", 80.0)


def test_an_open_breaker_is_never_waited_for() -> None:
    course = Course(of(default_strategy="same_model"))
    course.rests, course.open = {"custom/opus": 101.0}, {"custom/opus"}
    assert course.next() == Stop("providers_exhausted", 1.0)


def test_a_first_target_that_rests_is_replaced_as_the_strategy_wants_it() -> None:
    course = Course(of(default_strategy="same_provider"))
    course.rests = {"custom/opus": 150.0}
    step = course.next()
    assert isinstance(step, Ask)
    assert step.entry.full_name == "custom/sonnet"
    alone = Course(of(default_strategy="same_model"))
    alone.rests = {"custom/opus": 101.0}
    assert alone.next() == Ask(FIRST, 1.0)


def test_nothing_starts_after_the_deadline_or_the_budget() -> None:
    course = Course(of(default_max_attempts=9), deadline=101.0)
    course.fails(status(500))
    course.now = 101.0
    assert course.next() == Stop("deadline")
    course = Course(of(default_max_attempts=9, max_retry_duration_ms=500))
    course.fails(status(500))
    course.now = 100.5
    assert course.next() == Stop("budget_exhausted")


def test_whoever_is_left_out_is_not_asked_and_counts_as_no_call() -> None:
    course = Course(of(default_max_attempts=2))
    course.ledger.leave_out(LIST[1].key)
    assert course.names(status(500), status(500)) == ["off/opus", "max_attempts_reached"]
    assert course.ledger.distinct == 2


def test_the_strategy_goes_by_the_first_target_also_when_that_is_left_out() -> None:
    course = Course(of(default_strategy="same_provider"))
    course.ledger.leave_out(FIRST.key)
    step = course.next()
    assert isinstance(step, Ask)
    assert step.entry.full_name == "custom/sonnet"
