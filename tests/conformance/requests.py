"""All that clients can ask for, by heading."""

from __future__ import annotations

from tests.conformance.said_parts import PARTS
from tests.conformance.said_settings import SETTINGS
from tests.conformance.said_tools import TOOLS

#: Heading -> its rows.
REQUESTS = {"What a request says": PARTS, "Tools": TOOLS, "Settings": SETTINGS}
