"""The top level of a JSON object: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.http.wire._json_envelope import Envelope
else:
    Envelope = pick("json_envelope").Envelope

__all__ = ["Envelope"]
