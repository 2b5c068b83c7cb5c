"""The builds of an accelerated module that this process can use: the Python twin first."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from plano._speedups import WANTED


def builds(name: str, twin: ModuleType) -> tuple[ModuleType, ...]:
    return (twin, import_module(f"plano._speedups.{name}")) if WANTED else (twin,)
