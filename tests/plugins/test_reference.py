from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from plano.plugins import hookspecs
from plano.plugins.inspection import HOOKS
from plano.plugins.reference import (
    BEGIN,
    END,
    LABELS,
    read_docstring,
    reference,
    signature_line,
    with_reference,
)

README = Path(__file__).parents[2] / "plugins" / "README.md"


def test_every_hook_is_documented_with_its_own_arguments() -> None:
    text = README.read_text(encoding="utf-8")
    for name in HOOKS:
        assert f"### `{signature_line(name)}`" in text


def test_the_readme_holds_the_current_reference() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_reference(text) == text, "run: python -m plano.plugins.reference plugins/README.md"


@pytest.mark.parametrize("name", HOOKS)
def test_every_docstring_has_its_five_lines_and_a_version(name: str) -> None:
    title, lines = read_docstring(getattr(hookspecs, name))
    assert title.endswith(".")
    assert len(lines) == len(LABELS) == 5
    assert all(lines)
    assert lines[-1].rpartition(" ")[0].endswith("Since")


def test_a_docstring_with_other_lines_is_refused() -> None:
    def pre_route() -> None:
        """Title.

        When: now.
        """

    with pytest.raises(ValueError, match="pre_route: the docstring needs the five lines When, Arguments"):
        read_docstring(pre_route)


def test_only_the_text_between_the_markers_is_replaced() -> None:
    assert with_reference(f"above\n{BEGIN}old{END}below\n") == f"above\n{BEGIN}\n{reference()}\n{END}below\n"
    with pytest.raises(ValueError, match="markers"):
        with_reference("no markers here")


def test_the_generator_rewrites_a_file_and_prints_without_one(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"{BEGIN}{END}")
    command = [sys.executable, "-m", "plano.plugins.reference"]
    subprocess.run([*command, str(file)], check=True)
    assert file.read_text() == f"{BEGIN}\n{reference()}\n{END}"
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed == reference()
