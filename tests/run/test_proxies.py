"""From the environment a config was loaded with to its proxies."""

from __future__ import annotations

from pathlib import Path

import pytest

from plano.config.load import LoadedConfig, load_config
from plano.config.problems import ConfigProblems
from plano.http.wire.origin import Origin
from plano.run.proxies import proxy_settings

CONFIG = "version: v0.4.0\nlisteners: [{type: model, name: models, port: 12000}]\n"
PROVIDER = Origin("https", "api.example.com", 443)


def loaded(directory: Path, dotenv: str = "", **environ: str) -> LoadedConfig:
    (directory / "config.yaml").write_text(CONFIG)
    (directory / ".env").write_text(dotenv)
    return load_config(directory / "config.yaml", environ)


def test_the_shell_and_the_env_file_name_proxies(tmp_path: Path) -> None:
    config = loaded(tmp_path, "https_proxy=http://somebody:hunter2@one:1\nNO_PROXY=example.com", no_proxy="other.test")
    assert str(proxy_settings(config).towards(PROVIDER)) == "http://one:1"
    assert str(proxy_settings(loaded(tmp_path, https_proxy="http://two:2")).towards(PROVIDER)) == "http://two:2"
    assert proxy_settings(loaded(tmp_path)).towards(PROVIDER) is None


def test_nothing_that_was_loaded_shows_a_proxys_password(tmp_path: Path) -> None:
    config = loaded(tmp_path, all_proxy="http://somebody:hunter2@one:1", OTHER="hunter3")
    assert "hunter" not in repr(config)
    assert "hunter" not in repr(proxy_settings(config))
    assert set(config.proxy_variables) == {"all_proxy"}


def test_a_proxy_that_cannot_be_used_is_a_problem_of_the_environment(tmp_path: Path) -> None:
    config = loaded(tmp_path, ALL_PROXY="socks5://somebody:hunter2@one:1080")
    with pytest.raises(ConfigProblems) as caught:
        proxy_settings(config)
    assert str(caught.value) == (
        "the environment: ALL_PROXY must begin with http:// or https://: other kinds of proxies are not spoken"
    )
