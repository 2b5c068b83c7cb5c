"""Members of a request's body that are plano's own: no provider and no filter server sees them."""

from __future__ import annotations

from typing import Final

OWN_MEMBERS: Final = ("routing_preferences", "routing_policy")
