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
    cdef Py_ssize_t head_bytes
    cdef Py_ssize_t field_bytes
    cdef Py_ssize_t body_bytes
    cdef Py_ssize_t framing_left

    cpdef expect(self)
    @cython.locals(is_body_alone=bint)
    cpdef feed(self, bytes data)
    cdef count_framing(self, Py_ssize_t size)
    cpdef close(self)
    @cython.locals(head=TypedHead, size=Py_ssize_t)
    cpdef on_header(self, bytes name, bytes value)
    @cython.locals(head=TypedHead, status=int)
    cpdef on_headers_complete(self)
    cdef finish(self)
    cdef head_too_large(self)
