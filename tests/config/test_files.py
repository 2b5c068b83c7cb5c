"""Files that a config names: each that cannot be read is a problem in its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plano.config.load import load_config, load_text
from plano.config.problems import ConfigProblems, Problem

CONFIG = """\
version: v0.4.0
listeners:
  - type: model
    name: main
    port: 12000
    tls:
      certificate: CERTIFICATE
      private_key: KEY
      client_ca: CLIENTS
overrides:
  upstream_tls_ca_path: AUTHORITIES
"""


@pytest.fixture
def there(tmp_path: Path) -> Path:
    file = tmp_path / "there.pem"
    file.write_text("")
    return file


def text(there: Path, **names: str | Path) -> str:
    """The config with these files; those that are not named are there."""
    found = CONFIG
    for name in ("CERTIFICATE", "KEY", "CLIENTS", "AUTHORITIES"):
        found = found.replace(name, str(names.get(name, there)))
    return found


def problems(tmp_path: Path, config: str, **environ: str) -> list[Problem]:
    (tmp_path / "config.yaml").write_text(config)
    try:
        load_config(tmp_path / "config.yaml", environ)
    except ConfigProblems as error:
        return list(error.problems)
    return []


def test_files_that_are_there_are_fine(tmp_path: Path, there: Path) -> None:
    assert problems(tmp_path, text(there)) == []


def test_authorities_may_be_a_directory(tmp_path: Path, there: Path) -> None:
    assert problems(tmp_path, text(there, CLIENTS=tmp_path, AUTHORITIES=tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "path", "line", "kind"),
    [
        ("CERTIFICATE", "listeners[0].tls.certificate", 7, "a file"),
        ("KEY", "listeners[0].tls.private_key", 8, "a file"),
        ("CLIENTS", "listeners[0].tls.client_ca", 9, "a file or directory"),
        ("AUTHORITIES", "overrides.upstream_tls_ca_path", 11, "a file or directory"),
    ],
)
def test_a_missing_file_is_named_with_its_line(
    tmp_path: Path, there: Path, name: str, path: str, line: int, kind: str
) -> None:
    [problem] = problems(tmp_path, text(there, **{name: "/nowhere/a.pem"}))
    assert (problem.path, problem.line) == (path, line)
    assert problem.message == f"must name {kind} that can be read, not `/nowhere/a.pem`: No such file or directory"
    assert problem.hint == ""


def test_all_missing_files_are_told_at_once(tmp_path: Path, there: Path) -> None:
    found = problems(tmp_path, text(there, CERTIFICATE="a.pem", KEY="b.pem", CLIENTS="c.pem", AUTHORITIES="d.pem"))
    assert [problem.line for problem in found] == [7, 8, 9, 11]
    assert {problem.hint for problem in found} == {"it is looked for in the directory plano is started in"}


def test_relative_names_count_from_the_working_directory(
    tmp_path: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(there.parent)
    assert problems(tmp_path, text(there, CERTIFICATE=there.name)) == []


def test_a_directory_is_no_certificate(tmp_path: Path, there: Path) -> None:
    [problem] = problems(tmp_path, text(there, CERTIFICATE=tmp_path))
    assert problem.message.endswith(": it is a directory")


def test_a_pipe_is_not_waited_for(tmp_path: Path, there: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    [problem] = problems(tmp_path, text(there, KEY=tmp_path / "pipe"))
    assert problem.message.endswith(": it is something else")


def test_a_name_from_the_environment_is_not_shown(tmp_path: Path, there: Path) -> None:
    [problem] = problems(tmp_path, text(there, KEY="$KEY_FILE"), KEY_FILE="/run/hunter2.pem")
    assert (
        problem.message == "must name a file that can be read, not the value of `$KEY_FILE`: No such file or directory"
    )


def test_a_name_that_is_not_set_is_told_elsewhere(tmp_path: Path, there: Path) -> None:
    (tmp_path / "config.yaml").write_text(text(there, KEY="$KEY_FILE"))
    assert load_config(tmp_path / "config.yaml", {}).missing_variables == ("KEY_FILE",)


def test_a_text_without_a_place_is_checked_without_the_file_system(there: Path) -> None:
    assert load_text(text(there, KEY="/nowhere/a.pem"), name="config.yaml", environ={}).config.listeners[0].tls


@pytest.mark.parametrize("name", ["missing.yaml", ""])
def test_a_file_of_prices_has_to_be_there(tmp_path: Path, there: Path, name: str) -> None:
    path = there if not name else tmp_path / name
    config = text(there) + f"model_metrics_sources: [{{type: cost, provider: file, path: {path}}}]\n"
    wanted = ["model_metrics_sources[0].path"] if name else []
    assert [problem.path for problem in problems(tmp_path, config)] == wanted
