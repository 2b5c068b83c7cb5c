from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from plano import __version__
from plano.cli.main import COMMANDS, TAG_LINE, cli


def test_without_a_command_it_shows_who_it_is_and_the_help() -> None:
    result = CliRunner().invoke(cli, [])
    assert result.exit_code == 0
    assert TAG_LINE in result.output
    assert all(f"  {name} " in result.output for name in COMMANDS)


def test_version_is_the_packages_version() -> None:
    result = CliRunner().invoke(cli, ["--version"])
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == f"plano version {__version__}"


@pytest.mark.parametrize(("switch", "build"), [("", "compiled build"), ("1", "pure Python build")])
def test_version_tells_which_build_runs(switch: str, build: str) -> None:
    command = [sys.executable, "-m", "plano", "--version"]
    environ = os.environ | {"PLANO_NO_SPEEDUPS": switch}
    told = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    assert told.stdout.splitlines()[1].startswith(build)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_in_the_table_is_the_commands_own(name: str) -> None:
    place = COMMANDS[name]
    command = getattr(import_module(place.module), place.attribute)
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.get_short_help_str(limit=200).rstrip(".") == place.summary.rstrip(".")


def test_an_unknown_command_is_a_usage_error_with_a_suggestion() -> None:
    result = CliRunner().invoke(cli, ["chekc"])
    assert result.exit_code == 2
    assert "No such command 'chekc'. Did you mean 'check'?" in result.output


def test_a_command_like_no_other_gets_no_suggestion() -> None:
    result = CliRunner().invoke(cli, ["zzzzzz"])
    assert result.exit_code == 2
    assert "Did you mean" not in result.output


def test_underscores_are_accepted_for_dashes() -> None:
    assert CliRunner().invoke(cli, ["mock_provider", "--help"]).exit_code == 0
    assert CliRunner().invoke(cli, ["up", "--listener_port", "x"]).exit_code == 2
    assert "'--listener-port'" in CliRunner().invoke(cli, ["up", "--listener_port", "x"]).output


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_import_neither_commands_nor_their_libraries(argument: str) -> None:
    code = (
        "import sys; from plano.cli.main import cli; cli([sys.argv[1]], standalone_mode=False); "
        "allowed = ('plano.cli', 'plano._speedups'); "
        "allowed += tuple(f'plano.cli.{name}' for name in ('main', 'terminal', 'plugin_commands')); "
        "print([m for m in sys.modules if m.startswith('plano.') and m not in allowed], "
        "[m for m in ('yaml', 'msgspec', 'asyncio', 'socket', 'http', 'urllib.request') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[] []"


def test_what_the_operating_system_refuses_is_one_line(tmp_path: object) -> None:
    environ = {"PLANO_HOME": "/proc/nowhere"}
    result = CliRunner().invoke(cli, ["up", "--path", str(tmp_path)], env=environ)
    assert result.exit_code == 1
    assert result.stderr.startswith("✗ /proc/nowhere")
    assert len(result.stderr.splitlines()) == 1


def test_a_terminal_that_cannot_show_a_mark_gets_escapes(tmp_path: object) -> None:
    code = "from plano.cli.main import main; main()"
    command = [sys.executable, "-c", code, "check", str(tmp_path)]
    told = subprocess.run(command, capture_output=True, env={"PYTHONIOENCODING": "latin-1"}, check=False)
    assert told.returncode == 1
    assert told.stderr.startswith(b"\\u2717 ")
