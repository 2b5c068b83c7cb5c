from plano.http.wire._sse_tap import SseMarks as SseMarks, SseTap as SseTap
