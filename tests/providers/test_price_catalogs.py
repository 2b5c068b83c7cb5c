"""What catalogues say, and what is made of damaged ones."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from plano.providers.price_catalogs import (
    Catalog,
    NotACatalog,
    read_digitalocean,
    read_models_dev,
    read_price_file,
    with_aliases,
)
from plano.providers.prices import Price


def models_dev(**vendors: dict[str, Any]) -> Catalog:
    shaped = {
        vendor: {"id": vendor, "models": {model: {"id": model, "cost": cost} for model, cost in of.items()}}
        for vendor, of in vendors.items()
    }
    return read_models_dev(msgspec.json.encode(shaped))


def cost(input: float, output: float, **more: float) -> dict[str, float]:
    return {"input": input, "output": output, **more}


def test_models_dev_is_read() -> None:
    found = models_dev(openai={"gpt-4o": cost(2.5, 10, cache_read=1.25, cache_write=3, input_audio=40)})
    price = Price(2.5, 10, 1.25, 3)
    assert found == Catalog({"openai/gpt-4o": price, "gpt-4o": price})


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("google", "gemini"),
        ("togetherai", "together_ai"),
        ("amazon-bedrock", "amazon_bedrock"),
        ("azure", "azure_openai"),
        ("alibaba", "qwen"),
        ("zhipuai", "zhipu"),
        ("fireworks-ai", "fireworks"),
        ("github-models", "github"),
        ("llama", "meta"),
        ("mistral", "mistral"),
        ("deepinfra", "deepinfra"),
    ],
)
def test_vendors_are_known_by_both_names(theirs: str, ours: str) -> None:
    prices = models_dev(**{theirs: {"m": cost(1, 2)}}).prices
    assert {f"{theirs}/m", f"{ours}/m", "m"} == set(prices)


@pytest.mark.parametrize("vendors", [("zzz", "openai", "aaa"), ("aaa", "zzz", "openai"), ("openai", "aaa", "zzz")])
def test_a_bare_id_is_its_makers_in_any_order(vendors: tuple[str, ...]) -> None:
    rates = {"openai": cost(2, 2), "aaa": cost(1, 1), "zzz": cost(3, 3)}
    found = models_dev(**{vendor: {"m": rates[vendor]} for vendor in vendors}).prices
    assert found["m"] == Price(2, 2)


@pytest.mark.parametrize("vendors", [("zzz", "aaa"), ("aaa", "zzz")])
def test_between_strangers_the_alphabet_decides(vendors: tuple[str, ...]) -> None:
    rates = {"aaa": cost(9, 9), "zzz": cost(3, 3)}
    assert models_dev(**{vendor: {"m": rates[vendor]} for vendor in vendors}).prices["m"] == Price(9, 9)


def test_a_subscription_does_not_make_a_model_free_elsewhere() -> None:
    found = models_dev(aaa={"m": cost(0, 0), "n": cost(0, 0)}, bbb={"m": cost(3, 4)}).prices
    assert (found["m"], found["aaa/m"], found["n"]) == (Price(3, 4), Price(0, 0), Price(0, 0))


def test_an_id_with_a_slash_does_not_take_a_full_name_away() -> None:
    found = models_dev(openrouter={"openai/gpt-4o": cost(9, 9)}, openai={"gpt-4o": cost(1, 1)}).prices
    assert found["openai/gpt-4o"] == Price(1, 1)
    assert found["openrouter/openai/gpt-4o"] == Price(9, 9)


@pytest.mark.parametrize(
    "damaged",
    [
        {"input": 1},
        {"output": 1},
        {"input": "1", "output": 1},
        {"input": -1, "output": 1},
        {"input": True, "output": 1},
        {"input": None, "output": 1},
        {"input": 1, "output": 1, "cache_read": "x"},
        {"input": 1, "output": 1, "cache_read": -0.1},
        {"input": 1e300, "output": 1},
        [],
        7,
    ],
)
def test_a_damaged_entry_is_left_out_and_counted(damaged: object) -> None:
    found = models_dev(openai={"bad": damaged, "good": cost(1, 1)})
    assert set(found.prices) == {"openai/good", "good"}
    assert found.skipped == 1


def test_a_model_without_a_price_is_not_damaged() -> None:
    body = b'{"openai": {"models": {"a": {}, "b": {"cost": null}}}, "empty": {}}'
    assert read_models_dev(body) == Catalog({})


def test_a_damaged_vendor_is_left_out_and_counted() -> None:
    good = b'{"models": {"m": {"cost": {"input": 1, "output": 2}}, "n": 4}}'
    body = b'{"bad": {"models": []}, "worse": 3, "good": %s}' % good
    found = read_models_dev(body)
    assert set(found.prices) == {"good/m", "m"}
    assert found.skipped == 3


NOT_UTF8 = b'{"data\xff": {}}'


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"a": {}', b"null", b"\xff\xfe", NOT_UTF8, b"[" * 100_000])
def test_what_is_no_catalogue_is_told_apart(body: bytes) -> None:
    for read in (read_models_dev, read_digitalocean):
        with pytest.raises(NotACatalog) as raised:
            read(body)
        assert "html" not in str(raised.value)


def digitalocean(*rows: object, **more: object) -> tuple[Catalog, int | None]:
    return read_digitalocean(msgspec.json.encode({"data": rows, **more}))


def priced(model_id: object, **pricing: object) -> dict[str, object]:
    return {"model_id": model_id, "pricing": {f"{name}_price_per_million": value for name, value in pricing.items()}}


def test_digitalocean_says_per_million_and_means_per_token() -> None:
    (found, _) = digitalocean(priced("llama", input=0.000000375, output=0.000002025, cache_read_input=2.03e-7))
    price = Price(0.375, 2.025, 0.203)
    assert found == Catalog({"digitalocean/llama": price, "llama": price})


def test_should_digitalocean_mean_what_it_says_that_is_read_too() -> None:
    assert digitalocean(priced("m", input=0.25, output=2.0))[0].prices["m"] == Price(0.25, 2)


def test_the_old_name_of_cached_reads_is_known() -> None:
    row = {"model_id": "m", "pricing": {"input_price_per_million": 1e-6, "input_cache_read": 1e-7}}
    assert digitalocean(row)[0].prices["m"] == Price(1, 0, 0.1)


def test_damaged_rows_of_digitalocean_are_counted_and_unpriced_ones_are_not() -> None:
    found, _ = digitalocean(
        {"model_id": "unpriced", "pricing": None},
        {"model_id": "image", "pricing": {"per_image": 0.1}},
        {"pricing": {}},
        priced(3, input=1e-6),
        priced("negative", input=-1e-6, output=1e-6),
        priced("text", input="1e-6", output=1e-6),
        priced("good", output=1e-6),
        "row",
    )
    assert (set(found.prices), found.skipped) == ({"digitalocean/good", "good"}, 5)


@pytest.mark.parametrize(
    ("meta", "following"),
    [({}, None), ({"meta": {"page": 1, "pages": 3, "total": 500}}, 2), ({"meta": {"page": 3, "pages": 3}}, None)],
)
def test_a_page_names_the_next_one(meta: dict[str, object], following: int | None) -> None:
    assert digitalocean(priced("m", input=1e-6), **meta)[1] == following


@pytest.mark.parametrize(
    "body",
    [
        b"openai/gpt-4o: {input: 2.5, output: 10, cache_read: 1.25}\nollama/*: {input: 0, output: 0}\n",
        b'{"openai/gpt-4o": {"input": 2.5, "output": 10, "cache_read": 1.25},\t"ollama/*": {"input": 0, "output": 0}}',
        b"{openai/gpt-4o: {input: 2.5, output: 10, cache_read: 1.25}, ollama/*: {input: 0, output: 0}}",
        b"# ours\nopenai/gpt-4o:\n  input: 2.5\n  output: 1e1\n  cache_read: 1.25\nollama/*: {input: 0, output: 0}\n",
    ],
    ids=["yaml", "json", "braces", "blocks"],
)
def test_a_file_of_ones_own_is_read(body: bytes) -> None:
    assert read_price_file(body) == Catalog({"openai/gpt-4o": Price(2.5, 10, 1.25), "ollama/*": Price(0, 0)})


@pytest.mark.parametrize(
    "damaged",
    [
        "x: {input: 1}",
        "x: {input: 1, output: two}",
        "x: {input: 1, output: '2'}",
        "x: {input: 1, output: 2, cached: 1}",
        "x: {input: .nan, output: 2}",
        "x: {input: 1e999, output: 2}",
        "x: 7",
        "x: [1, 2]",
        "x:",
        "good: {input: 5, output: 5}",
    ],
)
def test_damaged_rows_of_a_file_are_left_out_and_counted(damaged: str) -> None:
    found = read_price_file(f"good: {{input: 1, output: 2}}\n{damaged}\n".encode())
    assert found == Catalog({"good": Price(1, 2)}, 1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"- a\n", "keys and values"),
        (b"a: {input: 1\n", "line"),
        (b"\xff", "UTF-8"),
        (b"secret: !!python/object:os.system {}\n", "line 1"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_line(body: bytes, words: str) -> None:
    with pytest.raises(NotACatalog, match=words):
        read_price_file(body)


def test_aliases_name_models_otherwise() -> None:
    prices = {"openai/gpt-4o": Price(1, 2), "mine": Price(3, 3)}
    aliases = {"openai/gpt-4o": "azure_openai/deployment", "gone": "x/y", "mine": "openai/gpt-4o"}
    found, idle = with_aliases(prices, aliases)
    assert found["azure_openai/deployment"] == Price(1, 2)
    assert found["openai/gpt-4o"] == Price(3, 3)
    assert list(idle) == ["gone"]


def test_the_event_loop_may_go_first_between_vendors() -> None:
    breaths: list[None] = []
    read_models_dev(b'{"a": {}, "b": {}, "c": {}}', lambda: breaths.append(None))
    assert len(breaths) == 3


def test_no_damage_whatsoever_is_a_crash() -> None:
    """Each catalogue with bytes changed, lost and put in, by chance but every time the same."""
    whole = (
        b'{"openai": {"models": {"gpt-4o": {"cost": {"input": 2.5, "output": 10}}}}}',
        b'{"data": [{"model_id": "m", "pricing": {"input_price_per_million": 2.5e-6}}], "meta": {"pages": 2}}',
        b"a/x: {input: 1, output: 2}\nb: [1, {c: d}]\n",
    )
    chance = random.Random(6)
    pieces = (b'"', b"{", b"}", b"[", b"null", b"1e999", b"-1", b"NaN", b":", b"\n", b"\xff", b"")
    for _ in range(3000):
        body = chance.choice(whole)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(body) + 1)
            body = body[:at] + chance.choice(pieces) + body[at + chance.randrange(3) :]
        for read in (read_models_dev, read_digitalocean, read_price_file):
            with suppress(NotACatalog):
                read(body)
