"""The one module of plano a plugin imports.

Names here are kept stable; everything else in plano may change between two versions. See plugins/README.md.
"""

from __future__ import annotations

from plano.config.values import Duration, Secret
from plano.errors import BadRequest, PlanoError, UnknownModel
from plano.errors import RequestRefused as Refuse
from plano.exchange import Exchange, Record
from plano.hook_markers import hookimpl

__all__ = [
    "BadRequest",
    "Duration",
    "Exchange",
    "PlanoError",
    "Record",
    "Refuse",
    "Secret",
    "UnknownModel",
    "hookimpl",
]
