"""Members out of JSON nobody wants to decode whole: the compiled search, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.dialects._json_tail import last_object, last_string
else:
    _module = pick("json_tail")
    last_object = _module.last_object
    last_string = _module.last_string

__all__ = ["last_object", "last_string"]
