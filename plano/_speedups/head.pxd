# Types for plano/http/wire/_head.py.


cdef class RequestHead:
    cdef public bytes method
    cdef public bytes path
    cdef public bytes query
    cdef public int minor_version
    cdef public list headers
    cdef public bint keep_alive
    cdef public bytes host
    cdef public bytes origin
    cdef public bytes user_agent
    cdef public bytes request_id
    cdef public bytes forwarded_for
    cdef public str api_key


cdef class ResponseHead:
    cdef public int status
    cdef public bytes reason
    cdef public list headers
    cdef public object content_length
    cdef public bytes content_type
    cdef public bytes content_encoding
    cdef public bytes request_id
