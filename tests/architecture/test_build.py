"""Two builds, one list: what is compiled, what it stands for, and that the compiled one is really there."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Any

import pytest

from plano._speedups import FOR_PLUGINS, TWINS, WANTED
from tests.architecture.sources import ROOT, module_names, parsed

SPEEDUPS = ROOT / "plano" / "_speedups"
ANSWER = "from plano import _speedups; import plano.run.app; print(*sorted(_speedups.loaded()))"


def table(name: str) -> Any:
    """A literal out of `setup.py`, which cannot be imported without building everything."""
    for node in parsed(ROOT / "setup.py").tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"setup.py has no {name}")


def dotted(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def choosing_module(name: str) -> Any:
    folder, _, source = TWINS[name].rpartition(".")
    return import_module(f"{folder}.{source[1:]}")


def loaded_in_a_new_process(**environ: str) -> list[str]:
    clean = {key: value for key, value in os.environ.items() if key != "PLANO_NO_SPEEDUPS"}
    command = [sys.executable, "-W", "error", "-c", ANSWER]
    done = subprocess.run(command, cwd=ROOT, env={**clean, **environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_an_app_runs_on_every_compiled_module() -> None:
    assert loaded_in_a_new_process() == sorted(TWINS.keys() - FOR_PLUGINS)


def test_one_switch_turns_all_of_them_off() -> None:
    assert loaded_in_a_new_process(PLANO_NO_SPEEDUPS="1") == []


def test_setup_and_the_table_of_twins_name_the_same() -> None:
    assert sorted([*table("HAND_WRITTEN"), *table("TWO_BUILDS")]) == sorted(TWINS)
    assert {name: dotted(path) for name, path in table("TWO_BUILDS").items()}.items() <= TWINS.items()


def test_every_twin_is_a_module() -> None:
    assert set(TWINS.values()) <= module_names()


def test_a_module_written_by_hand_has_its_types_beside_it() -> None:
    written = sorted(path.stem for path in SPEEDUPS.glob("*.pyx"))
    assert written == sorted(table("HAND_WRITTEN"))
    assert written == sorted(path.stem for path in SPEEDUPS.glob("*.pyi"))


def test_a_module_with_two_builds_is_typed_by_a_file_of_its_name() -> None:
    assert sorted(table("TWO_BUILDS")) == sorted(path.stem for path in SPEEDUPS.glob("*.pxd"))


def test_nothing_compiled_is_left_of_a_module_that_is_gone() -> None:
    built = {path.name.partition(".")[0] for path in SPEEDUPS.iterdir() if path.name.endswith(EXTENSION_SUFFIXES[0])}
    assert built == set(TWINS)


@pytest.mark.parametrize("name", TWINS)
def test_what_a_choosing_module_offers_comes_from_the_build_wanted(name: str) -> None:
    chosen = import_module(f"plano._speedups.{name}" if WANTED else TWINS[name])
    chooser = choosing_module(name)
    own = [word for word in chooser.__all__ if getattr(vars(chooser)[word], "__module__", "") == chosen.__name__]
    assert own, f"{chooser.__name__} offers nothing of {chosen.__name__}"
    for word in own:
        assert vars(chooser)[word] is vars(chosen)[word]


@pytest.mark.parametrize("name", TWINS)
def test_both_builds_have_what_the_choosing_module_offers(name: str) -> None:
    python, compiled = import_module(TWINS[name]), import_module(f"plano._speedups.{name}")
    assert not str(compiled.__file__).endswith(".py")
    offered = [word for word in choosing_module(name).__all__ if hasattr(python, word)]
    assert offered
    assert [word for word in offered if not hasattr(compiled, word)] == []
