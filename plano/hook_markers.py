"""The two decorators that tie a function to a plano hook.

They live below everything else so that any room can register its own parts through the outsiders' door.
"""

from __future__ import annotations

from typing import Final

import pluggy

PROJECT: Final = "plano"
"""Name of the pluggy project and of the entry-point group plugins are found under."""

hookspec: Final = pluggy.HookspecMarker(PROJECT)
"""Marks a hook plano offers; used in `plano/plugins/hookspecs.py` only."""

hookimpl: Final = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's implementation of a hook."""
