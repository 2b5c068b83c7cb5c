"""Provider bytes -> responses: the compiled reader, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.http.wire._response_reader import ResponseReader
else:
    ResponseReader = pick("response_reader").ResponseReader

__all__ = ["ResponseReader"]
