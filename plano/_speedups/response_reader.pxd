# Types for plano/http/wire/_response_reader.py, grouped by lifetime.

cimport cython

from plano._speedups.head cimport ResponseHead as TypedHead


cdef class ResponseReader:
    # Connection.
    cdef object outlet
    cdef Py_ssize_t max_head_bytes
    cdef object parser
    cdef public bint is_reusable
    # Response.
    cdef bint is_expecting
    cdef TypedHead next
    cdef bint is_chunked
    cdef bint head_done
    cdef Py_ssize_t line_bytes
    cdef bint maybe_at_end
    cdef Py_ssize_t head_bytes
    cdef Py_ssize_t body_bytes
    cdef Py_ssize_t framing_left
    cdef bytes before

    cpdef expect(self)
    @cython.locals(at=Py_ssize_t, end=Py_ssize_t, size=Py_ssize_t)
    cpdef feed(self, bytes data)
    @cython.locals(end=Py_ssize_t, found=Py_ssize_t)
    cdef Py_ssize_t piece_end(self, bytes data, Py_ssize_t at, Py_ssize_t size) except -1
    @cython.locals(seen=Py_ssize_t, over=Py_ssize_t, expected=bytes)
    cdef feed_head(self, bytes piece)
    cdef feed_body(self, bytes piece, Py_ssize_t size)
    cdef parse(self, bytes piece)
    cdef not_http(self, str detail)
    cdef count_framing(self, Py_ssize_t size)
    cpdef close(self)
    @cython.locals(head=TypedHead, size=Py_ssize_t)
    cpdef on_header(self, bytes name, bytes value)
    @cython.locals(head=TypedHead, status=int)
    cpdef on_headers_complete(self)
    cdef finish(self)
    cdef head_too_large(self)
