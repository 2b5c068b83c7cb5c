"""`python -m tests.conformance docs/reference/conformance.md`: write the table."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.conformance.table import page

if len(sys.argv) != 2:
    sys.exit(__doc__)
Path(sys.argv[1]).write_text(page(), "utf-8")
