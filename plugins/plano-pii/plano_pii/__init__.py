"""plano-pii: personal data and secrets stay out of prompts, and come back in the answers."""

from __future__ import annotations

from plano_pii.detector import Detector
from plano_pii.plugin import Pii
from plano_pii.settings import Custom, Settings

__all__ = ["Custom", "Detector", "Pii", "Settings"]
