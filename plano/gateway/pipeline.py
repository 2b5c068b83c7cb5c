"""The corridor: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._pipeline import Pipeline
else:
    Pipeline = pick("pipeline").Pipeline

__all__ = ["Pipeline"]
