"""Looks at an event stream going by: the compiled tap, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.http.wire._sse_tap import SseTap
else:
    SseTap = pick("sse_tap").SseTap

__all__ = ["SseTap"]
