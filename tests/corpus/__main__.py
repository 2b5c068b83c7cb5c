"""Rewrites every `.expect` file from what the readers do now. Read the diff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from plano.http.wire.request_reader import RequestReader
from plano.http.wire.response_reader import ResponseReader
from plano.http.wire.sse_tap import SseTap
from tests.corpus import REQUESTS, RESPONSES, STREAMS, Transcript, load
from tests.corpus.requests_read import read_requests
from tests.corpus.responses_read import read_response
from tests.corpus.streams_seen import see_stream


def rewrite(directory: Path, read: Callable[[Transcript], Any]) -> None:
    for path in sorted([*directory.glob("*.http"), *directory.glob("*.sse")]):
        lines = read(load(path)).lines
        path.with_suffix(".expect").write_text("\n".join(lines) + "\n", encoding="ascii")


rewrite(REQUESTS, lambda case: read_requests(RequestReader, [case.data], case.max_head_bytes, case.max_body_bytes))
rewrite(RESPONSES, lambda case: read_response(ResponseReader, [case.data], case.max_head_bytes, bool(case.closes)))
rewrite(STREAMS, lambda case: see_stream(SseTap, [case.data], bool(case.withholds)))
