"""Rewrites every `.expect` file from what the request reader does now. Read the diff."""

from __future__ import annotations

from plano.http.wire.request_reader import RequestReader
from tests.corpus import REQUESTS, load
from tests.corpus.requests_read import read_requests

for path in sorted(REQUESTS.glob("*.http")):
    case = load(path)
    notes = read_requests(RequestReader, [case.data], case.max_head_bytes, case.max_body_bytes)
    path.with_suffix(".expect").write_text("\n".join(notes.lines) + "\n", encoding="ascii")
