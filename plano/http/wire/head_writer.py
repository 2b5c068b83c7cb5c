"""Header fields -> bytes: the compiled writer, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.http.wire._head_writer import join_fields
else:
    join_fields = pick("head_writer").join_fields

__all__ = ["join_fields"]
