# Types for plano/http/wire/_response_reader.py, grouped by lifetime.

cdef class ResponseReader:
    # Connection.
    cdef object outlet
    cdef Py_ssize_t max_head_bytes
    cdef object parser
    cdef public bint is_reusable
    # Response.
    cdef bint is_expecting
    cdef bytes reason
    cdef list headers
    cdef object content_length
    cdef bint is_chunked
    cdef bytes content_type
    cdef bytes content_encoding
    cdef bytes request_id
    cdef bint head_done
    cdef Py_ssize_t head_bytes

    cpdef expect(self)
    cpdef feed(self, bytes data)
    cpdef close(self)
    cdef finish(self)
    cdef forget_head(self)
