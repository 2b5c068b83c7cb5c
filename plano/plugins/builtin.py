"""The modules of plano that come in through the plugin door, by import path.

They are loaded and checked exactly like installed plugins; the last part of the path is the plugin's name.
"""

from __future__ import annotations

from typing import Final

BUILTINS: Final[tuple[str, ...]] = ()
