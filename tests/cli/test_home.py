from __future__ import annotations

from pathlib import Path

import pytest

from plano.cli.home import Home, find_home
from plano.cli.terminal import CommandFailed


def test_the_home_is_in_the_users_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_home({}).root == tmp_path / ".plano"
    assert find_home({"PLANO_HOME": ""}).root == tmp_path / ".plano"


def test_plano_home_chooses_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert find_home({"PLANO_HOME": "/var/lib/plano"}).root == Path("/var/lib/plano")
    assert find_home({"PLANO_HOME": "~/p"}).root == tmp_path / "p"
    assert find_home({"PLANO_HOME": "relative"}).root == tmp_path / "relative"


def test_a_user_without_a_home_is_told_what_to_do() -> None:
    with pytest.raises(CommandFailed, match="PLANO_HOME"):
        find_home({"PLANO_HOME": "~no-such-user/plano"})


def test_only_the_owner_may_look_inside(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep" / "home")
    home.prepare()
    assert [path.stat().st_mode & 0o777 for path in (home.root, home.run, home.logs)] == [0o700] * 3


def test_the_older_log_names_lead_to_the_gateways_log(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    (home.logs / "envoy.log").unlink()
    (home.logs / "envoy.log").write_text("left by another version")
    home.prepare()
    home.gateway_log.write_text("hello")
    assert (home.logs / "brightstaff.log").read_text() == "hello"
    assert (home.logs / "envoy.log").read_text() == "hello"
