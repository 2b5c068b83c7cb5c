"""Secrets stay hidden; lengths of time are read."""

from __future__ import annotations

import copy
import pickle

import msgspec
import pytest

from plano.config.document import Config
from plano.config.values import Duration, Secret, dec_hook, enc_hook

from .conftest import Load

KEY = "sk-top-secret"


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>20}", "%s" % secret, repr([secret])):  # noqa: UP031
        assert KEY not in shown
    assert KEY.encode() not in msgspec.json.encode({"key": secret}, enc_hook=enc_hook)
    assert not hasattr(secret, "__dict__")


def test_a_secret_can_be_compared_and_copied_and_not_pickled() -> None:
    secret = Secret(KEY)
    assert secret == Secret(KEY)
    assert secret != Secret("other")
    assert secret != KEY
    assert hash(secret) == hash(Secret(KEY))
    assert copy.deepcopy(secret) is secret
    assert not Secret("")
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_nothing_of_a_loaded_config_shows_a_secret(load: Load) -> None:
    loaded = load(
        """
        model_providers:
          - model: openai/gpt-4o
            access_key: sk-top-secret
            headers: {X-Token: sk-top-secret}
        state_storage: {type: postgres, connection_string: "postgresql://u:sk-top-secret@h/d"}
        routing: {session_cache: {type: redis, url: "redis://:sk-top-secret@h"}}
        tracing: {exporters: [{type: posthog, url: "https://h", api_key: sk-top-secret}]}
        endpoints: {api: {endpoint: h, http_headers: {X-Token: sk-top-secret}}}
        plugins: {audit: {token: $TOKEN}}
        """,
        {"TOKEN": KEY},
    )
    assert loaded.config.plugins == {"audit": {"token": KEY}}
    row = loaded.config.model_providers[0]
    assert row.access_key == Secret(KEY)
    for shown in (repr(loaded), str(loaded.config), repr(row), f"{loaded.config.state_storage}"):
        assert KEY not in shown
    assert KEY.encode() not in msgspec.json.encode(row, enc_hook=enc_hook)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("300s", 300.0),
        ("500ms", 0.5),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("1m30s", 90.0),
        ("30", 30.0),
        (1.5, 1.5),
        (30, 30),
    ],
)
def test_a_length_of_time_is_read(written: str | float, seconds: float) -> None:
    assert Duration.parse(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "soon", "5 s", "-1s", "0", "0s", "1x", "1s2", "nan", "inf", "9999999d", -3]
)
def test_what_is_no_length_of_time_is_refused(written: str | float) -> None:
    with pytest.raises(ValueError, match="length of time"):
        Duration.parse(written)


def test_structs_can_be_made_from_plain_data_with_the_hook() -> None:
    data = {
        "version": "v0.4.0",
        "listeners": [{"type": "model", "name": "x", "timeout": "2m"}],
        "model_providers": [{"model": "openai/gpt-4o", "access_key": "k"}],
    }
    config = msgspec.convert(data, Config, dec_hook=dec_hook)
    assert config.listeners[0].timeout == 120.0
    assert config.model_providers[0].name == "openai/gpt-4o"
