from __future__ import annotations

from pathlib import Path

import click
import pytest

from plano.cli.config_file import find_config, load_or_fail, named_file, write_default_config
from plano.cli.home import Home
from plano.cli.terminal import CommandFailed


def test_config_yaml_goes_before_plano_config_yaml(tmp_path: Path) -> None:
    assert find_config(None, str(tmp_path)) is None
    (tmp_path / "plano_config.yaml").write_text("")
    assert find_config(None, str(tmp_path)) == tmp_path / "plano_config.yaml"
    (tmp_path / "config.yaml").write_text("")
    assert find_config(None, str(tmp_path)) == tmp_path / "config.yaml"


def test_a_named_file_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    assert find_config("mine.yaml", "/nowhere") == tmp_path / "mine.yaml"


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("")
    with pytest.raises(CommandFailed, match=r"Config file not found: .*/other\.yaml"):
        find_config(str(tmp_path / "other.yaml"), str(tmp_path))


def test_an_empty_name_is_no_invitation_to_look_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("")
    with pytest.raises(CommandFailed, match="is a directory, not a config file"):
        find_config(named_file("", None), str(tmp_path))


def test_a_directory_is_not_a_config_file(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="is a directory, not a config file"):
        find_config(str(tmp_path), ".")


def test_a_directory_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="Directory not found"):
        find_config(None, str(tmp_path / "nowhere"))


def test_the_file_may_be_named_either_way() -> None:
    assert named_file(None, None) is None
    assert named_file("a.yaml", None) == "a.yaml"
    assert named_file(None, "a.yaml") == "a.yaml"
    assert named_file("a.yaml", "./a.yaml") == "a.yaml"


def test_two_different_names_are_a_usage_error() -> None:
    with pytest.raises(click.UsageError, match=r"a\.yaml and b\.yaml"):
        named_file("a.yaml", "b.yaml")


def test_the_default_config_is_private_and_loads(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.default_config.write_text("older and readable by all")
    home.default_config.chmod(0o644)
    path, summary = write_default_config(home, {"OPENAI_API_KEY": "sk-secret"}, port=12345)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "sk-secret" not in path.read_text()
    assert summary.startswith("env-keyed: openai | pass-through: ")
    loaded = load_or_fail(path, {"OPENAI_API_KEY": "sk-secret"})
    assert [listener.port for listener in loaded.config.listeners] == [12345]
    assert loaded.missing_variables == ()
