"""Both builds of an accelerated module, for tests that must hold for each."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import pytest

from plano._speedups import TWINS, WANTED


def both_builds(name: str) -> pytest.MarkDecorator:
    """Parametrise a test over the Python twin and the compiled module called `name` (argument: `build`).

    With speedups turned off only the Python twin: compiled modules are one typed chain and refuse objects of the other
    build.
    """
    modules: list[ModuleType] = [import_module(TWINS[name])]
    if WANTED:
        modules.append(import_module(f"plano._speedups.{name}"))
    return pytest.mark.parametrize("build", modules, ids=["python", "compiled"][: len(modules)])
