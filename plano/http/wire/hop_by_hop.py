"""Header fields that are for one hop and are never passed on (RFC 9110 section 7.6.1); names in lower case.

`accept-encoding` is end to end and not among them.
"""

from __future__ import annotations

from typing import Final

HOP_BY_HOP: Final = (
    b"connection",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
)
