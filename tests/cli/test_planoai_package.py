"""The package `planoai`, as scripts that were written for it use it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plano import __version__
from tests.cli.conftest import ROOT, config_text


def run(*arguments: str, directory: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Python elsewhere than in the checkout: what is not installed is not found."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PLANO_CONFIG_FILE")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=directory, env=clean | environ, capture_output=True, text=True, check=False
    )


def test_the_packages_path_leads_to_the_config_generator(tmp_path: Path) -> None:
    told = run("-c", "import planoai; print(planoai.__path__[0]); print(planoai.__version__)", directory=tmp_path)
    path, version = told.stdout.splitlines()
    assert version == __version__
    assert (Path(path) / "config_generator.py").is_file()


def test_it_is_the_command_too(tmp_path: Path) -> None:
    told = run("-m", "planoai", "--version", directory=tmp_path)
    assert told.stdout.startswith(f"plano version {__version__}\n")
    entry = run("-c", "from planoai.main import cli, main; print(cli.name)", directory=tmp_path)
    assert (entry.returncode, entry.stdout) == (0, "cli\n")


def test_a_valid_config_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(config_text(12000, key="$ABSENT_KEY"))
    told = run("-m", "planoai.config_generator", directory=tmp_path, PLANO_CONFIG_FILE="mine.yaml")
    assert (told.returncode, told.stdout) == (0, "mine.yaml is valid\n")
    assert told.stderr == "warning: ABSENT_KEY not found\n"


def test_every_problem_of_an_invalid_one_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("version: v9\nunknown_key: 1\n")
    told = run("-m", "planoai.config_generator", directory=tmp_path, PLANO_CONFIG_FILE="mine.yaml")
    assert (told.returncode, told.stdout) == (1, "")
    headline, *problems = told.stderr.splitlines()
    assert headline == "mine.yaml: invalid against schema"
    assert len(problems) >= 2
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("environ", [{"PLANO_CONFIG_FILE": "nowhere.yaml"}, {"PLANO_CONFIG_FILE": ""}, {}])
def test_a_config_that_is_not_there_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    told = run("-m", "planoai.config_generator", directory=tmp_path, **environ)
    named = environ.get("PLANO_CONFIG_FILE") or "/app/config.yaml"
    assert told.returncode == 1
    assert told.stderr.startswith(f"{named}: invalid against schema\n")


def test_a_copy_of_the_config_generator_works_wherever_it_lies(tmp_path: Path) -> None:
    """Release archives hold one, to be copied over that of an installed package."""
    copy = tmp_path / "patches" / "config_generator.py"
    copy.parent.mkdir()
    copy.write_bytes((ROOT / "plano" / "cli" / "planoai" / "config_generator.py").read_bytes())
    (tmp_path / "mine.yaml").write_text(config_text(12000))
    told = run(str(copy), directory=tmp_path, PLANO_CONFIG_FILE="mine.yaml")
    assert (told.returncode, told.stdout) == (0, "mine.yaml is valid\n")
