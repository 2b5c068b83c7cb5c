"""The pass that finds where a text may hold something private: the compiled one, or its twin.

`PLANO_NO_SPEEDUPS=1` chooses the twin, as it does in plano. A missing compiled module is an error: the build is broken.
"""

from __future__ import annotations

import os
from typing import Final

from plano_pii.spots_twin import What

__all__ = ["IS_COMPILED", "What", "spots"]

IS_COMPILED: Final = not os.environ.get("PLANO_NO_SPEEDUPS")

if IS_COMPILED:
    from plano_pii._spots import spots
else:
    from plano_pii.spots_twin import spots
