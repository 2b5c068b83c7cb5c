"""The package `planoai`: the names under which scripts knew the command line before it became `plano.cli`.

Installed as a package of its own (see setup.py). New code imports nothing from here.
"""

from __future__ import annotations

from plano import __version__

__all__ = ["__version__"]
