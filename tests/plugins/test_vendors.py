"""Vendors that plugins add: what may be registered, and what a config gets of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from plano.config.document import Config
from plano.config.models import ModelProvider
from plano.config.values import Secret
from plano.dialects.operation import CHAT, EMBEDDINGS, MESSAGES
from plano.dialects.provider_dialect import ProviderDialect
from plano.dialects.sides import PROVIDER_SIDES
from plano.plugin_api import ProviderVendor, hookimpl
from plano.plugins.found import FoundPlugin
from plano.providers.provider import Provider, build_providers
from tests.plugins.support import dialect, found, load, problems_of

AVIARY = ProviderVendor(
    name="aviary",
    aliases=("birds",),
    display="The Aviary",
    base_url="https://birds.example.com/api/v2",
    speaks=("chat", "messages"),
    auth="X-Bird-Key",
    headers={"X-Cage": "7"},
)
PARROT = dialect("parrot", path="/say/{model}")


def giving(*vendors: Any, dialects: list[ProviderDialect] | None = None) -> object:
    class Gives:
        @hookimpl
        def providers(self) -> Any:
            return list(vendors)

        @hookimpl
        def dialects(self) -> list[ProviderDialect] | None:
            return dialects

    return Gives()


def provider(plugin: FoundPlugin, **row: Any) -> Provider:
    loaded = load(plugin)
    rows = (ModelProvider(access_key=Secret("feather"), **row),)
    config = Config(version="v0.4.0", listeners=(), model_providers=rows)
    (built,) = build_providers(config, dialects=loaded.dialects, vendors=loaded.vendors)
    return built


@pytest.mark.parametrize("prefix", ["aviary", "birds"])
def test_a_model_of_the_vendor_needs_no_more_than_its_name(prefix: str) -> None:
    built = provider(found("a", giving(AVIARY)), model=f"{prefix}/owl")
    target = built.target(CHAT, "owl")
    assert target is not None
    assert (str(target.origin), target.path) == ("https://birds.example.com", b"/api/v2/chat/completions")
    assert b"x-bird-key: feather\r\n" in target.fixed_headers
    assert b"x-cage: 7\r\n" in target.default_headers
    assert built.target(MESSAGES, "owl") is not None
    assert built.target(EMBEDDINGS, "owl") is None
    assert built.owned_by == "The Aviary"


def test_its_api_may_be_behind_another_address_and_another_name() -> None:
    plugin = found("a", giving(AVIARY))
    target = provider(plugin, model="zoo/owl", base_url="http://zoo:8000/v1", provider_interface="aviary").target(
        CHAT, "owl"
    )
    assert target is not None
    assert (str(target.origin), target.path) == ("http://zoo:8000", b"/v1/chat/completions")


def test_a_key_is_asked_for_only_where_the_vendor_wants_one() -> None:
    config = Config(version="v0.4.0", listeners=(), model_providers=(ModelProvider(model="aviary/owl"),))
    for needs_key in (True, False):
        loaded = load(found("a", giving(replace(AVIARY, needs_key=needs_key))))
        (built,) = build_providers(config, vendors=loaded.vendors)
        assert built.key_missing == needs_key


@pytest.mark.parametrize("name", ["aviary", "parrot"])
@pytest.mark.parametrize("is_registered", [True, False])
def test_a_vendor_speaks_a_dialect_of_its_plugin_below_its_root(name: str, is_registered: bool) -> None:
    vendor = ProviderVendor(name=name, base_url="https://birds.example.com/api/", dialect=PARROT)
    plugin = found("a", giving(vendor, dialects=[PARROT] if is_registered else None))
    assert load(plugin).dialects == (PARROT,)
    target = provider(plugin, model=f"{name}/gray").target(PARROT.operation, "gray")
    assert target is not None
    assert (str(target.origin), target.path) == ("https://birds.example.com", b"/api/say/gray")


@pytest.mark.parametrize(
    ("plugins", "said"),
    [
        ([giving(replace(AVIARY, name="openai"))], "the vendor 'openai' needs another name: plano has that one"),
        ([giving(replace(AVIARY, aliases=("google",)))], "the vendor 'google' needs another name"),
        ([giving(AVIARY), giving(replace(AVIARY, name="birds", aliases=()))], "'birds' is already registered by"),
        ([giving(AVIARY), giving(replace(AVIARY, aliases=()))], "the vendor 'aviary' is already registered by"),
        ([giving(replace(AVIARY, name="parrot"), dialects=[PARROT])], "is already registered as a dialect by"),
        (
            [giving(replace(AVIARY, dialect=replace(PARROT, side=replace(PROVIDER_SIDES["chat"], name="gemini"))))],
            "the dialect 'gemini' needs another name",
        ),
        ([giving("aviary")], "must return a list of ProviderVendor, not one of str"),
    ],
)
def test_names_mean_one_thing(plugins: list[object], said: str) -> None:
    problems = problems_of(*(found(f"p{place}", plugin) for place, plugin in enumerate(plugins)))
    assert said in problems[0]
    assert problems[0].startswith("plugin 'p")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "a/b"}, "the vendor name 'a/b' is not made of"),
        ({"aliases": ("B",)}, "the vendor name 'B' is not made of"),
        ({"base_url": "birds.example.com"}, "the scheme must be http or https"),
        ({"base_url": "https://u:p@h"}, "user information is not allowed"),
        ({"base_url": "https://h:99999"}, "base_url:"),
        ({"base_url": "https://h/ü"}, "base_url holds what no URL may"),
        ({"speaks": ("song",)}, "not ('song',)"),
        ({"speaks": ()}, "speaks is a tuple of"),
        ({"speaks": "chat"}, "speaks is a tuple of"),
        ({"auth": "a b"}, "auth is `bearer` or the name of a header"),
        ({"headers": {"x": "a\r\nb"}}, "is not a header that can be sent"),
        ({"dialect": "parrot"}, "must be a ProviderDialect, not str"),
    ],
)
def test_a_vendor_that_could_not_be_asked_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="vendor") as caught:
        replace(AVIARY, **change)
    assert said in str(caught.value)
