"""Looks at a server-sent event stream as it goes by. Twin of `plano/http/wire/_sse_tap.py`, which tells the theory.

Works on the block in place: pointers into it, `memchr` and `memmem`; a copy is made only of an event cut between
blocks and of the few events worth keeping.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memchr, memcmp

from plano.http.wire.sse import SseMarks

cdef extern from "string.h" nogil:
    void* memmem(const void* haystack, size_t haystack_size, const void* needle, size_t needle_size)

cdef Py_ssize_t _MAX_EVENT_BYTES = 1 << 20
cdef Py_ssize_t _MAX_WITHHELD_BYTES = 16384
cdef Py_ssize_t _MAX_KEPT = 4
cdef Py_ssize_t _MOST_PIECES = 1024
cdef bytes _USAGE = b'"usage"'
cdef bytes _CHOICES = b'"choices"'

MAX_EVENT_BYTES = _MAX_EVENT_BYTES


cdef inline const char* _find(const char* at, const char* stop, bytes needle) noexcept:
    return <const char*>memmem(at, stop - at, PyBytes_AS_STRING(needle), PyBytes_GET_SIZE(needle))


cdef inline bint _is_space(char byte) noexcept:
    return byte == 32 or (9 <= byte <= 13)


cdef const char* _end_of_event(const char* start, const char* stop) noexcept:
    """Just behind the blank line that closes the event at `start`; NULL when it is not whole."""
    cdef const char* at = <const char*>memchr(start, 10, stop - start)
    if at is NULL:
        at = <const char*>memmem(start, stop - start, b"\r\r", 2)
        return at + 2 if at is not NULL else NULL
    while at is not NULL:
        at += 1
        if at < stop and at[0] == 10:
            return at + 1
        if at + 1 < stop and at[0] == 13 and at[1] == 10:
            return at + 2
        at = <const char*>memchr(at, 10, stop - at)
    return NULL


cdef char _value_start(const char* start, const char* stop, bytes key) noexcept:
    """First byte of the value of any occurrence of `key` that begins like an object or a string; 0 if none does."""
    cdef const char* at = _find(start, stop, key)
    cdef const char* value
    cdef const char* limit
    while at is not NULL:
        at += PyBytes_GET_SIZE(key)
        value = at
        limit = at + 16 if at + 16 < stop else stop
        while value < limit and _is_space(value[0]):
            value += 1
        if value < limit and value[0] == b":":
            value += 1
            while value < limit and _is_space(value[0]):
                value += 1
            if value < limit and (value[0] == b"{" or value[0] == b'"'):
                return value[0]
        at = _find(at, stop, key)
    return 0


cdef int _choices_shape(const char* start, const char* stop) noexcept:
    """Of the member `choices`: 1 empty for certain, 0 could still turn out empty, -1 not empty for certain."""
    cdef const char* at = _find(start, stop, _CHOICES)
    cdef const char* limit
    cdef int step = 0
    if at is NULL:
        return 0
    at += PyBytes_GET_SIZE(_CHOICES)
    limit = at + 23 if at + 23 < stop else stop
    while at < limit:
        if not _is_space(at[0]):
            if at[0] != b":[]"[step]:
                return -1
            step += 1
            if step == 3:
                return 1
        at += 1
    return 0


cdef bint _has_data(const char* start, const char* stop) noexcept:
    """Some line of the event is a `data` field; otherwise it is comments and blank lines."""
    cdef const char* at = start
    if stop - start > 3 and memcmp(start, b"\xef\xbb\xbf", 3) == 0:
        at += 3  # A byte order mark.
    while at < stop:
        while at < stop and (at[0] == 10 or at[0] == 13):
            at += 1
        if stop - at >= 5 and at[0] == b"d" and at[1] == b"a" and at[2] == b"t" and at[3] == b"a":
            if at[4] == b":" or at[4] == 10 or at[4] == 13:
                return True
        while at < stop and at[0] != 10 and at[0] != 13:
            at += 1
    return False


cdef class SseTap:
    """Watches one response stream; see the twin for what the attributes mean."""

    cdef readonly object marks
    cdef readonly bint withholds_usage
    cdef readonly Py_ssize_t events
    cdef readonly bint saw_first_token
    cdef readonly list usage_events
    cdef readonly bytes finish_event
    cdef readonly bint is_blind
    cdef tuple first_token
    cdef tuple terminal
    cdef bytes finish
    cdef bytes tail
    cdef Py_ssize_t tail_sent
    cdef list more
    cdef Py_ssize_t more_bytes
    cdef bytes edge
    cdef bint has_line_feed
    cdef bytes last_buffer
    cdef Py_ssize_t last_start
    cdef Py_ssize_t last_end

    def __init__(self, marks not None, bint withholds_usage):
        self.marks = marks
        self.withholds_usage = withholds_usage
        self.events = 0
        self.saw_first_token = False
        self.usage_events = []
        self.finish_event = b""
        self.is_blind = False
        self.first_token = marks.first_token
        self.terminal = marks.terminal
        self.finish = marks.finish
        self.tail = b""
        self.tail_sent = 0
        self.more = []
        self.more_bytes = 0
        self.edge = b""
        self.has_line_feed = False
        self.last_buffer = b""
        self.last_start = 0
        self.last_end = 0

    cpdef bytes feed(self, bytes block):
        """Take one block, give back what may be sent."""
        cdef Py_ssize_t tail_size = PyBytes_GET_SIZE(self.tail)
        cdef Py_ssize_t sent = self.tail_sent
        cdef bytes buffer
        cdef const char* base
        cdef const char* start
        cdef const char* end
        cdef const char* stop
        cdef list withheld = None
        cdef bint holds
        cdef Py_ssize_t rest_at, rest_size, until

        if self.is_blind:
            return block
        if tail_size and sent == tail_size and not self.may_end(block):
            return self.longer(block)
        if self.more:
            self.tail = b"".join((self.tail, *self.more))
            tail_size = sent = self.tail_sent = PyBytes_GET_SIZE(self.tail)
            self.more.clear()
            self.more_bytes = 0
        buffer = self.tail + block if tail_size else block
        base = PyBytes_AS_STRING(buffer)
        stop = base + PyBytes_GET_SIZE(buffer)
        start = base
        while True:
            end = _end_of_event(start, stop)
            if end is NULL:
                break
            if self.look(buffer, start, end) and start - base >= sent:
                if withheld is None:
                    withheld = []
                withheld.append((start - base, end - base))
            start = end
        rest_at = start - base
        rest_size = stop - start
        holds = (
            self.withholds_usage
            and 0 < rest_size <= _MAX_WITHHELD_BYTES
            and start[0] != b":"
            and _choices_shape(start, stop) >= 0
        )
        if rest_size > _MAX_EVENT_BYTES:
            self.is_blind = True
            holds = False
            self.tail = b""
            self.tail_sent = 0
        else:
            self.tail = buffer if rest_at == 0 else b"" if rest_size == 0 else PyBytes_FromStringAndSize(start, rest_size)
            self.tail_sent = rest_size if not holds else sent if rest_at == 0 else 0
        if withheld is None and not holds and sent == tail_size:
            return block
        until = rest_at + self.tail_sent if holds else PyBytes_GET_SIZE(buffer)
        pieces = []
        if withheld is not None:
            for withheld_start, withheld_end in withheld:
                pieces.append(buffer[sent:withheld_start])
                sent = withheld_end
        pieces.append(buffer[sent:until])
        return b"".join(pieces)

    cdef bint may_end(self, bytes block):
        """Whether a blank line ends in this block: it may have begun in the last two bytes before it."""
        cdef bytes seam
        if not self.more:
            self.edge = self.tail[-2:]
            self.has_line_feed = memchr(PyBytes_AS_STRING(self.tail), 10, PyBytes_GET_SIZE(self.tail)) is not NULL
        seam = self.edge + block[:2]
        return self.has_blank_line(seam) or self.has_blank_line(block)

    cdef bint has_blank_line(self, bytes part):
        cdef const char* at = PyBytes_AS_STRING(part)
        cdef const char* stop = at + PyBytes_GET_SIZE(part)
        if memchr(at, 10, stop - at) is not NULL and (
            memmem(at, stop - at, b"\n\n", 2) is not NULL or memmem(at, stop - at, b"\n\r\n", 3) is not NULL
        ):
            return True
        return not self.has_line_feed and memmem(at, stop - at, b"\r\r", 2) is not NULL

    cdef bytes longer(self, bytes block):
        """The event goes on, nothing of it is withheld: joining and searching it anew each time would be quadratic."""
        self.edge = (self.edge + block[-2:])[-2:]
        if not self.has_line_feed:
            self.has_line_feed = memchr(PyBytes_AS_STRING(block), 10, PyBytes_GET_SIZE(block)) is not NULL
        self.more.append(block)
        self.more_bytes += PyBytes_GET_SIZE(block)
        if len(self.more) >= _MOST_PIECES:
            self.more[:] = [b"".join(self.more)]
        if PyBytes_GET_SIZE(self.tail) + self.more_bytes > _MAX_EVENT_BYTES:
            self.is_blind = True
            self.tail = b""
            self.tail_sent = 0
            self.more.clear()
        return block

    cpdef bytes end(self):
        """The stream is over: what was still held back, to be sent as it is."""
        cdef bytes rest = self.tail[self.tail_sent:]
        self.tail_sent = PyBytes_GET_SIZE(self.tail)
        return rest

    def ended_properly(self):
        """The last whole event was one that closes a stream of this dialect, and no other has begun."""
        cdef const char* base = PyBytes_AS_STRING(self.last_buffer)
        cdef bytes mark
        if self.tail:
            return False
        for mark in self.terminal:
            if _find(base + self.last_start, base + self.last_end, mark) is not NULL:
                return True
        return False

    def is_inside_event(self):
        """Of the last event only a part has come."""
        return bool(self.tail) or self.is_blind

    cdef bint look(self, bytes buffer, const char* start, const char* end):
        """Note what the event says; True when it is to be withheld."""
        cdef const char* base = PyBytes_AS_STRING(buffer)
        cdef const char* at
        cdef bytes mark
        if not _has_data(start, end):
            return False
        self.events += 1
        self.last_buffer = buffer
        self.last_start = start - base
        self.last_end = end - base
        if not self.saw_first_token:
            for mark in self.first_token:
                at = _find(start, end, mark)
                if at is not NULL and at[PyBytes_GET_SIZE(mark)] != b'"':
                    self.saw_first_token = True
                    break
        if _value_start(start, end, self.finish) == b'"':
            self.finish_event = PyBytes_FromStringAndSize(start, end - start)
        if _value_start(start, end, _USAGE) != b"{":
            return False
        if len(self.usage_events) == _MAX_KEPT:
            self.usage_events.pop(1)
        self.usage_events.append(PyBytes_FromStringAndSize(start, end - start))
        if not self.withholds_usage or end - start > _MAX_WITHHELD_BYTES or start[0] == b":":
            return False  # Where it came in pieces, its beginning has been sent.
        return _choices_shape(start, end) == 1
