"""Both builds of plano side by side in one process.

Compiled modules are one typed chain and refuse objects of the other build, so the Python build is imported a second
time, whole, under the same names: what it imports late must come from itself too, which `active` sees to.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import plano.run.app
from plano._speedups import WANTED

#: Importing these imports all that a bench may use.
ROOTS = ("plano.run.app", "plano.config.load", "plano.dialects.operation")
_SWITCH = "PLANO_NO_SPEEDUPS"


class Build:
    """One whole import of plano; `build("http.wire.head").RequestHead` is that build's class."""

    def __init__(self, name: str, modules: dict[str, ModuleType]) -> None:
        self.name = name
        self.modules = modules

    def __call__(self, module: str) -> Any:
        with self.active():
            return import_module(f"plano.{module}")

    @contextmanager
    def active(self) -> Iterator[None]:
        """While this lasts, `import plano` means this build."""
        others = _taken_out()
        sys.modules.update(self.modules)
        try:
            yield
        finally:
            self.modules.update(_taken_out())
            sys.modules.update(others)

    def __repr__(self) -> str:
        return self.name


def _taken_out() -> dict[str, ModuleType]:
    """Every module of plano, no longer imported."""
    names = [name for name in sys.modules if name == "plano" or name.startswith("plano.")]
    return {name: sys.modules.pop(name) for name in names}


def _python() -> Build:
    build = Build("python", {})
    before = os.environ.get(_SWITCH)
    os.environ[_SWITCH] = "1"
    try:
        with build.active():
            for root in ROOTS:
                import_module(root)
    finally:
        if before is None:
            del os.environ[_SWITCH]
        else:
            os.environ[_SWITCH] = before
    return build


@cache
def builds() -> tuple[Build, ...]:
    """The Python build, and the compiled one unless speedups are turned off."""
    assert plano.run.app
    known = {name: module for name, module in sys.modules.items() if name == "plano" or name.startswith("plano.")}
    own = Build("compiled" if WANTED else "python", known)
    return (_python(), own) if WANTED else (own,)
