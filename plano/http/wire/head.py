"""Message heads: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick
from plano.http.wire._head import Headers

if TYPE_CHECKING:
    from plano.http.wire._head import RequestHead, ResponseHead
else:
    _module = pick("head")
    RequestHead = _module.RequestHead
    ResponseHead = _module.ResponseHead

__all__ = ["Headers", "RequestHead", "ResponseHead"]
