# Types for plano/http/wire/_request_reader.py, grouped by lifetime.

cimport cython

from plano._speedups.head cimport RequestHead as TypedHead


cdef class RequestReader:
    # Connection.
    cdef object outlet
    cdef readonly Py_ssize_t max_head_bytes
    cdef readonly Py_ssize_t max_body_bytes
    cdef object parser
    cdef bint resuming
    cdef bytes known_host
    # Request.
    cdef bint line_is_read
    cdef bytes line_end
    cdef Py_ssize_t spaces
    cdef bint maybe_at_end
    cdef bint has_begun
    cdef bytes target
    cdef TypedHead next
    cdef bint head_is_done
    cdef Py_ssize_t head_bytes
    cdef Py_ssize_t field_bytes
    cdef object body
    cdef readonly Py_ssize_t body_bytes
    cdef Py_ssize_t hosts
    cdef Py_ssize_t content_length
    cdef bint chunked
    cdef bint expects_continue
    cdef bint body_after_upgrade

    cpdef bint is_between_requests(self)
    @cython.locals(at=Py_ssize_t, end=Py_ssize_t, size=Py_ssize_t)
    cpdef feed(self, bytes data)
    @cython.locals(byte="unsigned char")
    cdef Py_ssize_t skip_empty_lines(self, bytes data, Py_ssize_t at, Py_ssize_t size) except -1
    cdef bint is_bad_line(self, bytes data, Py_ssize_t at, Py_ssize_t end)
    @cython.locals(end=Py_ssize_t, found=Py_ssize_t)
    cdef Py_ssize_t piece_end(self, bytes data, Py_ssize_t at, Py_ssize_t size) except -1
    @cython.locals(line=Py_ssize_t, end=Py_ssize_t)
    cdef bint is_plain(self, bytes data, Py_ssize_t size)
    @cython.locals(over=Py_ssize_t, taken=Py_ssize_t)
    cdef Py_ssize_t parse(self, piece) except -1
    @cython.locals(head=TypedHead)
    cpdef TypedHead seen(self)
    cdef head_too_large(self)
    cdef resume_after_upgrade(self)
    cdef bytes path_of(self, bytes method, bytes target)
    @cython.locals(head=TypedHead, size=Py_ssize_t)
    cpdef on_header(self, bytes name, bytes value)
    @cython.locals(head=TypedHead, minor=int, has_body=bint)
    cpdef on_headers_complete(self)
    @cython.locals(head=TypedHead)
    cpdef on_message_complete(self)
