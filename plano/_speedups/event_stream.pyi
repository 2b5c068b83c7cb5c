from plano.http.wire._event_stream import MAX_FRAME_BYTES as MAX_FRAME_BYTES
from plano.http.wire._event_stream import MAX_HEADERS_BYTES as MAX_HEADERS_BYTES
from plano.http.wire._event_stream import EventStreamSplitter as EventStreamSplitter
