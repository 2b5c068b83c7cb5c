"""Every oracle over its seeds and a few changes of them: what the long runs rest on."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.fuzz import mutations
from tests.fuzz.instrumented import BY_TARGET, TARGETS

CHANGES = 100


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_and_some_changes_of_it_pass_the_oracles(name: str) -> None:
    target = import_module(f"tests.fuzz.{name}")
    seeds = list(target.seeds())
    assert len(seeds) >= 7
    for data in seeds:
        target.check(data)
    assert mutations.run(target.check, seeds[:1], target.TOKENS, 60, seed=7, most=CHANGES) == CHANGES


@pytest.mark.parametrize("name", TARGETS)
def test_the_modules_that_guide_exist(name: str) -> None:
    for module in BY_TARGET[name]:
        import_module(module)


def test_the_same_seed_makes_the_same_changes() -> None:
    def inputs(seed: int) -> list[bytes]:
        tried: list[bytes] = []
        mutations.run(tried.append, [b"abc", b"defgh"], [b"\r\n"], 60, seed, most=50)
        return tried

    assert inputs(3) == inputs(3)
    assert inputs(3) != inputs(4)
    assert len(set(inputs(3))) > 20


def test_a_finding_is_told_with_its_input() -> None:
    def check(data: bytes) -> None:
        assert b"x" not in data

    with pytest.raises(AssertionError) as raised:
        mutations.run(check, [b"abc"], [b"x"], 60, seed=1)
    assert raised.value.__notes__[0].startswith("input: b'")


def test_one_input_can_be_checked_alone(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    command = [sys.executable, "-m", "tests.fuzz", "request_head", str(path)]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], timeout=60).returncode == 0
