"""Client bytes -> requests: the compiled reader, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.http.wire._request_reader import RequestReader
else:
    RequestReader = pick("request_reader").RequestReader

__all__ = ["RequestReader"]
