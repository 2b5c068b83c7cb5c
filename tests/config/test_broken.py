"""Broken configs and what is said about them: every mistake, with its line, in one go."""

from __future__ import annotations

from pathlib import Path

import pytest

from plano.config.load import load_config
from plano.config.problems import ConfigProblems

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
ENVIRON = {"LEAKY": "sk-env-0000", "KEY": "k", "OPENAI_API_KEY": "k", "EMPTY": ""}


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_problem_is_reported(path: Path) -> None:
    with pytest.raises(ConfigProblems) as raised:
        load_config(path, ENVIRON)
    assert str(raised.value).replace(str(path), path.name) == path.with_suffix(".expect").read_text().rstrip(
        "\n"
    )
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_no_secret_is_in_a_problem(path: Path) -> None:
    with pytest.raises(ConfigProblems) as raised:
        load_config(path, ENVIRON)
    assert "-0000" not in str(raised.value) + repr(raised.value)
    assert "hunter2" not in str(raised.value) + repr(raised.value)


def test_every_expectation_has_its_file() -> None:
    stems = {path.stem for path in BROKEN}
    assert {path.stem for path in (Path(__file__).parent / "broken").glob("*.expect")} == stems
    assert len(stems) >= 30


def test_a_missing_file_a_folder_and_a_huge_file_are_problems(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    for path, words in (
        (tmp_path / "nowhere.yaml", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (huge, "larger than 4 MiB"),
    ):
        with pytest.raises(ConfigProblems, match=words):
            load_config(path, {})
