"""Amazon Bedrock has an address for each region, and a region for each signature. Pure, but for `default_region`.

Endpoints: docs.aws.amazon.com/general/latest/gr/bedrock.html; private ones: docs.aws.amazon.com/vpc/latest/privatelink.
"""

from __future__ import annotations

import os
import re
from typing import Final

_HOST: Final = re.compile(
    r"(?:[a-z0-9-]+\.)?bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws)"
)
_REGION: Final = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+")


def default_region() -> str:
    """What the environment says, as AWS's own programs read it; "" for nothing."""
    return (os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "").strip()


def region_of(host: str) -> str:
    """The region whose endpoint `host` is; "" for any other host."""
    found = _HOST.fullmatch(host.lower())
    return found[1] if found else ""


def address_in(region: str) -> str:
    """The endpoint of a region. Raises `ValueError` for what cannot be one."""
    if not _REGION.fullmatch(region):
        raise ValueError(f"{region!r} is not an AWS region")
    return f"https://bedrock-runtime.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
