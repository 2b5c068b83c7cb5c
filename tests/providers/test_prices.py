"""Whose price a full name gets."""

from __future__ import annotations

import pytest

from plano.providers.prices import Price, PriceTable

DEAR, CHEAP, FREE = Price(10, 30), Price(1, 2), Price(0, 0)


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("openai/gpt-4o", DEAR),
        ("mygate/gpt-4o", DEAR),
        ("mygate/openai/gpt-4o", DEAR),
        ("mygate/vendor/openai/gpt-4o", DEAR),
        ("openai/gpt-4o-mini", None),
        ("gpt-4o", DEAR),
        ("openrouter/mistral/small", CHEAP),
        ("google/pro", CHEAP),
        ("gemini/pro", CHEAP),
        ("do/any", DEAR),
        ("ollama/gpt-4o", FREE),
        ("vllm/gpt-4o", None),
        ("lmstudio/gpt-4o", None),
        ("", None),
        ("/", None),
        ("openai/", None),
    ],
)
def test_a_name_has_its_own_price_or_that_of_its_id(model: str, wanted: Price | None) -> None:
    named = {"openai/gpt-4o": DEAR, "gpt-4o": DEAR, "mistral/small": CHEAP, "gemini/pro": CHEAP}
    assert PriceTable((named, {"ollama/*": FREE, "digitalocean/*": DEAR})).of(model) == wanted


def test_the_earlier_catalogue_wins() -> None:
    table = PriceTable(({"a/x": CHEAP}, {"a/x": DEAR, "b/y": DEAR}))
    assert (table.of("a/x"), table.of("b/y")) == (CHEAP, DEAR)


def test_an_exact_price_goes_before_the_one_of_a_prefix_and_that_before_a_bare_id() -> None:
    table = PriceTable(({"a/*": CHEAP}, {"a/x": DEAR, "y": FREE}))
    assert (table.of("a/x"), table.of("a/y"), table.of("b/y")) == (DEAR, CHEAP, FREE)


def test_models_are_compared_by_both_prices() -> None:
    assert Price(1.5, 2.25, 0.1, 9).total == 3.75


def test_nothing_is_known_of_nothing() -> None:
    assert PriceTable().of("openai/gpt-4o") is None
