"""Splits an AWS event stream into its frames. Twin of `plano/http/wire/_event_stream.py`, which tells the theory.

Works on the block in place: numbers are read through pointers, the checksum is made here from a table, slicing eight
bytes at a time; bytes are made only of a payload and of headers not seen before.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint32_t
from libc.string cimport memcmp

import msgspec

from plano.errors import ProviderProtocolError
from plano.http.wire.event_stream_headers import Frame, read_headers

cdef Py_ssize_t _MAX_FRAME_BYTES = 16 << 20
cdef Py_ssize_t _MAX_HEADERS_BYTES = 128 << 10
cdef Py_ssize_t _PRELUDE = 12
cdef Py_ssize_t _LEAST = 16
cdef Py_ssize_t _MOST_REMEMBERED = 64

MAX_FRAME_BYTES = _MAX_FRAME_BYTES
MAX_HEADERS_BYTES = _MAX_HEADERS_BYTES

cdef uint32_t[8][256] _TABLES


cdef void _fill_tables() noexcept:
    """CRC-32 as zlib has it (polynomial 0xEDB88320, reflected), for eight bytes in one step."""
    cdef uint32_t crc
    cdef int byte, bit, table
    for byte in range(256):
        crc = byte
        for bit in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
        _TABLES[0][byte] = crc
    for byte in range(256):
        for table in range(1, 8):
            _TABLES[table][byte] = (_TABLES[table - 1][byte] >> 8) ^ _TABLES[0][_TABLES[table - 1][byte] & 255]


_fill_tables()


cdef inline uint32_t _number(const unsigned char* at) noexcept:
    return (<uint32_t>at[0] << 24) | (<uint32_t>at[1] << 16) | (<uint32_t>at[2] << 8) | at[3]


cdef uint32_t _crc(const unsigned char* at, Py_ssize_t size, uint32_t so_far) noexcept:
    cdef uint32_t crc = ~so_far
    while size >= 8:
        crc ^= at[0] | (<uint32_t>at[1] << 8) | (<uint32_t>at[2] << 16) | (<uint32_t>at[3] << 24)
        crc = (
            _TABLES[7][crc & 255]
            ^ _TABLES[6][(crc >> 8) & 255]
            ^ _TABLES[5][(crc >> 16) & 255]
            ^ _TABLES[4][crc >> 24]
            ^ _TABLES[3][at[4]]
            ^ _TABLES[2][at[5]]
            ^ _TABLES[1][at[6]]
            ^ _TABLES[0][at[7]]
        )
        at += 8
        size -= 8
    while size > 0:
        crc = (crc >> 8) ^ _TABLES[0][(crc ^ at[0]) & 255]
        at += 1
        size -= 1
    return ~crc


cdef class EventStreamSplitter:
    """One stream; see the twin for what the attributes mean."""

    cdef list pieces
    cdef Py_ssize_t held
    cdef Py_ssize_t wanted
    cdef dict known
    cdef bytes last_headers
    cdef object last_told
    cdef object fault

    def __init__(self):
        self.pieces = []
        self.held = 0
        self.wanted = _PRELUDE
        self.known = {}
        self.last_headers = b""
        self.last_told = None
        self.fault = None

    cpdef list feed(self, bytes block):
        """The frames that are whole now. Raises `ProviderProtocolError`."""
        cdef list frames = []
        if self.fault is not None:
            raise self.fault
        if self.held + PyBytes_GET_SIZE(block) < self.wanted:
            self.keep(block)
            return frames
        if self.held:
            self.pieces.append(block)
            block = b"".join(self.pieces)
            self.pieces.clear()
            self.held = 0
        try:
            self.split(block, frames)
        except ProviderProtocolError as fault:
            self.fault = fault
            if not frames:
                raise
        return frames

    def end(self):
        """The stream is over. Raises `ProviderProtocolError` if it broke off within a frame."""
        if self.fault is not None:
            raise self.fault
        if self.held:
            raise ProviderProtocolError("the provider's event stream ended in the middle of a frame")

    cdef split(self, bytes block, list frames):
        cdef const unsigned char* base = <const unsigned char*>PyBytes_AS_STRING(block)
        cdef const unsigned char* at = base
        cdef const unsigned char* stop = base + PyBytes_GET_SIZE(block)
        cdef Py_ssize_t total, headers
        cdef uint32_t said
        while stop - at >= _PRELUDE:
            total = _number(at)
            headers = _number(at + 4)
            said = _number(at + 8)
            if _crc(at, 8, 0) != said:
                raise ProviderProtocolError("a frame of the provider's event stream has a wrong prelude checksum")
            if total > _MAX_FRAME_BYTES or headers > _MAX_HEADERS_BYTES or total < headers + _LEAST:
                raise ProviderProtocolError("a frame of the provider's event stream has an impossible length")
            if stop - at < total:
                self.wanted = total
                self.keep(PyBytes_FromStringAndSize(<const char*>at, stop - at))
                return
            if _crc(at + 8, total - 12, said) != _number(at + total - 4):
                raise ProviderProtocolError("a frame of the provider's event stream has a wrong checksum")
            frames.append(self.frame(at + _PRELUDE, headers, total - headers - _LEAST))
            at += total
        self.wanted = _PRELUDE
        if at < stop:
            self.keep(block if at == base else PyBytes_FromStringAndSize(<const char*>at, stop - at))

    cdef frame(self, const unsigned char* headers, Py_ssize_t headers_size, Py_ssize_t payload_size):
        cdef bytes payload = PyBytes_FromStringAndSize(<const char*>headers + headers_size, payload_size)
        cdef bytes block
        # Deltas follow deltas: most headers are those of the frame before.
        if (
            self.last_told is None
            or PyBytes_GET_SIZE(self.last_headers) != headers_size
            or memcmp(PyBytes_AS_STRING(self.last_headers), headers, headers_size) != 0
        ):
            block = PyBytes_FromStringAndSize(<const char*>headers, headers_size)
            self.last_told = self.told(block)
            self.last_headers = block
        name, kind, message = self.last_told
        if message and not payload_size:
            payload = msgspec.json.encode({"message": message})
        return Frame(name, payload, kind)

    cdef told(self, bytes block):
        known = self.known.get(block)
        if known is None:
            known = read_headers(block)
            if len(self.known) < _MOST_REMEMBERED:
                self.known[block] = known
        return known

    cdef keep(self, bytes rest):
        self.pieces.append(rest)
        self.held += PyBytes_GET_SIZE(rest)
