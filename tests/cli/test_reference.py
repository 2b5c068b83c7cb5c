"""The command line reference is current and leaves nothing out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from plano.cli.init import TEMPLATES
from plano.cli.main import COMMANDS
from plano.cli.reference import BEGIN, END, anchor, commands, reference, with_reference

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def entry(name: str) -> str:
    """What stands under the heading of a command."""
    return reference().partition(f"## {name}\n")[2].partition("\n## ")[0]


def test_the_page_holds_the_current_reference() -> None:
    text = PAGE.read_text("utf-8")
    assert with_reference(text) == text, "run: python -m plano.cli.reference docs/reference/cli.md"


def test_every_command_is_there_and_those_of_a_group_too() -> None:
    names = [name for name, _ in commands()]
    assert {f"planoai {name}" for name in COMMANDS} <= set(names)
    assert "planoai config schema" in names
    headings = re.findall(r"^## (.+)$", reference(), re.M)
    assert headings == names
    assert set(re.findall(r"\]\(#([^)]+)\)", reference())) == {anchor(name) for name in names}


@pytest.mark.parametrize(
    ("name", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_option_of_a_command_has_a_row(name: str, command: click.Command) -> None:
    told = entry(name)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert f"`{parameter.opts[-1]}`" in told


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("planoai up", "planoai up [OPTIONS] [FILE]"),
        ("planoai up", "| `--listener-port` `N` | `12000` | The port when there is no config. |"),
        ("planoai init", "| `-o`, `--output` `PATH` | `config.yaml` | The file to write. |"),
        ("planoai mock-provider", "| `--require-key` `KEY` |  | Answer every other API key with 401. |"),
        ("planoai init", "Without `--template` and `--clean` it asks which one to take and where to write it."),
    ],
)
def test_an_entry_reads_as_a_person_would_write_it(name: str, line: str) -> None:
    assert line in entry(name).splitlines()


def test_every_template_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    for name, about in TEMPLATES.items():
        assert f"| `{name}` | {about} |" in text.replace("`/v1/responses`", "/v1/responses")


def test_only_the_text_between_the_markers_is_replaced() -> None:
    assert with_reference(f"above\n{BEGIN}old{END}below\n") == f"above\n{BEGIN}\n{reference()}\n{END}below\n"
    with pytest.raises(ValueError, match="markers"):
        with_reference("no markers here")


def test_the_generator_rewrites_a_file_and_prints_without_one(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}{END}")
    command = [sys.executable, "-m", "plano.cli.reference"]
    subprocess.run([*command, str(page)], check=True)
    assert page.read_text() == f"{BEGIN}\n{reference()}\n{END}"
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == reference()
