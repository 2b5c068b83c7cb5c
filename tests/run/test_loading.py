"""What of the environment has a say in a config that is served."""

from __future__ import annotations

import pytest

from plano.config.load import ConfigSource
from plano.run.loading import LISTEN_ADDRESS, NotServable, servable

TEXT = b"""\
version: v0.4.0
listeners:
  - {name: mine, type: model, address: 127.0.0.1, port: 12001}
  - {name: everybodys, type: model, address: 0.0.0.0, port: 12002}
model_providers:
  - {model: mock/hello, base_url: "http://127.0.0.1:9", access_key: $A_KEY_FOR_TESTS}
"""
SOURCE = ConfigSource(path="config.yaml", text=TEXT, dotenv=b"A_KEY_FOR_TESTS=sk-1\n")


def addresses() -> list[str]:
    return [listener.address for listener in servable(SOURCE).config.listeners]


@pytest.mark.parametrize("environ", [{}, {LISTEN_ADDRESS: ""}])
def test_listeners_are_bound_where_the_config_says(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    monkeypatch.delenv(LISTEN_ADDRESS, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert addresses() == ["127.0.0.1", "0.0.0.0"]


def test_in_a_container_they_are_bound_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LISTEN_ADDRESS, "::")
    assert addresses() == ["::", "::"]


def test_a_variable_that_nobody_set_is_named() -> None:
    with pytest.raises(NotServable, match="A_KEY_FOR_TESTS"):
        servable(ConfigSource(path="config.yaml", text=TEXT))
