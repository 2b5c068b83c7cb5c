from plano.http.wire._sse_tap import MAX_EVENT_BYTES as MAX_EVENT_BYTES
from plano.http.wire._sse_tap import SseTap as SseTap
