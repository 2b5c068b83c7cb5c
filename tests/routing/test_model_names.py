"""What a model's name means."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plano.errors import BadRequest, ModelNotGiven, UnknownModel
from plano.providers.known_models import known_model_ids
from plano.providers.provider import Provider
from plano.routing.candidates import Decision
from plano.routing.model_names import ModelNames

from ..providers.rows import row

TWO = ("openai/gpt-4o", {"default": True}), ("anthropic/claude-sonnet-4-6", {})


def names(
    *rows: tuple[str, dict[str, Any]] | str,
    aliases: Mapping[str, str] | None = None,
    unknown_model: Any = "error",
) -> ModelNames:
    pairs = [(each, {}) if isinstance(each, str) else each for each in rows]
    providers = tuple(Provider(row(model, **settings)) for model, settings in pairs)
    return ModelNames(providers, aliases or {}, unknown_model, created_unix_s=1700000000.9)


def meant(decision: Decision) -> list[str]:
    return [candidate.full_name for candidate in decision.candidates]


@pytest.mark.parametrize(
    ("name", "full_name", "reason"),
    [
        ("openai/gpt-4o", "openai/gpt-4o", "model"),
        ("gpt-4o", "openai/gpt-4o", "id"),
        ("work", "anthropic/claude-sonnet-4-6", "name"),
        ("claude-sonnet-4-6", "anthropic/claude-sonnet-4-6", "id"),
        ("arch.fast.v1", "openai/gpt-4o", "alias"),
        ("plano.v1", "anthropic/claude-sonnet-4-6", "alias"),
        ("mistral/whatever-they-have", "mistral/whatever-they-have", "wildcard"),
        ("mistral/deep/er", "mistral/deep/er", "wildcard"),
        ("mistral-large-latest", "mistral/mistral-large-latest", "known id"),
    ],
)
def test_a_name_leads_to_its_model(name: str, full_name: str, reason: str) -> None:
    known = names(
        "openai/gpt-4o",
        ("anthropic/claude-sonnet-4-6", {"name": "work"}),
        "mistral/*",
        aliases={"arch.fast.v1": "gpt-4o", "plano.v1": "work"},
    )

    decision = known.resolve(name)

    assert meant(decision) == [full_name]
    assert (decision.requested, decision.route, decision.reason) == (name, None, reason)
    assert known.by_json[msgspec.json.encode(name)] == decision


def test_the_body_gets_the_bare_id_as_json() -> None:
    known = names("openrouter/openai/gpt-4o")

    (candidate,) = known.resolve("openrouter/openai/gpt-4o").candidates

    assert candidate.model_id == "openai/gpt-4o"
    assert candidate.model_json == b'"openai/gpt-4o"'


@pytest.mark.parametrize(
    "name", ["custom/gpt-4o", "anything/gpt-4o", "OpenAI/gpt-4o", "GPT-4o", "/gpt-4o", "openai/"]
)
def test_a_name_under_a_prefix_nobody_declared_is_unknown(name: str) -> None:
    with pytest.raises(UnknownModel):
        names(*TWO).resolve(name)


def test_every_prefix_of_one_model_reaches_its_own_row() -> None:
    interface = {"provider_interface": "openai"}
    known = names(
        ("custom/claude-opus-4-6", {"base_url": "http://a:1", **interface}),
        ("custom-aws/claude-opus-4-6", {"base_url": "http://a:2", **interface}),
        ("custom-offcial/claude-opus-4-6", {"base_url": "http://b:1", **interface}),
    )

    origins = {
        str(known.resolve(f"{prefix}/claude-opus-4-6").candidates[0].provider.origin)
        for prefix in ("custom", "custom-aws", "custom-offcial")
    }

    assert origins == {"http://a:1", "http://a:2", "http://b:1"}


def test_a_bare_id_of_several_rows_means_the_first_and_names_the_others_after_it() -> None:
    known = names(("azure_openai/gpt-4o", {"base_url": "https://a.azure.com"}), "openai/gpt-4o")

    assert meant(known.resolve("gpt-4o")) == ["azure_openai/gpt-4o", "openai/gpt-4o"]
    assert meant(known.resolve("openai/gpt-4o")) == ["openai/gpt-4o"]


def test_two_accounts_for_one_model_are_reached_by_their_names() -> None:
    known = names(("openai/gpt-4o", {"name": "team-a"}), ("openai/gpt-4o", {"name": "team-b"}))

    for name in ("team-a", "team-b"):
        assert [candidate.provider.name for candidate in known.resolve(name).candidates] == [name]
    assert known.resolve("openai/gpt-4o").candidates[0].provider.name == "team-a"
    assert [listed.id for listed in known.listing()] == ["openai/gpt-4o", "team-b"]


def test_two_accounts_for_all_models_are_reached_by_their_names() -> None:
    known = names("openai/*", ("openai/*", {"name": "team-b"}))

    assert known.resolve("openai/gpt-4o").candidates[0].provider.name == "openai/*"
    second = known.resolve("team-b/gpt-4o").candidates[0]
    assert (second.provider.name, second.full_name, second.model_id) == ("team-b", "openai/gpt-4o", "gpt-4o")


def test_a_declared_row_comes_before_a_wildcard_that_covers_it() -> None:
    known = names("openai/*", ("openai/gpt-4o", {"name": "special"}))

    assert known.resolve("openai/gpt-4o").candidates[0].provider.name == "special"
    assert known.resolve("openai/gpt-5").candidates[0].provider.name == "openai/*"


def test_a_wildcards_own_prefix_comes_before_an_id_that_looks_like_it() -> None:
    known = names("openrouter/openai/gpt-4o", "openai/*")

    assert meant(known.resolve("openai/gpt-4o")) == ["openai/gpt-4o"]
    assert meant(names("openrouter/openai/gpt-4o").resolve("openai/gpt-4o")) == ["openrouter/openai/gpt-4o"]


def test_a_wildcard_below_a_prefix_covers_only_what_is_below_it() -> None:
    known = names("openrouter/openai/*")

    (candidate,) = known.resolve("openrouter/openai/gpt-4o").candidates

    assert candidate.model_id == "openai/gpt-4o"
    with pytest.raises(UnknownModel):
        known.resolve("openrouter/mistral/large")


def test_a_wildcard_is_no_model() -> None:
    with pytest.raises(UnknownModel):
        names("openai/gpt-4o", "mistral/*").resolve("mistral/")


def test_an_alias_comes_before_everything_else_and_minds_its_case() -> None:
    known = names("openai/gpt-4o", "openai/gpt-5", aliases={"gpt-4o": "gpt-5", "Fast": "gpt-4o"})

    assert meant(known.resolve("gpt-4o")) == ["openai/gpt-5"]
    assert meant(known.resolve("Fast")) == ["openai/gpt-4o"]
    with pytest.raises(UnknownModel, match="'Fast'"):
        known.resolve("fast")


def test_an_alias_may_stand_for_a_model_only_a_wildcard_covers() -> None:
    assert meant(names("openai/*", aliases={"fast": "openai/gpt-9-mini"}).resolve("fast")) == [
        "openai/gpt-9-mini"
    ]


@pytest.mark.parametrize("aliases", [{"a": "b", "b": "openai/gpt-4o"}, {"b": "openai/gpt-4o", "a": "b"}])
def test_an_alias_of_an_alias_is_refused(aliases: dict[str, str]) -> None:
    with pytest.raises(UnknownModel, match="the alias 'a' stands for 'b'"):
        names("openai/gpt-4o", aliases=aliases)


def test_changing_an_alias_changes_the_model_and_nothing_for_the_client() -> None:
    before = names(*TWO, aliases={"arch.fast.v1": "openai/gpt-4o"})
    after = names(*TWO, aliases={"arch.fast.v1": "claude-sonnet-4-6"})

    assert meant(before.resolve("arch.fast.v1")) == ["openai/gpt-4o"]
    assert meant(after.resolve("arch.fast.v1")) == ["anthropic/claude-sonnet-4-6"]


@pytest.mark.parametrize("name", [None, "", "none"])
def test_no_model_means_the_default(name: str | None) -> None:
    decision = names("openai/gpt-5", *TWO).resolve(name)

    assert meant(decision) == ["openai/gpt-4o"]
    assert decision.reason == "default"


@pytest.mark.parametrize("written", [b"null", b'""', b'"none"'])
def test_no_model_is_one_look_up_too(written: bytes) -> None:
    assert meant(names(*TWO).by_json[written]) == ["openai/gpt-4o"]
    assert written not in names("openai/gpt-4o").by_json


def test_the_first_of_several_defaults_is_the_default() -> None:
    known = names(("openai/a", {"default": True}), ("openai/b", {"default": True}))

    assert meant(known.resolve(None)) == ["openai/a"]


@pytest.mark.parametrize("name", [None, "", "none"])
def test_no_model_and_no_default_says_what_to_do(name: str | None) -> None:
    with pytest.raises(ModelNotGiven, match="default: true") as caught:
        names("openai/gpt-4o").resolve(name)

    assert caught.value.status == 400
    assert isinstance(caught.value, BadRequest)


def test_a_model_called_none_is_a_model() -> None:
    assert meant(names("openai/gpt-4o", aliases={"none": "gpt-4o"}).resolve("none")) == ["openai/gpt-4o"]


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("openai/gpt4o", "openai/gpt-4o"),
        ("gpt-4oo", "gpt-4o"),
        ("claud-sonnet-4-6", "claude-sonnet-4-6"),
        ("anything/gpt-4o", "openai/gpt-4o"),
        ("arch.fats.v1", "arch.fast.v1"),
        ("mistral-large-latset", "mistral/mistral-large-latest"),
    ],
)
def test_a_mistyped_name_is_answered_with_what_was_meant(name: str, suggested: str) -> None:
    known = names(*TWO, "mistral/*", aliases={"arch.fast.v1": "gpt-4o"})

    with pytest.raises(UnknownModel) as caught:
        known.resolve(name)

    assert f"did you mean '{suggested}'" in caught.value.message
    assert repr(name) in caught.value.message
    assert (caught.value.status, caught.value.param) == (404, "model")


def test_a_name_like_nothing_is_answered_with_where_to_look() -> None:
    with pytest.raises(UnknownModel, match="GET /v1/models"):
        names(*TWO).resolve("zzzzzz")


def test_a_very_long_name_is_not_repeated_whole() -> None:
    with pytest.raises(UnknownModel) as caught:
        names(*TWO).resolve("x" * 1_000_000)

    assert len(caught.value.message) < 300


def test_an_unknown_model_may_go_to_the_default() -> None:
    decision = names(*TWO, unknown_model="default").resolve("gpt-99")

    assert meant(decision) == ["openai/gpt-4o"]
    assert (decision.requested, decision.reason) == ("gpt-99", "default")


def test_an_unknown_model_without_a_default_stays_unknown() -> None:
    with pytest.raises(UnknownModel):
        names("openai/gpt-4o", unknown_model="default").resolve("gpt-99")


def test_what_a_wildcard_covered_once_is_one_look_up_afterwards() -> None:
    known = names("openai/*")
    assert b'"openai/gpt-99"' not in known.by_json

    decision = known.resolve("openai/gpt-99")

    assert known.by_json[b'"openai/gpt-99"'] is decision


def test_made_up_names_do_not_fill_the_memory_nor_push_out_what_is_declared() -> None:
    known = names("openai/gpt-4o", "openai/*")
    for number in range(5000):
        known.resolve(f"openai/{number}")
    declared_and_remembered = len(known.by_json)
    tracemalloc.start()
    for number in range(5000, 15000):
        known.resolve(f"openai/{number}")
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    known.resolve("openai/" + "x" * 100_000)

    assert len(known.by_json) == declared_and_remembered
    assert declared_and_remembered <= 4096 + 2
    assert grown < 4096 * 2048
    assert known.by_json[b'"openai/gpt-4o"'].reason == "model"
    assert b'"openai/14999"' in known.by_json
    assert b'"openai/5000"' not in known.by_json


@given(name=st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_text_is_a_model_or_a_client_error(name: str) -> None:
    known = names("openai/gpt-4o", "mistral/*", unknown_model="error")

    try:
        decision = known.resolve(name)
    except BadRequest:
        return  # Anything else than an error for the client fails the test.
    assert decision.candidates
    assert msgspec.json.decode(decision.candidates[0].model_json) == decision.candidates[0].model_id


def test_the_list_has_declared_models_then_aliases_then_well_known_ones() -> None:
    known = names(
        "mistral/*",
        "openai/gpt-4o",
        ("anthropic/claude-opus-4-6", {"name": "work"}),
        aliases={"fast": "gpt-4o"},
    )

    listed = known.listing()

    assert [each.id for each in listed[:3]] == ["openai/gpt-4o", "anthropic/claude-opus-4-6", "fast"]
    assert [each.id for each in listed[3:]] == [f"mistral/{each}" for each in known_model_ids("mistral")]
    assert [each.is_alias for each in listed[:4]] == [False, False, True, False]
    assert [each.owned_by for each in listed[:4]] == ["OpenAI", "Anthropic", "OpenAI", "Mistral"]
    assert {each.created for each in listed} == {1700000000}
    assert all(each.display_name for each in listed)


def test_nothing_is_listed_twice_and_all_that_is_listed_can_be_asked_for() -> None:
    known = names(
        "openai/gpt-4o",
        "openai/*",
        ("google/*", {"name": "g"}),
        "groq/*",
        ("azure_openai/*", {"base_url": "https://a.azure.com"}),
        aliases={"fast": "gpt-4o"},
    )

    ids = [each.id for each in known.listing()]

    assert len(set(ids)) == len(ids)
    assert "google/gemini-2.5-pro" in ids
    assert not any(each.startswith("azure_openai/") for each in ids)
    for each in ids:
        assert known.resolve(each).candidates


def test_well_known_models_are_loaded_only_for_wildcards() -> None:
    import subprocess
    import sys

    script = (
        "import sys\n"
        "from plano.config.models import ModelProvider\n"
        "from plano.providers.provider import Provider\n"
        "from plano.routing.model_names import ModelNames\n"
        "ModelNames((Provider(ModelProvider(model='openai/gpt-4o')),), {}).listing()\n"
        "print({'plano.providers.known_models', 'difflib', 'yaml'} & sys.modules.keys())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
