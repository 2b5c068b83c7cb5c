"""The one module of plano a plugin imports.

Names here are kept stable; everything else in plano may change between two versions. See plugins/README.md.
"""

from __future__ import annotations

from plano.config.values import Duration, Secret
from plano.dialects.usage import Usage
from plano.errors import BadRequest
from plano.errors import RequestRefused as Refuse
from plano.exchange import Exchange, Record
from plano.hook_markers import hookimpl
from plano.plugins.trial import trial_exchange

__all__ = [
    "BadRequest",
    "Duration",
    "Exchange",
    "Record",
    "Refuse",
    "Secret",
    "Usage",
    "hookimpl",
    "trial_exchange",
]
