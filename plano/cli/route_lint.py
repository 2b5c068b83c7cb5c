"""`planoai route lint`."""

from __future__ import annotations

import click


@click.command()
def lint() -> None:
    """Find routes that are hard to tell apart, or too vague."""
