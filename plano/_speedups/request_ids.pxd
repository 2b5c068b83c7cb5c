# Types for plano/gateway/_request_ids.py.


cdef class RequestIds:
    cdef str prefix
    cdef long long last

    cpdef str take(self, bytes offered)
