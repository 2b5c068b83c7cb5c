"""`planoai.main`: the command group `cli` and the entry point `main`."""

from __future__ import annotations

from plano.cli.main import cli, main

__all__ = ["cli", "main"]
